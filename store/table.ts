import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RootDatabase } from 'lmdb';
import { isMap } from '../lib/json.ts';

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
 * so it is never synced.
 */
export interface Table {
  /** The log has been applied up to this number; 0: the table is empty. */
  applied(): number;
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

const NUMBER_BYTES = 8;
/** Not a key of anybody: keys are text, and this one sorts before all text. */
const APPLIED = '\u0000applied';
const LAST_CHARACTER = '\uffff';

/**
 * Opens the table in `directory`. It is empty when it was not closed well, or is not byte for byte what was closed: the file
 * is looked at before it is mapped, since a mapped file with damage can end the process.
 */
export async function openTable(directory: string): Promise<Table> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, 'table.mdb');
  const note = path.join(directory, 'closed-well.json');
  if (!(await isAsClosed(file, note))) for (const name of [file, `${file}-lock`]) await rm(name, { force: true });
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
  const stored = database.get(APPLIED);
  let applied = stored ? Number(stored.readBigUInt64BE()) : 0;

  return {
    applied: () => applied,
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
      for (const { key, value } of database.getRange({ ...range, ...(limit === undefined ? {} : { limit }) })) {
        if (key !== APPLIED) found.push(unpack(key, value));
      }
      return found;
    },
    apply(changes, upTo) {
      database.transactionSync(() => {
        for (const { key, number, value } of changes) {
          if (value === undefined) database.removeSync(key);
          else database.putSync(key, Buffer.concat([number8(number), value]));
        }
        database.putSync(APPLIED, number8(upTo));
      });
      applied = upTo;
    },
    clear() {
      database.clearSync();
      applied = 0;
    },
    async close(upTo) {
      if (upTo !== undefined) database.putSync(APPLIED, number8(upTo));
      await database.close();
      if (upTo === undefined) return;
      await writeFile(note, JSON.stringify({ sha256: await sha256Of(file) }), { mode: 0o600 });
    },
  };
}

function unpack(key: string, stored: Buffer): Entry {
  return { key, number: Number(stored.readBigUInt64BE()), value: stored.subarray(NUMBER_BYTES) };
}

function number8(number: number): Buffer {
  const bytes = Buffer.alloc(NUMBER_BYTES);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

async function isAsClosed(file: string, note: string): Promise<boolean> {
  try {
    const said: unknown = JSON.parse(await readFile(note, 'utf8'));
    return isMap(said) && said['sha256'] === (await sha256Of(file));
  } catch {
    // No note, no file, or neither readable: all the same reason to make it anew.
    return false;
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
