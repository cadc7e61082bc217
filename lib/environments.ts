import path from 'node:path';
import { namesIn } from './system/names-in.ts';

/** Directories by environment: `file_roots` or `pillar_roots` of a config. */
export type Roots = Readonly<Record<string, readonly string[]>>;

/** The environment of what names none. */
export const BASE = 'base';

/** Serves environments that have no roots of their own; in its directories the name stands for theirs. */
export const ANY = '__env__';

/** The environments that have roots of their own, `base` first, then as the config has them. */
export function environmentNames(roots: Roots): string[] {
  const names = Object.keys(roots).filter((name) => name !== ANY);
  return names.includes(BASE) ? [BASE, ...names.filter((name) => name !== BASE)] : names;
}

/**
 * The directories of an environment: its own, else those of `__env__`; undefined where there are neither. A name is never
 * made a part of a path: `/srv/__env__/states` is looked for among the directories that are there.
 */
export function directoriesOf(roots: Roots, environment: string): readonly string[] | undefined {
  if (environment === ANY) return undefined;
  if (Object.hasOwn(roots, environment)) return roots[environment];
  if (!Object.hasOwn(roots, ANY)) return undefined;
  const found = roots[ANY]?.flatMap((directory) => {
    const own = directory.includes(ANY) ? named(directory, environment) : directory;
    return own === undefined ? [] : [own];
  });
  return found?.length === 0 ? undefined : found;
}

function named(directory: string, environment: string): string | undefined {
  let at = path.parse(directory).root;
  for (const part of directory.slice(at.length).split(path.sep)) {
    const wanted = part.replaceAll(ANY, environment);
    const there = wanted === part ? part : namesIn(at).find((name) => name === wanted);
    if (there === undefined) return undefined;
    at = path.join(at, there);
  }
  return at;
}
