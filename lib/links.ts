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
  let at: string | undefined = path;
  for (let links = 0; at !== undefined && links <= MOST_LINKS; links++) {
    const there = files.look(at);
    const target = there?.target;
    if (target === undefined) return { path: at, there };
    // Not joined: `..` of a target starts where the link really is.
    at = placeOf(files, target.startsWith('/') ? target : `${posix.dirname(at)}/${target}`);
  }
  return undefined;
}

/** The same thing's path with no link on the way to it; undefined for a circle of links. What is missing is as it is written. */
export function placeOf(files: FileView, path: string): string | undefined {
  return walk(files, path, false)?.place;
}

/** Whether something is a directory or link that is passed to get to `path`, or where that ends: without it, there is no such path. */
export function isOnTheWay(files: FileView, path: string): (other: string) => boolean {
  const passed = new Set(walk(files, path, true)?.passed);
  // A look at the name first: the rest asks the disk.
  const names = new Set([...passed].map((place) => posix.basename(place)));
  return (other) => names.has(posix.basename(other)) && passed.has(placeOf(files, other) ?? other);
}

/** Goes to a path part by part: where that ends, and all places on the way. Undefined for a circle of links. */
function walk(
  files: FileView,
  path: string,
  last: boolean,
): { readonly place: string; readonly passed: readonly string[] } | undefined {
  let place = '/';
  let links = MOST_LINKS;
  const passed: string[] = [];
  const parts = path.split('/').reverse();
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const next = posix.join(place, part);
    const target = parts.length === 0 && !last ? undefined : files.look(next)?.target;
    passed.push(next);
    if (target === undefined) place = next;
    else if (links-- === 0) return undefined;
    else {
      if (target.startsWith('/')) place = '/';
      parts.push(...target.split('/').reverse());
    }
  }
  return { place, passed };
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
