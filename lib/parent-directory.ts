import { posix } from 'node:path';
import type { FileView } from './contracts/machine.ts';

/** Whether the directory that a path is in is there. A sentence when it can't be made either: something else is in the way. */
export function readParent(files: FileView, path: string): boolean | string {
  const parent = posix.dirname(path);
  const found = files.follow(parent);
  if (found?.kind === 'directory') return true;
  for (let outer = parent; ; outer = posix.dirname(outer)) {
    const there = files.follow(outer);
    if (there?.kind === 'directory') return false;
    // A link to nothing is in the way as well.
    if (there ?? files.look(outer)) return `${outer} is not a directory: it is in the way of ${path}`;
    if (outer === '/') return false;
  }
}
