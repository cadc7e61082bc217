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

/** The same thing's path with no link on the way to it; undefined for a circle of links. What is missing is as it is written. */
export function placeOf(files: FileView, path: string): string | undefined {
  let place = '/';
  let links = MOST_LINKS;
  const parts = path.split('/').reverse();
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const next = posix.join(place, part);
    const target = parts.length === 0 ? undefined : files.look(next)?.target;
    if (target === undefined) place = next;
    else if (links-- === 0) return undefined;
    else {
      if (target.startsWith('/')) place = '/';
      parts.push(...target.split('/').reverse());
    }
  }
  return place;
}

/** Whether one path is the other, or is in it, or the other way round: as they are written, or with links on the way followed. */
export function overlap(files: FileView, one: string, other: string): boolean {
  const isIn = (path: string, outer: string): boolean => posix.join(path, '/').startsWith(posix.join(outer, '/'));
  const real = (path: string): string => placeOf(files, path) ?? path;
  return [
    [one, other],
    [real(one), real(other)],
  ].some(([first = '', second = '']) => isIn(first, second) || isIn(second, first));
}
