import { posix } from 'node:path';
import type { KeptFile } from '../../lib/git/kept.ts';

const MOST_LINKS = 20;

/**
 * What links lead to, by their path: only files of the same tree. One that leads out of it, to a folder, nowhere or round in
 * a circle is not there.
 */
export function followed(
  links: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, KeptFile>,
): Map<string, KeptFile> {
  const found = new Map<string, KeptFile>();
  for (const name of links.keys()) {
    let at: string | undefined = name;
    for (let count = 0; at !== undefined && links.has(at); count++)
      at = count < MOST_LINKS ? inside(at, links.get(at) ?? '') : undefined;
    const file = at === undefined ? undefined : files.get(at);
    if (file) found.set(name, [name, file[1], file[2], file[3]]);
  }
  return found;
}

/** Where a link in a tree leads; undefined when that is not in the tree. */
function inside(link: string, target: string): string | undefined {
  if (target.startsWith('/')) return undefined;
  const place = posix.join(posix.dirname(link), target);
  return place === '..' || place.startsWith('../') ? undefined : place;
}
