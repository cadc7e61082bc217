import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileErrors } from '../lib/errors/files.ts';
import type { TreeEntry, TreeManifest } from '../lib/file-tree.ts';
import { asText, type JsonMap } from '../lib/json.ts';
import { writeWhole } from './write-whole.ts';

export type Ask = (question: string, body: JsonMap) => Promise<JsonMap>;

/** The state tree of the master, as this minion has it. */
export interface RemoteTree {
  /** The manifest of an environment's tree as it is now; undefined where there is no such environment. */
  manifest(env: string): Promise<TreeManifest | undefined>;
  /** The bytes of an entry, from the cache or the master; raises `TS_FILE_WRONG_HASH` when other bytes come. */
  fetch(entry: TreeEntry): Promise<Buffer>;
}

/** Files are kept by their hash, in a directory of the minion's own: what has not changed is not sent again. */
export function remoteTree(ask: Ask, cachedir: string): RemoteTree {
  const folder = path.join(cachedir, 'files');
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  return {
    async manifest(env) {
      const file = path.join(folder, `manifest-${createHash('sha256').update(env).digest('hex').slice(0, 16)}.json`);
      const known = readManifest(file);
      for (;;) {
        const first = await ask('files.page', { env, after: 0, known: known?.hash ?? '' });
        if (first['missing'] === true) return undefined;
        if (first['same'] === true && known) return known;
        const made = await restOf(env, first);
        if (!made) continue;
        writeWhole(file, Buffer.from(JSON.stringify(made)));
        return made;
      }
    },
    async fetch([name, sha256, bytes]) {
      const file = path.join(folder, hexOnly(sha256));
      const cached = readIfThere(file);
      if (cached && hashOf(cached) === sha256) return cached;
      const parts: Buffer[] = [];
      for (let have = 0; have < bytes;) {
        const { data } = await ask('files.chunk', { sha256, offset: have });
        const part = Buffer.from(typeof data === 'string' ? data : '', 'base64');
        if (part.length === 0) break;
        parts.push(part);
        have += part.length;
      }
      const whole = Buffer.concat(parts);
      if (hashOf(whole) !== sha256) throw fileErrors.wrongHash({ path: name });
      writeWhole(file, whole);
      return whole;
    },
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

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** A hash of the wire is a file's name only when it is one. */
function hexOnly(sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw fileErrors.unknownHash({ sha256 });
  return sha256;
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The tree that a manifest names (asked for when the tree is), as the state engine reads it; a file's bytes are fetched when they are asked for. */
export function treeOfManifest(
  manifest: () => TreeManifest,
  fetch: (entry: TreeEntry) => Promise<Buffer>,
): RemoteFiles {
  let byPath: ReadonlyMap<string, TreeEntry> | undefined;
  const fileAt = (name: string): TreeEntry | undefined => {
    byPath ??= new Map(manifest().entries.map((entry) => [entry[0], entry]));
    const entry = byPath.get(name);
    return entry && entry[1] !== '' ? entry : undefined;
  };
  return {
    read: (name) => {
      const entry = fileAt(name);
      return entry && fetch(entry);
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
  has(path: string): boolean;
  list(folder: string): readonly string[];
}
