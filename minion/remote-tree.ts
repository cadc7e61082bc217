import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { TreeEntry, TreeManifest } from '../lib/file-tree.ts';
import { fileErrors } from '../lib/errors/files.ts';
import { asText, type JsonMap } from '../lib/json.ts';
import { writeWhole } from '../lib/write-whole.ts';
import { fetchedFiles, readIfThere, type Ask, type FetchedFiles } from './fetched-files.ts';

/** A list of several pages that changes from page to page is begun again so many times. */
const MOST_TRIES = 20;

/** The state tree of the master, as this minion has it. */
export interface RemoteTree extends FetchedFiles {
  /**
   * The manifest of an environment's tree as it is now; undefined where there is no such environment. Raises
   * `TS_FILE_KEEPS_CHANGING`.
   */
  manifest(env: string): Promise<TreeManifest | undefined>;
}

/** What is in an environment, and the files in it, are kept in a directory of the minion's own. */
export function remoteTree(ask: Ask, cachedir: string): RemoteTree {
  const folder = path.join(cachedir, 'files');
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  return {
    async manifest(env) {
      const file = path.join(folder, `manifest-${createHash('sha256').update(env).digest('hex').slice(0, 16)}.json`);
      const known = readManifest(file);
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const first = await ask('files.page', { env, after: 0, known: known?.hash ?? '' });
        if (first['missing'] === true) return undefined;
        if (first['same'] === true && known) return known;
        const made = await restOf(env, first);
        if (!made) continue;
        writeWhole(file, Buffer.from(JSON.stringify(made)));
        return made;
      }
      throw fileErrors.keepsChanging({ env, times: MOST_TRIES });
    },
    ...fetchedFiles(ask, folder),
  };

  /** The other pages; undefined when the tree changed in between. */
  async function restOf(env: string, first: JsonMap): Promise<TreeManifest | undefined> {
    const { hash, total } = first;
    const entries = [...readEntries(first)];
    while (entries.length < Number(total)) {
      const page = await ask('files.page', { env, after: entries.length, known: '' });
      if (page['hash'] !== hash) return undefined;
      const more = readEntries(page);
      if (more.length === 0) return undefined;
      entries.push(...more);
    }
    return { hash: asText(hash), entries };
  }
}

function readEntries(page: JsonMap): TreeEntry[] {
  const entries = Array.isArray(page['entries']) ? page['entries'] : [];
  return entries.map((entry) => {
    const [name, sha256, bytes] = Array.isArray(entry) ? entry : [];
    return [asText(name), asText(sha256), Number(bytes)];
  });
}

function readManifest(file: string): TreeManifest | undefined {
  const text = readIfThere(file)?.toString('utf8');
  try {
    return text === undefined ? undefined : (JSON.parse(text) as TreeManifest);
  } catch {
    // A cache that can't be read is no cache.
    return undefined;
  }
}

/** The tree that a manifest names (asked for when the tree is), as the state engine reads it; a file's bytes are fetched when they are asked for. */
export function treeOfManifest(manifest: () => TreeManifest, files: FetchedFiles): RemoteFiles {
  let byPath: ReadonlyMap<string, TreeEntry> | undefined;
  const fileAt = (name: string): TreeEntry | undefined => {
    byPath ??= new Map(manifest().entries.map((entry) => [entry[0], entry]));
    const entry = byPath.get(name);
    return entry && entry[1] !== '' ? entry : undefined;
  };
  return {
    read: (name) => {
      const entry = fileAt(name);
      return entry && files.fetch(entry);
    },
    ahead: (name) => {
      const entry = fileAt(name);
      if (entry) files.ahead(entry);
    },
    has: (name) => fileAt(name) !== undefined,
    list: (folder) => {
      const below = folder === '' ? '' : `${folder}/`;
      return manifest()
        .entries.filter(([name]) => name.startsWith(below) && name !== below)
        .map(([name]) => name.slice(below.length));
    },
  };
}

/** What the state engine needs of a tree (`states/engine/tree.ts`). */
export interface RemoteFiles {
  read(path: string): Promise<Buffer> | undefined;
  ahead(path: string): void;
  has(path: string): boolean;
  list(folder: string): readonly string[];
}
