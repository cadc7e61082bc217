import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RootDatabase } from 'lmdb';
import { storeErrors } from '../lib/errors/store.ts';
import { isMap } from '../lib/json.ts';
import { bucketSizes, readSizes, type Size } from './bucket-sizes.ts';
import { toDisk } from './files.ts';
import { lookAt, type Look } from './table-check.ts';
import {
  bytesOf,
  decodeEntry,
  decodeSummary,
  emptySummary,
  encodeEntry,
  encodeSummary,
  SUMMARY_KEY,
  withEntry,
} from './table-summary.ts';

/** A value, and the number of the log's record that put it there. */
export interface Entry {
  readonly key: string;
  readonly number: number;
  readonly value: Buffer;
}

export interface TableChange {
  readonly key: string;
  readonly number: number;
  /** Undefined: the key is deleted. */
  readonly value: Buffer | undefined;
}

/**
 * Keys and values, sorted by key. What is in it is also in the log: it is made again from there whenever there is doubt, and
 * so it is never synced. Reading raises `TS_STORE_DAMAGED_TABLE` for an entry that is not what was put there.
 */
export interface Table {
  /** The log has been applied up to this number; 0: the table is empty. */
  applied(): number;
  /** How many entries there are, all or of one bucket, and the bytes of their keys and values. */
  size(bucket?: string): Size;
  get(key: string): Entry | undefined;
  /** The entries whose keys start with `prefix`, by key; newest key first with `reverse`; only those beyond `after`. */
  scan(prefix: string, options?: ScanOptions): Entry[];
  /** All of the changes or none; synchronous. Raises what the file system does, for instance when it is full. */
  apply(changes: readonly TableChange[], applied: number): void;
  clear(): void;
  /** With `applied`, the log's head, leaves a note that lets the next opening trust the table. */
  close(applied: number | undefined): Promise<void>;
}

export interface ScanOptions {
  readonly reverse?: boolean;
  readonly after?: string;
  readonly limit?: number;
}

const LAST_CHARACTER = '\u{10ffff}';
/** What LMDB takes for certain; the store refuses longer keys, for what the log has and the table can't hold keeps it from opening. */
export const MOST_KEY_BYTES = 1900;
/** A lock that is mapped needs some. */
const ROOM_TO_LOOK_BYTES = 64 * 1024;

/**
 * Opens the table in `directory`. One that was closed well is what was closed, byte for byte. One that was not, since its
 * process was killed or the power went, is the copy of it that was found to be whole; when it was not, or there is none, it
 * is empty. However small, it is looked at: what the log has lost is known by it alone. Raises `TS_STORE_FULL` when there is no
 * room to copy it, unless `isSpare` says that the log has all that a table may know to which it was applied so far.
 */
