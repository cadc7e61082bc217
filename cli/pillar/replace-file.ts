import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** Puts another text into a file that is there: whole or not at all, with its owner and mode. */
export function replaceFile(file: string, text: string): void {
  const { mode, uid, gid } = statSync(file);
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.new`);
  const handle = openSync(beside, 'wx', 0o600);
  try {
    writeFileSync(handle, text);
    if (process.getuid?.() === 0) fchownSync(handle, uid, gid);
    fchmodSync(handle, mode & 0o7777);
    fsyncSync(handle);
    renameSync(beside, file);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw cause;
  } finally {
    closeSync(handle);
  }
}
