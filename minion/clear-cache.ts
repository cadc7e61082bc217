import { readdirSync, rmSync, type Dirent } from 'node:fs';
import path from 'node:path';

/** Of a minion's cache what can be had again: files of state trees, and copies of sources. */
const folders = ['files', 'sources'];
/** What a file is called while it is written: who writes it needs it. */
const beingWritten = /\.[0-9a-f]{12}$|^\..*\.tsalt-\w+$/;

/** Removes what was fetched. Directories stay: a job that runs beside may be about to write into them. */
export function clearCache(cachedir: string): void {
  for (const folder of folders)
    for (const entry of entriesOf(path.join(cachedir, folder)))
      if (!entry.isDirectory() && !beingWritten.test(entry.name))
        rmSync(path.join(entry.parentPath, entry.name), { force: true });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
}
