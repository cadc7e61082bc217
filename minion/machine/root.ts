import fs from 'node:fs';
import path from 'node:path';
import { TsaltError } from '../../lib/errors/error.ts';
import { machineErrors } from '../../lib/errors/machine.ts';

/** Where the user's paths are on the disk. */
export interface RootedPaths {
  readonly root: string;
  /** The place of the thing at `where` itself: links on the way to it are followed, it is not. */
  place(where: string): string;
  /** The place of what `where` leads to through links; undefined when that does not exist. */
  follow(where: string): string | undefined;
  /** Where to open what `where` leads to: the system follows links itself where that leads to the right place. */
  open(where: string): string;
  /** Links may have changed. */
  forget(): void;
}

// As many as Linux follows.
const MOST_LINKS = 40;
const MOST_REMEMBERED = 10_000;

/**
 * Paths under `root`. Where that is not `/`, links are read as they would be with `root` as `/`: an absolute target
 * starts there, and `..` ends there, so that no link inside leads out. Raises `TS_MACHINE_NOT_ABSOLUTE` and
 * `TS_MACHINE_TOO_MANY_LINKS`.
 */
export function withinRoot(root: string): RootedPaths {
  const top = path.resolve(root);
  const known = new Map<string, string>();

  /** The place of a directory (given in the user's terms), with every link on the way followed. */
  function directory(where: string): string {
    if (where === '/') return top;
    const remembered = known.get(where);
    if (remembered !== undefined) return remembered;
    const place = walk(where, where, { left: MOST_LINKS });
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(where, place);
    return place;
  }

  /** Goes down from the top, part by part; what does not exist is taken as it is written. */
  function walk(where: string, asked: string, links: { left: number }): string {
    let at = top;
    const parts = where.split('/').reverse();
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        at = at === top ? top : path.dirname(at);
        continue;
      }
      const next = path.join(at, part);
      const stats = lookAt(next);
      if (!stats?.isSymbolicLink()) {
        at = next;
        continue;
      }
      if (links.left-- === 0) throw machineErrors.tooManyLinks({ path: asked });
      const target = fs.readlinkSync(next);
      if (target.startsWith('/')) at = top;
      parts.push(...target.split('/').reverse());
    }
    return at;
  }

  function checked(where: string): string {
    if (!where.startsWith('/') || where.includes('\0')) throw machineErrors.notAbsolute({ path: where });
    const normal = path.normalize(where);
    return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
  }

  const place = (where: string): string => {
    const normal = checked(where);
    // The system's own way through links is the right one here.
    if (top === '/') return normal;
    return normal === '/' ? top : path.join(directory(path.dirname(normal)), path.basename(normal));
  };

  const follow = (where: string): string | undefined => {
    const normal = checked(where);
    if (top === '/') return followPlain(normal);
    const found = unlessCircle(() => walk(normal, normal, { left: MOST_LINKS }));
    return found !== undefined && lookAt(found) ? found : undefined;
  };

  return {
    root: top,
    place,
    follow,
    open: (where) => (top === '/' ? checked(where) : (follow(where) ?? place(where))),
    forget: () => known.clear(),
  };
}

/** What `find` gives; undefined where links lead in a circle: nothing can be there. */
export function unlessCircle<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'TS_MACHINE_TOO_MANY_LINKS') return undefined;
    throw error;
  }
}

function followPlain(where: string): string | undefined {
  const stats = lookAt(where);
  if (!stats?.isSymbolicLink()) return stats && where;
  try {
    return fs.realpathSync.native(where);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** What is at a place itself; undefined when there is nothing, also because the way to it leads through no directory, or in circles. */
export function lookAt(place: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(place, { throwIfNoEntry: false });
  } catch (error) {
    if (['ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
