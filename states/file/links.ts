import { posix } from 'node:path';
import type { FileView } from '../../lib/contracts/machine.ts';

const MOST_LINKS = 40;

/**
 * The path that is read or written through `path`: itself, or where the links it names lead (which need not exist).
 * Undefined for a circle of links.
 */
export function throughLinks(files: FileView, path: string): string | undefined {
  let at = path;
  for (let links = 0; links <= MOST_LINKS; links++) {
    const target = files.look(at)?.target;
    if (target === undefined) return at;
    at = posix.resolve(posix.dirname(at), target);
  }
  return undefined;
}
