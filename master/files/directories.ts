import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { hasCustom } from '../../lib/custom/names.ts';
import { ANY, directoriesOf, environmentNames, type Roots } from '../../lib/environments.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { TreeEntry } from '../../lib/file-tree.ts';
import type { Log } from '../../lib/log.ts';
import { inSlices, type Pause } from '../../lib/slices.ts';
import type { FileSource } from './source.ts';

interface Known {
  readonly signature: string;
  readonly sha256: string;
}

interface Walk {
  readonly entries: Promise<readonly TreeEntry[]>;
  isOver: boolean;
  /** Until when it answers for the tree, once it is over. */
  freshUntil: number;
  found?: readonly TreeEntry[];
  following?: Promise<readonly TreeEntry[]>;
}

/**
 * A walk that is over answers for so many times as long as it took, but for no more ms: a highstate of many minions at once does
 * not walk all the time. What is written to a tree of hundreds of files is seen within some ms, to one of thousands in a quarter of
 * a second.
 */
const FRESH = { times: 3, most: 250 } as const;
/** So many bytes are hashed before others may have their turn. */
const PIECE_BYTES = 1024 * 1024;

/**
 * The state trees of `file_roots`: of several roots of an environment the first that has a path wins, as in Salt. Hashes are
 * kept by a file's identity (inode, size, times), so that a walk reads only what changed. A walk goes on in pieces.
 */
export function directorySource(fileRoots: Roots, monotonic: () => number, log: Log): FileSource {
  const hashes = new Map<string, Known>();
  /** The files that had these bytes when they were looked at last: the same one is in many environments. */
  const byHash = new Map<string, Set<string>>();
  const walked = new Map<string, Walk>();
  const complainedOf = new Set<string>();

  /** What can't be read is not there for minions, and keeps nothing else from them. */
  async function tolerant<T>(file: string, read: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (cause) {
      if (!complainedOf.has(file))
        log('warning', 'a file of the state tree can not be served', { file, reason: messageOf(cause) });
      complainedOf.add(file);
      return undefined;
    }
  }

  async function hashOf(file: string, stats: Stats, pause: Pause): Promise<string> {
    const signature = signatureOf(stats);
    const known = hashes.get(file);
    const sha256 = known?.signature === signature ? known.sha256 : await hashed(file, pause);
    hashes.set(file, { signature, sha256 });
    const holders = byHash.get(sha256) ?? new Set();
    byHash.set(sha256, holders.add(file));
    return sha256;
  }

  async function walk(
    root: string,
    folder: string,
    above: readonly string[],
    found: Map<string, TreeEntry>,
    pause: Pause,
  ): Promise<void> {
    const names = await tolerant(path.join(root, folder), () => readdirSync(path.join(root, folder)));
    if (!names) return;
    if (names.length === 0 && folder !== '') found.set(`${folder}/`, [`${folder}/`, '', 0]);
    for (const name of names) {
      await pause();
      const inTree = folder === '' ? name : `${folder}/${name}`;
      const file = path.join(root, inTree);
      // A link is what it leads to, as Salt serves it; one that leads nowhere is not there.
      const stats = await tolerant(file, () => statSync(file, { throwIfNoEntry: false }));
      if (stats?.isFile() && !found.has(inTree)) {
        const sha256 = await tolerant(file, () => hashOf(file, stats, pause));
        if (sha256 !== undefined) found.set(inTree, [inTree, sha256, stats.size]);
      }
      if (!stats?.isDirectory()) continue;
      const self = `${stats.dev}:${stats.ino}`;
      // A link to a folder above would never end.
      if (!above.includes(self)) await walk(root, inTree, [...above, self], found, pause);
    }
  }

  async function walkAll(roots: readonly string[]): Promise<readonly TreeEntry[]> {
    const found = new Map<string, TreeEntry>();
    const pause = inSlices(monotonic);
    for (const root of roots) {
      if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) await walk(root, '', [], found, pause);
    }
    return [...found.values()];
  }

  function begin(key: string, roots: readonly string[]): Promise<readonly TreeEntry[]> {
    const began = monotonic();
    const before = walked.get(key)?.found;
    const walk: Walk = { isOver: false, freshUntil: began, entries: walkAll(roots).then(over) };
    walked.set(key, walk);
    return walk.entries.finally(() => void (walk.isOver = true));

    function over(now: readonly TreeEntry[]): readonly TreeEntry[] {
      const ended = monotonic();
      walk.freshUntil = ended + Math.min(FRESH.times * (ended - began), FRESH.most);
      return (walk.found = before && isSame(before, now) ? before : now);
    }
  }

  return {
    names: () => environmentNames(fileRoots),
    // Of environments without roots of their own nobody knows which there are.
    hasCustom: () => Object.keys(fileRoots).some((env) => env === ANY || hasCustom(fileRoots, env)),
    async lists(environment) {
      const roots = directoriesOf(fileRoots, environment);
      if (!roots) return [];
      // Not by its name: any name may stand for the same directories, and minions choose it.
      const key = roots.join('\0');
      const known = walked.get(key);
      if (known && monotonic() < known.freshUntil) return [await known.entries];
      if (!known || known.isOver) return [await begin(key, roots)];
      // What changed since may be missed by the walk that goes on: all who ask meanwhile have the one that follows.
      known.following ??= known.entries.then(() => begin(key, roots));
      return [await known.following];
    },
    locate(sha256) {
      const holders = byHash.get(sha256);
      if (!holders) return undefined;
      let gone = '';
      for (const file of holders) {
        const stats = statSync(file, { throwIfNoEntry: false });
        const known = hashes.get(file);
        if (stats && known?.sha256 === sha256 && known.signature === signatureOf(stats))
          return { file, size: stats.size };
        holders.delete(file);
        gone = file;
      }
      byHash.delete(sha256);
      return { gone: path.basename(gone) };
    },
  };
}

/** Whether nothing has changed: then what was made of the list before stays. */
function isSame(before: readonly TreeEntry[], now: readonly TreeEntry[]): boolean {
  if (before.length !== now.length) return false;
  return before.every(([name, sha256], index) => name === now[index]?.[0] && sha256 === now[index]?.[1]);
}

function signatureOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
}

async function hashed(file: string, pause: Pause): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const handle = openSync(file, 'r');
  try {
    for (let bytes = readSync(handle, piece); bytes > 0; bytes = readSync(handle, piece)) {
      hash.update(piece.subarray(0, bytes));
      await pause();
    }
  } finally {
    closeSync(handle);
  }
  return hash.digest('hex');
}
