import { readFileSync } from 'node:fs';
import { BASE } from '../../lib/environments.ts';
import { blobFile, placed, readTree, type KeptPlace } from '../../lib/git/kept.ts';
import type { Environments, LocalEnvironments } from './environments.ts';
import type { LocalTree } from './roots.ts';

/** The tree that commits make together, as a master keeps them: the first that has a file wins. */
export function treeOfKept(places: readonly KeptPlace[], shown: (path: string) => string): LocalTree {
  const files = new Map<string, string>();
  for (const place of places) {
    const { directory, id } = place;
    for (const [name, sha256] of placed(readTree(directory, id) ?? [], place))
      if (!files.has(name)) files.set(name, blobFile(directory, sha256));
  }
  return {
    read: (name) => {
      const file = files.get(name);
      return file === undefined ? undefined : readFileSync(file);
    },
    has: (name) => files.has(name),
    list: (folder) => {
      const below = folder === '' ? '' : `${folder}/`;
      return [...files.keys()]
        .filter((name) => name.startsWith(below))
        .map((name) => name.slice(below.length))
        .sort();
    },
    shown,
  };
}

/** Environments with what git has of them, behind or before what is there. */
export function environmentsWithKept(
  local: LocalEnvironments,
  kept: ReadonlyMap<string, readonly KeptPlace[]>,
  keptFirst: boolean,
): Environments {
  if (kept.size === 0) return local;
  const trees = new Map<string, LocalTree | undefined>();
  const treeOf = (environment: string): LocalTree | undefined => {
    const places = kept.get(environment);
    const own = local.tree(environment);
    const shown = (path: string): string => `git: ${path}${environment === BASE ? '' : `?saltenv=${environment}`}`;
    const other = places && treeOfKept(places, shown);
    if (!own || !other) return own ?? other;
    return keptFirst ? over(other, own) : over(own, other);
  };
  return {
    names: [...new Set([...local.names, ...kept.keys()])],
    tree(environment) {
      if (!trees.has(environment)) trees.set(environment, treeOf(environment));
      return trees.get(environment);
    },
  };
}

/** One tree with what another has besides. */
function over(first: LocalTree, second: LocalTree): LocalTree {
  const whose = (path: string): LocalTree => (first.has(path) === true ? first : second);
  return {
    read: (path) => whose(path).read(path),
    has: (path) => whose(path).has(path),
    list: (folder) => [...new Set([...first.list(folder), ...second.list(folder)])].sort(),
    mode: (path) => whose(path).mode?.(path),
    shown: (path) => whose(path).shown(path),
  };
}
