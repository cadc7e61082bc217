import { readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toDisk } from './files.ts';

/**
 * A note in the store's directory: the number that its log begins with. Without it nothing tells a log whose oldest records
 * are missing from one that was trimmed.
 */
export interface OldestNote {
  /** Undefined where there is none, as in a store of an older version. */
  read(): Promise<number | undefined>;
  /** Resolves when it is on disk. It is a name without content, so that a full disk has room for it. */
  write(first: number): Promise<void>;
}

const noteName = /^oldest-(\d{16})$/;

export function oldestNote(directory: string): OldestNote {
  const find = async (): Promise<string | undefined> => (await readdir(directory)).find((name) => noteName.test(name));
  return {
    async read() {
      const [, digits] = noteName.exec((await find()) ?? '') ?? [];
      return digits === undefined ? undefined : Number(digits);
    },
    async write(first) {
      const before = await find();
      const now = `oldest-${String(first).padStart(16, '0')}`;
      if (before === now) return;
      const file = path.join(directory, now);
      if (before === undefined) await writeFile(file, '', { mode: 0o600 });
      else await rename(path.join(directory, before), file);
      await toDisk(directory);
    },
  };
}
