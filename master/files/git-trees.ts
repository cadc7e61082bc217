import { dropOldest } from '../../lib/drop-oldest.ts';
import { statSync } from 'node:fs';
import type { TreeEntry } from '../../lib/file-tree.ts';
import { environmentIn, isEnvironmentName, namesIn, type FileRemote } from '../../lib/git/file-remotes.ts';
import {
  blobFile,
  directoryOf,
  noRefs,
  placed,
  readRefs,
  readTree,
  type KeptPlace,
  type Refs,
} from '../../lib/git/kept.ts';
import type { Log } from '../../lib/log.ts';
import { seldom } from '../../lib/seldom.ts';
import type { Clock } from '../../lib/clock.ts';
import { KEEP_MS } from '../git/repository.ts';
import type { FileSource } from './source.ts';

export interface GitTreesOptions {
  readonly remotes: readonly FileRemote[];
  /** Where all that is fetched is kept. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface GitTrees extends FileSource {
  /** What is kept has changed. */
  reload(): void;
  /** Where the files of an environment are listed, remote after remote, for other processes. */
  placesOf(environment: string): readonly KeptPlace[];
}

/** No more lists of files are kept in memory. */
const MOST_TREES = 32;
/** That a list was told is noted so often, in ms. */
const TELL_MS = 60_000;
const COMPLAIN_MS = 60 * 60_000;

/** The state trees of `gitfs_remotes`, as they were fetched last: of several remotes the first that has a path wins. */
export function gitTrees({ remotes, directory: all, clock, log }: GitTreesOptions): GitTrees {
  const known = remotes.map((remote) => ({ remote, directory: directoryOf(all, 'files', remote), refs: noRefs }));
  const trees = new Map<string, { readonly entries: readonly TreeEntry[]; readonly told: number }>();
  /** What was told to minions, and until when they may ask for it. */
  const served = new Map<string, { readonly file: string; readonly until: number }>();
  const speaks = seldom(clock, COMPLAIN_MS);
  reload();

  function reload(): void {
    for (const one of known) {
      one.refs = readRefs(one.directory) ?? noRefs;
      complain(one.remote, one.refs);
    }
    for (const [sha256, { until }] of served) if (until < clock.monotonic()) served.delete(sha256);
  }

  function complain({ name }: FileRemote, { branch, tag }: Refs): void {
    const odd = [...branch.keys(), ...tag.keys()].filter((one) => !isEnvironmentName(one));
    if (odd.length > 0 && speaks(`${name}\0${odd.join('\0')}`))
      log('warning', 'branches or tags whose names are none for environments are left out', {
        remote: name,
        number: odd.length,
        first: JSON.stringify(odd[0]?.slice(0, 80)),
      });
  }

  function placesOf(environment: string): KeptPlace[] {
    return known.flatMap(({ remote, directory, refs }) => {
      const found = environmentIn(remote, refs, environment);
      return found ? [{ ...found, directory }] : [];
    });
  }

  function treeAt(place: KeptPlace): readonly TreeEntry[] {
    const { directory, id, root, mountpoint } = place;
    const key = JSON.stringify([directory, id, root, mountpoint]);
    const before = trees.get(key);
    const now = clock.monotonic();
    if (before && now - before.told < TELL_MS) return before.entries;
    const entries = before?.entries ?? placed(readTree(directory, id) ?? [], place);
    trees.delete(key);
    trees.set(key, { entries, told: now });
    dropOldest(trees, MOST_TREES);
    for (const [, sha256] of entries) served.set(sha256, { file: blobFile(directory, sha256), until: now + KEEP_MS });
    return entries;
  }

  return {
    reload,
    placesOf,
    // What is in a tree is known when it is asked for.
    hasCustom: () => known.some(({ refs }) => refs.branch.size + refs.tag.size + refs.sha.size > 0),
    names: () => [...new Set(known.flatMap(({ remote, refs }) => namesIn(remote, refs)))],
    lists: (environment) => Promise.resolve(placesOf(environment).map(treeAt)),
    locate(sha256) {
      const known = served.get(sha256);
      if (!known) return undefined;
      const stats = statSync(known.file, { throwIfNoEntry: false });
      return stats ? { file: known.file, size: stats.size } : { gone: 'a file from git' };
    },
  };
}
