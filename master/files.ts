import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { BASE } from '../lib/environments.ts';
import { fileErrors } from '../lib/errors/files.ts';
import {
  CHUNK_BYTES,
  MANIFEST_PAGE_ENTRIES,
  MOST_TOGETHER,
  type TreeEntry,
  type TreeManifest,
} from '../lib/file-tree.ts';
import { howManyFit } from '../lib/how-many-fit.ts';
import type { JsonMap } from '../lib/json.ts';
import type { FileSource, Located } from './files/source.ts';

export interface FileServer {
  /** The environments that there are, `base` first. */
  environments(): readonly string[];
  /** Undefined where there is no such environment. */
  manifest(env: string): Promise<TreeManifest | undefined>;
  /**
   * A page of the manifest, from entry `after`: `{hash, total, entries}`; `{hash, same: true}` when that is the hash `known`;
   * `{missing: true}` where there is no such environment.
   */
  page(env: string, after: number, known: string): Promise<JsonMap>;
  /** Whether an environment may have code for minions: then they ask for more. Quick: each minion asks when it starts. */
  hasCustom(): boolean;
  /** Up to 128 KiB of the file with this hash, from `offset`: `{data (base64), bytes}`. */
  chunk(sha256: string, offset: number): JsonMap;
  /**
   * Small files by their hashes: `{files}`, each in base64, or null for one that is not here. Fewer than were asked for, when
   * they are more than 64, or more than 128 KiB together.
   */
  several(hashes: readonly string[]): JsonMap;
}

/** Bytes of paths that a page of a manifest carries. */
const PAGE_BYTES = 1024 * 1024;
/** No more manifests are kept. */
const MOST_KEPT = 16;

/** Serves state trees by content. Of several sources the first that has a path wins, as in Salt (`fileserver_backend`). */
export function fileServer(sources: readonly FileSource[]): FileServer {
  /** By what the sources gave: the same lists make the same manifest. */
  const kept: { readonly of: readonly (readonly TreeEntry[])[]; readonly manifest: TreeManifest }[] = [];

  async function manifest(env: string): Promise<TreeManifest | undefined> {
    const of = (await Promise.all(sources.map((source) => source.lists(env)))).flat();
    if (of.length === 0) return undefined;
    const known = kept.find((one) => one.of.length === of.length && one.of.every((list, index) => list === of[index]));
    if (known) return known.manifest;
    const entries = together(of).sort(([a], [b]) => (a < b ? -1 : 1));
    const made = { hash: createHash('sha256').update(JSON.stringify(entries)).digest('hex'), entries };
    kept.push({ of, manifest: made });
    if (kept.length > MOST_KEPT) kept.shift();
    return made;
  }

  return {
    environments() {
      const names = new Set(sources.flatMap((source) => source.names()));
      return names.delete(BASE) ? [BASE, ...names] : [...names];
    },
    manifest,
    hasCustom: () => sources.some((source) => source.hasCustom()),
    async page(env, after, known) {
      const whole = await manifest(env);
      if (!whole) return { missing: true };
      const { hash, entries } = whole;
      if (known === hash) return { hash, same: true };
      const page = pageFrom(entries, after).map((entry) => [...entry]);
      return { hash, total: entries.length, entries: page };
    },
    chunk(sha256, offset) {
      const holder = holderOf(sha256);
      return { data: pieceOf(holder, offset).toString('base64'), bytes: holder.size };
    },
    several,
  };

  function several(hashes: readonly string[]): JsonMap {
    const files: (string | null)[] = [];
    let bytes = 0;
    for (const sha256 of hashes.slice(0, MOST_TOGETHER)) {
      const found = lookUp(sha256);
      const file = typeof found === 'object' && found.size <= CHUNK_BYTES ? found : undefined;
      bytes += file?.size ?? 0;
      if (bytes > CHUNK_BYTES) break;
      files.push(file ? pieceOf(file, 0).toString('base64') : null);
    }
    return { files };
  }

  /** Raises `TS_FILE_UNKNOWN_HASH`, `TS_FILE_CHANGED_MEANWHILE`. */
  function holderOf(sha256: string): Located {
    const found = lookUp(sha256);
    if (typeof found === 'object') return found;
    throw found === undefined ? fileErrors.unknownHash({ sha256 }) : fileErrors.changedMeanwhile({ path: found });
  }

  /** A file that has these bytes, or the name of one that had them. */
  function lookUp(sha256: string): Located | string | undefined {
    let gone: string | undefined;
    for (const source of sources) {
      const found = source.locate(sha256);
      if (found && 'file' in found) return found;
      gone ??= found?.gone;
    }
    return gone;
  }
}

/** What one answer carries from an entry on: with very long paths fewer entries, but one at least. */
function pageFrom(entries: readonly TreeEntry[], after: number): readonly TreeEntry[] {
  const page = entries.slice(after, after + MANIFEST_PAGE_ENTRIES);
  return page.slice(
    0,
    howManyFit(page, PAGE_BYTES, ([name]) => Buffer.byteLength(name)),
  );
}

function pieceOf({ file, size }: Located, offset: number): Buffer {
  const data = Buffer.alloc(Math.max(0, Math.min(CHUNK_BYTES, size - offset)));
  const handle = openSync(file, 'r');
  try {
    return data.subarray(0, readSync(handle, data, 0, data.length, offset));
  } finally {
    closeSync(handle);
  }
}

function together(lists: readonly (readonly TreeEntry[])[]): TreeEntry[] {
  const byPath = new Map<string, TreeEntry>();
  for (const list of lists) for (const entry of list) if (!byPath.has(entry[0])) byPath.set(entry[0], entry);
  return [...byPath.values()];
}
