import { access, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toDisk } from './files.ts';

/**
 * A note in the store's directory: the log is being mended, and what its table knows of what was lost may not be recorded
 * again yet. It outlives a process that dies in between: a mended log does not tell that it has lost something.
 */
export interface RegainNote {
  isThere(): Promise<boolean>;
  /** Resolves when it is on disk. It is empty, so that a full disk has room for it. */
  leave(): Promise<void>;
  remove(): Promise<void>;
}

export function regainNote(directory: string): RegainNote {
  const file = path.join(directory, 'regaining');
  return {
    isThere: () =>
      access(file).then(
        () => true,
        () => false,
      ),
    async leave() {
      await writeFile(file, '', { mode: 0o600 });
      await toDisk(directory);
    },
    remove: () => rm(file, { force: true }),
  };
}