export async function openTable(directory: string, isSpare: (applied: number) => Promise<boolean>): Promise<Table> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, 'table.mdb');
  const note = path.join(directory, 'closed-well.json');
  // Of this process: one that died while it opened the table may have left behind whoever still writes one.
  const copy = `${file}.copy-${process.pid}`;
  for (const name of await readdir(directory))
    if (name.startsWith('table.mdb.copy')) await rm(path.join(directory, name), { force: true });
  let known = await asClosed(file, note);
  if (!known) {
    const seen = await look(file, copy);
    if (seen && !(await isSpare(seen.applied))) {
      if (!seen.isCopied) throw storeErrors.full({ directory });
      await toDisk(copy);
    }
    if (seen?.isCopied) known = seen.sizes;
    for (const name of [`${file}-lock`, `${copy}-lock`]) await rm(name, { force: true });
    // One or the other is there at any moment: a process that dies here must not lose what only the table knows.
    if (seen?.isCopied) await rename(copy, file);
    else for (const name of [file, copy]) await rm(name, { force: true });
  }
  await rm(note, { force: true });
  const { open } = await import('lmdb');
  // Small maps grow as needed; a read lock per reader is all this one process needs.
  const database: RootDatabase<Buffer, string> = open({
    path: file,
    encoding: 'binary',
    mapSize: 16 * 1024 * 1024,
    maxReaders: 8,
    maxDbs: 1,
    noSync: true,
    overlappingSync: false,
    noSubdir: true,
    cache: false,
  });
  await chmod(file, 0o600);
  const said = decodeSummary(database.get(SUMMARY_KEY));
  // One of an earlier version has another layout.
  if (!said) database.clearSync();
  let summary = said ?? emptySummary;
  let sizes = bucketSizes(said && known);

  function unpack(key: string, stored: Buffer): Entry {
    const entry = decodeEntry(key, stored);
    if (!entry) throw storeErrors.damagedTable({ file });
    return { key, ...entry };
  }

  return {
    applied: () => summary.applied,
    size: (bucket) => (bucket === undefined ? { entries: summary.entries, bytes: summary.bytes } : sizes.of(bucket)),
    get(key) {
      const stored = database.get(key);
      return stored && unpack(key, stored);
    },
    scan(prefix, { reverse = false, after, limit } = {}) {
      const ceiling = prefix + LAST_CHARACTER;
      const range = reverse
        ? { start: after ?? ceiling, end: prefix, reverse, exclusiveStart: after !== undefined, inclusiveEnd: true }
        : { start: after ?? prefix, end: ceiling, exclusiveStart: after !== undefined };
      const found: Entry[] = [];
      for (const { key, value } of database.getRange(range)) {
        if (found.length === limit) break;
        if (key !== SUMMARY_KEY) found.push(unpack(key, value));
      }
      return found;
    },
    apply(changes, upTo) {
      let next = { ...summary, applied: upTo };
      const nextSizes = bucketSizes(sizes.all());
      const count = (key: string, stored: Buffer, times: 1 | -1): void => {
        next = withEntry(next, key, stored, times);
        nextSizes.count(key, bytesOf(key, stored), times);
      };
      database.transactionSync(() => {
        for (const { key, number, value } of changes) {
          const before = database.get(key);
          if (before) count(key, before, -1);
          if (value === undefined) database.removeSync(key);
          else {
            const stored = encodeEntry(key, number, value);
            database.putSync(key, stored);
            count(key, stored, 1);
          }
        }
        database.putSync(SUMMARY_KEY, encodeSummary(next));
      });
      summary = next;
      sizes = nextSizes;
    },
    clear() {
      database.clearSync();
      summary = emptySummary;
      sizes = bucketSizes();
    },
    async close(upTo) {
      if (upTo !== undefined) database.putSync(SUMMARY_KEY, encodeSummary({ ...summary, applied: upTo }));
      await database.close();
      if (upTo === undefined) return;
      await writeFile(note, JSON.stringify({ sha256: await sha256Of(file), sizes: sizes.all() }), { mode: 0o600 });
    },
  };
}

/** Raises `TS_STORE_FULL` where there is not even room for that. */
async function look(file: string, copy: string): Promise<Look | undefined> {
  if (!existsSync(file)) return undefined;
  const { bavail, bsize } = await statfs(path.dirname(file));
  // A lock that can't be written where it is mapped ends the process that looks, as damage does.
  if (bavail * bsize < ROOM_TO_LOOK_BYTES) throw storeErrors.full({ directory: path.dirname(file) });
  return lookAt(file, copy);
}

/** What is in a table that is as it was closed; undefined for any other. */
async function asClosed(file: string, note: string): Promise<Readonly<Record<string, Size>> | undefined> {
  try {
    const said: unknown = JSON.parse(await readFile(note, 'utf8'));
    return isMap(said) && said['sha256'] === (await sha256Of(file)) ? readSizes(said['sizes']) : undefined;
  } catch {
    // No note, no file, or neither readable: all the same reason to look at it.
    return undefined;
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
