import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { fileErrors } from '../lib/errors/files.ts';
import { hasCustom } from '../lib/custom/names.ts';
import { ANY, directoriesOf, type Roots } from '../lib/environments.ts';
import { CHUNK_BYTES, MANIFEST_PAGE_ENTRIES, type TreeEntry, type TreeManifest } from '../lib/file-tree.ts';
import { messageOf } from '../lib/errors/error.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';

export interface FileServer {
  /** Undefined where there is no such environment. */
  manifest(env: string): TreeManifest | undefined;
  /**
   * A page of the manifest, from entry `after`: `{hash, total, entries}`; `{hash, same: true}` when that is the hash `known`;
   * `{missing: true}` where there is no such environment.
   */
  page(env: string, after: number, known: string): JsonMap;
  /** Whether an environment may have code for minions: then they ask for more. Quick: each minion asks when it starts. */
  hasCustom(): boolean;
  /** Up to 128 KiB of the file with this hash, from `offset`: `{data (base64), bytes}`. */
  chunk(sha256: string, offset: number): JsonMap;
}

interface Known {
  readonly signature: string;
  readonly sha256: string;
}

/** How long one walk of the tree answers for, in ms: a highstate of many minions at once walks it once. */
const FRESH_MS = 250;

/**
 * Serves the state trees of `file_roots` by content: of several roots of an environment the first that has a path wins, as
 * in Salt. Hashes are kept by a file's identity (inode, size, times), so that a walk reads only what changed.
 */
export function fileServer(fileRoots: Roots, monotonic: () => number, log: Log): FileServer {
  const hashes = new Map<string, Known>();
  /** The files that had these bytes when they were looked at last: the same one is in many environments. */
  const byHash = new Map<string, Set<string>>();
  const walked = new Map<string, { at: number; manifest: TreeManifest }>();
  const complainedOf = new Set<string>();

  /** What can't be read is not there for minions, and keeps nothing else from them. */
  function tolerant<T>(file: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (cause) {
      if (!complainedOf.has(file))
        log('warning', 'a file of the state tree can not be served', { file, reason: messageOf(cause) });
      complainedOf.add(file);
      return undefined;
    }
  }

  function hashOf(file: string, stats: Stats): string {
    const signature = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
    const known = hashes.get(file);
    const isKnown = known?.signature === signature;
    const sha256 = isKnown ? known.sha256 : createHash('sha256').update(readFileSync(file)).digest('hex');
    hashes.set(file, { signature, sha256 });
    const holders = byHash.get(sha256) ?? new Set();
    byHash.set(sha256, holders.add(file));
    return sha256;
  }

  /** A file that has these bytes now. Raises `TS_FILE_UNKNOWN_HASH`, `TS_FILE_CHANGED_MEANWHILE`. */
  function holderOf(sha256: string): { readonly file: string; readonly size: number } {
    const holders = byHash.get(sha256);
    if (!holders) throw fileErrors.unknownHash({ sha256 });
    let gone = '';
    for (const file of holders) {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats && hashOf(file, stats) === sha256) return { file, size: stats.size };
      holders.delete(file);
      gone = file;
    }
    byHash.delete(sha256);
    throw fileErrors.changedMeanwhile({ path: path.basename(gone) });
  }

  function walk(root: string, folder: string, above: readonly string[], found: Map<string, TreeEntry>): void {
    const names = tolerant(path.join(root, folder), () => readdirSync(path.join(root, folder)));
    if (!names) return;
    if (names.length === 0 && folder !== '') found.set(`${folder}/`, [`${folder}/`, '', 0]);
    for (const name of names) {
      const inTree = folder === '' ? name : `${folder}/${name}`;
      const file = path.join(root, inTree);
      // A link is what it leads to, as Salt serves it; one that leads nowhere is not there.
      const stats = tolerant(file, () => statSync(file, { throwIfNoEntry: false }));
      if (stats?.isFile() && !found.has(inTree)) {
        const sha256 = tolerant(file, () => hashOf(file, stats));
        if (sha256 !== undefined) found.set(inTree, [inTree, sha256, stats.size]);
      }
      if (!stats?.isDirectory()) continue;
      const self = `${stats.dev}:${stats.ino}`;
      // A link to a folder above would never end.
      if (!above.includes(self)) walk(root, inTree, [...above, self], found);
    }
  }

  function manifest(env: string): TreeManifest | undefined {
    const roots = directoriesOf(fileRoots, env);
    if (!roots) return undefined;
    // Not by its name: any name may stand for the same directories, and minions choose it.
    const key = roots.join('\0');
    const fresh = walked.get(key);
    if (fresh && monotonic() - fresh.at < FRESH_MS) return fresh.manifest;
    const found = new Map<string, TreeEntry>();
    for (const root of roots) {
      if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) walk(root, '', [], found);
    }
    const entries = [...found.values()].sort(([a], [b]) => (a < b ? -1 : 1));
    const made = { hash: createHash('sha256').update(JSON.stringify(entries)).digest('hex'), entries };
    walked.set(key, { at: monotonic(), manifest: made });
    return made;
  }

  return {
    manifest,
    // Of environments without roots of their own nobody knows which there are.
    hasCustom: () => Object.keys(fileRoots).some((env) => env === ANY || hasCustom(fileRoots, env)),
    page(env, after, known) {
      const whole = manifest(env);
      if (!whole) return { missing: true };
      const { hash, entries } = whole;
      if (known === hash) return { hash, same: true };
      const page = entries.slice(after, after + MANIFEST_PAGE_ENTRIES).map((entry) => [...entry]);
      return { hash, total: entries.length, entries: page };
    },
    chunk(sha256, offset) {
      const { file, size } = holderOf(sha256);
      const data = Buffer.alloc(Math.max(0, Math.min(CHUNK_BYTES, size - offset)));
      const handle = openSync(file, 'r');
      try {
        const bytes = readSync(handle, data, 0, data.length, offset);
        return { data: data.subarray(0, bytes).toString('base64'), bytes: size };
      } finally {
        closeSync(handle);
      }
    },
  };
}
