import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** What the log does with an open file. */
export interface StoreFile {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** How the log opens files to write; tests hand one that fails. */
export interface StoreFiles {
  open(file: string, flags: 'r+' | 'wx'): Promise<StoreFile>;
  /** Makes the names in a directory durable. */
  syncDirectory(directory: string): Promise<void>;
}

/** Only the owner reads what is recorded: returns and pillar may be in it. */
const PRIVATE = 0o600;

export const realFiles: StoreFiles = {
  open: (file, flags) => open(file, flags, PRIVATE),
  syncDirectory: toDisk,
};

/** Makes durable what is in a file, or the names in a directory. */
export async function toDisk(name: string): Promise<void> {
  const handle = await open(name, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of `bytes` at `position`: write(2) may take only a part, near a full disk without an error. */
export async function writeFully(file: StoreFile, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    if (bytesWritten === 0) throw Object.assign(new Error('the disk took no byte'), { code: 'ENOSPC' });
    written += bytesWritten;
  }
}

/** Writes a new file next to its place, makes it durable, and puts it there: afterwards the old or the new one is there. */
export async function replaceFile(files: StoreFiles, file: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = `${file}.tmp`;
  await rm(temporary, { force: true });
  const handle = await files.open(temporary, 'wx');
  try {
    let position = 0;
    for (const part of parts) {
      await writeFully(handle, part, position);
      position += part.length;
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await files.syncDirectory(path.dirname(file));
}
