import { posix } from 'node:path';
import type { FileFacts, FileView, Reading } from '../../lib/contracts/machine.ts';

/** A thing below a directory. */
export interface Entry {
  readonly path: string;
  readonly facts: FileFacts;
}

/** Everything below a directory, each directory before what is in it; links are not followed. */
export function walk(files: FileView, directory: string, depth = Number.POSITIVE_INFINITY): Entry[] {
  if (depth < 0) return [];
  return files.list(directory).flatMap((name) => {
    const path = posix.join(directory, name);
    const facts = files.look(path);
    if (!facts) return [];
    const entry = { path, facts };
    return facts.kind === 'directory' ? [entry, ...walk(files, path, depth - 1)] : [entry];
  });
}

/** The outermost of the entries that may all go: nothing in them is to be kept. */
export function removable(entries: readonly Entry[], keep: (path: string) => boolean): string[] {
  const blocked = new Set<string>();
  for (const { path } of entries) {
    if (!keep(path)) continue;
    for (let at = path; !blocked.has(at) && at !== '/'; at = posix.dirname(at)) blocked.add(at);
  }
  const gone = new Set<string>();
  return entries.flatMap(({ path }) => {
    if (blocked.has(path)) return [];
    const first = !gone.has(posix.dirname(path));
    gone.add(path);
    return first ? [path] : [];
  });
}

/** Keeps what other states put there: their paths, what leads to them, and what is below. */
export function keeper(names: readonly string[]): (path: string) => boolean {
  return (path) =>
    names.some(
      (name) => name === path || name.startsWith(`${path}/`) || path.startsWith(`${name.replace(/\/+$/, '')}/`),
    );
}

/** The paths that required states of `file` are about. */
export function namesOfFiles(required: Reading['required'] = []): string[] {
  return required.filter(({ fun }) => fun.startsWith('file.')).map(({ name }) => name);
}
