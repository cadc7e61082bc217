import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BASE } from '../../lib/environments.ts';
import { fileErrors } from '../../lib/errors/files.ts';
import { blobFile, placed, readTree, type KeptPlace } from '../../lib/git/kept.ts';
import type { LocalEnvironments } from './environments.ts';
import type { LocalTree } from './roots.ts';

/**
 * The tree that commits make together, as a master keeps them: the first that has a file wins. Reading raises
 * `TS_FILE_NOT_AS_FETCHED` for bytes that are no longer those of the commit.
 */
export function treeOfKept(places: readonly KeptPlace[], shown: (path: string) => string): LocalTree {
  const files = new Map<string, { readonly directory: string; readonly sha256: string }>();
  for (const place of places) {
    const { directory, id } = place;
    for (const [name, sha256] of placed(readTree(directory, id) ?? [], place))
      if (!files.has(name)) files.set(name, { directory, sha256 });
  }
  return {
    read: (name) => {
      const file = files.get(name);
      if (!file) return undefined;
      const bytes = readFileSync(blobFile(file.directory, file.sha256));
      if (createHash('sha256').update(bytes).digest('hex') !== file.sha256)
        throw fileErrors.notAsFetched({ path: shown(name) });
      return bytes;
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

/** Environments with what git has of them, behind or before what is there; `keptTree` gives a tree that is already made. */
export function environmentsWithKept(
  local: LocalEnvironments,
  kept: ReadonlyMap<string, readonly KeptPlace[]>,
  keptFirst: boolean,
  keptTree = treeOfKept,
): LocalEnvironments {
  if (kept.size === 0) return local;
  const trees = new Map<string, LocalTree | undefined>();
  const treeOf = (environment: string): LocalTree | undefined => {
    const places = kept.get(environment);
    const own = local.tree(environment);
    const shown = (path: string): string => `git: ${path}${environment === BASE ? '' : `?saltenv=${environment}`}`;
    const other = places && keptTree(places, shown);
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
