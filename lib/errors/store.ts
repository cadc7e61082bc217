import { catalogue } from './error.ts';

export const storeErrors = catalogue('TS_STORE', {
  full: ({ directory }: { directory: string }) =>
    `no space left on the device of ${directory}: nothing was recorded; it goes on when there is space again`,
  writeFailed: ({ directory, reason }: { directory: string; reason: string }) =>
    `could not write to ${directory}: nothing was recorded (${reason})`,
  busy: ({ directory, bytes }: { directory: string; bytes: number }) =>
    `${directory} has ${bytes} bytes waiting for the disk already: nothing was recorded`,
  tooBig: ({ bytes, most }: { bytes: number; most: number }) =>
    `a record of ${bytes} bytes is too big: at most ${most} bytes fit`,
  keyTooLong: ({ bytes, most }: { bytes: number; most: number }) =>
    `a key of ${bytes} bytes is too long: at most ${most} bytes fit`,
  locked: ({ directory, pid, purpose }: { directory: string; pid: number; purpose: string }) =>
    `${directory} is in use by process ${pid} (${purpose})`,
  newerVersion: ({ file, version, known }: { file: string; version: number; known: number }) =>
    `${file} was written by a newer tsalt (format ${version}; this one knows formats up to ${known})`,
  newerSchema: ({ directory, version, known }: { directory: string; version: number; known: number }) =>
    `what is in ${directory} was written by a newer tsalt (schema ${version}; this one knows schemas up to ${known}): nothing was touched; run that version, or one after it`,
  damaged: ({ file, offset }: { file: string; offset: number }) => `${file} is damaged at byte ${offset}`,
  damagedTable: ({ file }: { file: string }) =>
    `${file} is damaged: restart the master, which makes it again from the log`,
  closed: ({ directory }: { directory: string }) => `${directory} is closed`,
});
