import { posix } from 'node:path';
import type { FileFacts, FileView } from './contracts/machine.ts';

const MOST_LINKS = 40;

/**
 * The path that is read or written through `path`: itself, or where the links it names lead (which need not exist).
 * Undefined for a circle of links.
 */
export function throughLinks(files: FileView, path: string): string | undefined {
  return lookThrough(files, path)?.path;
}

/** The same, with what is there. */
export function lookThrough(
  files: FileView,
  path: string,
): { readonly path: string; readonly there: FileFacts | undefined } | undefined {
  let at = path;
  for (let links = 0; links <= MOST_LINKS; links++) {
    const there = files.look(at);
    const target = there?.target;
    if (target === undefined) return { path: at, there };
    at = posix.resolve(posix.dirname(at), target);
  }
  return undefined;
}
