import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { storeErrors } from '../lib/errors/store.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Size } from './bucket-sizes.ts';
import { decodePayload, encodeDelete, encodeEvent, encodePut, encodeValue, isEvent, type Change } from './codec.ts';
import { lockLog, openLog, type LogOptions, type RecordLog, type SegmentInfo } from './log.ts';
import type { LogRecord } from './record.ts';
import { oldestNote } from './oldest-note.ts';
import { recentEvents } from './recent-events.ts';
import { again, inPieces, lostOf } from './record-again.ts';
import { regainNote } from './regain-note.ts';
import { MOST_KEY_BYTES, openTable, type Entry, type ScanOptions, type Table, type TableChange } from './table.ts';
import { valueChanges } from './value-changes.ts';

export interface StoredEvent {
  readonly number: number;
  readonly event: JsonMap;
}

/** The values of one kind, by key. What it gives is JSON that was put there by the same code. */
export interface Bucket<T> {
  /** What is on disk. */
  get(key: string): T | undefined;
  /** What will be there once everything committed is on disk: what a new change has to be decided by. */
  latest(key: string): T | undefined;
  /** What is on disk, by key, of the keys that start with `prefix`. */
  scan(prefix?: string, options?: ScanOptions): { key: string; value: T }[];
  put(key: string, value: T): Change;
  /** The value is made from the number of the record that puts it. */
  putNumbered(key: string, value: (number: number) => T): Change;
  delete(key: string): Change;
  /** Calls back with every change that reached the disk, in order, before its commit resolves; undefined: deleted. */
  watch(listener: (key: string, value: T | undefined) => void): void;
}

export interface Store {
  /** The number of the newest record on disk. */
  head(): number;
  /** The number that the first of the next commit's changes gets, the others follow it. */
  next(): number;
  /** The oldest number whose event may still be read. */
  first(): number;
  bucket<T>(name: string): Bucket<T>;
  /** Resolves with the first change's number once all are on disk, which after a crash they are or none is. Raises `TS_STORE_KEY_TOO_LONG`, and as `RecordLog.append`. */
  commit(changes: readonly Change[]): Promise<number>;
  /** Resolves when all that was committed before is on disk, raises when it could not be put there. */
  settled(): Promise<void>;
  /** The events on disk with a number above `after`, in pieces. */
  events(after: number): AsyncGenerator<readonly StoredEvent[]>;
  /** The event of that number; undefined when it is no longer kept. */
  event(number: number): Promise<JsonMap | undefined>;
  /** Calls back with the events of each commit, in order, before the commit resolves. */
  onEvents(listener: (events: readonly StoredEvent[]) => void): void;
  segments(): readonly SegmentInfo[];
  /**
   * Deletes whole segments with nothing from number `keepFrom` on. Values that were put by records in them are recorded again
   * first. The answer is how many bytes were freed.
   */
  trim(keepFrom: number): Promise<number>;
  /**
   * What opening found; how many records at the log's beginning and end are gone, as far as its note and the table tell; whether
   * the table had to be made anew; how many changes that the log had lost were in it.
   */
  readonly found: RecordLog['found'] & {
    readonly missing: number;
    readonly rebuilt: boolean;
    readonly regained: number;
  };
  /** What the values that are on disk come to, all or those of one bucket. */
  size(bucket?: string): Size;
  stats(): Readonly<Record<string, number>>;
  /** Resolves when everything is on disk and the lock is free. */
  close(): Promise<void>;
}

interface Pending {
  readonly last: number;
  readonly table: readonly TableChange[];
  readonly events: readonly (StoredEvent & { readonly bytes: number })[];
}

/** So many values are written at once when the table catches up with the log. */
const CATCH_UP_AT_ONCE = 20_000;

/**
 * Opens the log and its table in `directory`. Raises `TS_STORE_LOCKED`, `TS_STORE_NEWER_VERSION`, and `TS_STORE_FULL` when there is
 * no room for what has to be mended.
 */
export async function openStore(options: Omit<LogOptions, 'onDurable' | 'onFailed'>): Promise<Store> {
  const { directory } = options;
  let pending: Pending[] = [];
  /** Of changes that are not on disk yet. */
  const underway = new Map<string, TableChange>();
  /** Of changes that are in the log, but could not be applied to the table (a full disk); tried again with the next ones. */
  let unapplied = new Map<string, TableChange>();
  const listeners: ((events: readonly StoredEvent[]) => void)[] = [];
  const watchers = new Map<string, ((key: string, value: Buffer | undefined) => void)[]>();
  const recent = recentEvents();
  const counters = { tableFailures: 0, carried: 0 };

  const note = regainNote(directory);
  const oldest = oldestNote(directory);
  const logOptions = {
    ...options,
    directory: path.join(directory, 'log'),
    onDurable,
    onFailed,
    beforeMending: () => note.leave(),
  };
  const lock = await lockLog(logOptions);
  const wasInterrupted = await note.isThere();
  const begins = await oldest.read();
  const opening = openLog(logOptions, lock);
  const [log, table] = await openBoth(
    opening,
    openTable(path.join(directory, 'table'), async (applied) => !lossOf(await opening, applied).any),
  );
  const lost = lossOf(log, table.applied());
  const { rebuilt, regained } = await bringTogether().catch(async (cause: unknown) => {
    await log.close();
    await table.close(undefined);
    throw cause;
  });
  let closing: Promise<void> | undefined;

  /** How many records at either end a log has lost, as its note and a table show that was applied so far; and whether any. */
  function lossOf(opened: RecordLog, applied: number) {
    const first = opened.first();
    const oldestLost = Math.max(0, first - (begins ?? first));
    // The table gets what is on disk, so what it has beyond the log was on disk, and acknowledged.
    const newestLost = Math.max(0, applied - opened.wholeUpTo);
    // An older version may have lost values in trimming.
    const isUnsure = begins === undefined && first > 1;
    const any = wasInterrupted || isUnsure || oldestLost + newestLost + opened.found.damage.length > 0;
    return { oldest: oldestLost, newest: newestLost, any };
  }

  async function bringTogether() {
    const rebuilt = await catchUp();
    const regained = lost.any && !rebuilt ? await regain() : 0;
    await oldest.write(log.first());
    await note.remove();
    return { rebuilt, regained };
  }

  /** Brings the table up to the log's head. True when the table had to start from nothing. */
  async function catchUp(): Promise<boolean> {
    if (table.applied() + 1 < log.first() && lost.oldest === 0) table.clear();
    const isAnew = table.applied() === 0 && log.head() > 0;
    // Of many changes of a value, only the last is written.
    let waiting = new Map<string, TableChange>();
    for await (const changes of valueChanges(log, table.applied())) {
      for (const change of changes) waiting.set(change.key, change);
      if (waiting.size < CATCH_UP_AT_ONCE) continue;
      table.apply([...waiting.values()], changes.at(-1)?.number ?? 0);
      waiting = new Map();
    }
    if (waiting.size > 0) table.apply([...waiting.values()], log.head());
    return isAnew;
  }

  /** Records what the table knows and the log has lost; how much that was. */
  async function regain(): Promise<number> {
    // From the next step on the log does not tell that its newest records are missing.
    await note.leave();
    await log.skipTo(table.applied());
    let regained = 0;
    for await (const changes of lostOf(table, log)) {
      await commit(changes);
      regained += changes.length;
    }
    return regained;
  }

  function onDurable(last: number): void {
    const count = pending.findIndex((commit) => commit.last > last);
    const done = pending.splice(0, count < 0 ? pending.length : count);
    for (const change of done.flatMap((commit) => commit.table)) {
      unapplied.set(change.key, change);
      if (underway.get(change.key)?.number === change.number) underway.delete(change.key);
    }
    applyAll(last);
    for (const { key, value } of done.flatMap((commit) => commit.table)) {
      const slash = key.indexOf('/');
      for (const watcher of watchers.get(key.slice(0, slash)) ?? []) watcher(key.slice(slash + 1), value);
    }
    const events = done.flatMap((commit) => commit.events);
    for (const { number, event, bytes } of events) recent.keep(number, event, bytes);
    if (events.length > 0) for (const listener of listeners) listener(events);
  }

  function applyAll(last: number): void {
    if (unapplied.size === 0) return;
    try {
      table.apply([...unapplied.values()], last);
      unapplied = new Map();
    } catch {
      // They are safe in the log, and `get` knows them from here.
      counters.tableFailures++;
    }
  }

  function onFailed(): void {
    pending = [];
    underway.clear();
  }

  function commit(changes: readonly Change[]): Promise<number> {
    for (const change of changes) {
      const bytes = change.kind === 'event' ? 0 : Buffer.byteLength(change.key);
      if (bytes > MOST_KEY_BYTES) return Promise.reject(storeErrors.keyTooLong({ bytes, most: MOST_KEY_BYTES }));
    }
    const first = log.next();
    const table: TableChange[] = [];
    const events: (StoredEvent & { bytes: number })[] = [];
    const payloads = changes.map((change, i) => {
      const number = first + i;
      if (change.kind === 'event') {
        const payload = encodeEvent(change.event);
        events.push({ number, event: change.event, bytes: payload.length });
        return payload;
      }
      const { key } = change;
      const value = change.kind === 'put' ? encodeValue(change.value(number)) : undefined;
      table.push({ key, number, value });
      return value ? encodePut(key, value) : encodeDelete(key);
    });
    const appended = log.append(payloads);
    // Refused at once: it has no number.
    if (log.next() === first) return appended;
    for (const change of table) underway.set(change.key, change);
    pending.push({ last: first + changes.length - 1, table, events });
    return appended.then(() => first);
  }

  function scan(prefix: string, scanOptions: ScanOptions): Entry[] {
    applyAll(log.head());
    if (unapplied.size === 0) return table.scan(prefix, scanOptions);
    const { reverse = false, after, limit } = scanOptions;
    const isMeant = (key: string) =>
      key.startsWith(prefix) && (after === undefined || (reverse ? key < after : key > after));
    const entries = new Map(table.scan(prefix).map((entry) => [entry.key, entry]));
    for (const { key, number, value } of unapplied.values()) {
      if (value === undefined) entries.delete(key);
      else entries.set(key, { key, number, value });
    }
    const found = [...entries.values()].filter(({ key }) => isMeant(key)).sort((a, b) => (a.key < b.key ? -1 : 1));
    return (reverse ? found.reverse() : found).slice(0, limit);
  }

  async function close(): Promise<void> {
    await log.close();
    applyAll(log.head());
    // A table that misses something must not be trusted by the next opening.
    await table.close(unapplied.size === 0 ? log.head() : undefined);
  }

  const durable = (key: string): Buffer | undefined => {
    const waiting = unapplied.get(key);
    return waiting ? waiting.value : table.get(key)?.value;
  };
  const latest = (key: string): Buffer | undefined => {
    const waiting = underway.get(key);
    return waiting ? waiting.value : durable(key);
  };

  return {
    head: () => log.head(),
    next: () => log.next(),
    first: () => log.first(),
    bucket<T>(name: string): Bucket<T> {
      const prefixed = `${name}/`;
      const decode = (value: Buffer | undefined) =>
        value === undefined ? undefined : (JSON.parse(value.toString()) as T);
      return {
        get: (key) => decode(durable(prefixed + key)),
        latest: (key) => decode(latest(prefixed + key)),
        scan(prefix = '', scanOptions = {}) {
          const after = scanOptions.after === undefined ? {} : { after: prefixed + scanOptions.after };
          return scan(prefixed + prefix, { ...scanOptions, ...after }).map(({ key, value }) => ({
            key: key.slice(prefixed.length),
            value: JSON.parse(value.toString()) as T,
          }));
        },
        put: (key, value) => ({ kind: 'put', key: prefixed + key, value: () => value }),
        putNumbered: (key, value) => ({ kind: 'put', key: prefixed + key, value }),
        delete: (key) => ({ kind: 'delete', key: prefixed + key }),
        watch(listener) {
          const watcher = (key: string, value: Buffer | undefined) => listener(key, decode(value));
          watchers.set(name, [...(watchers.get(name) ?? []), watcher]);
        },
      };
    },
    commit,
    settled: () => log.settled(),
    async event(number) {
      const known = recent.get(number);
      if (known) return known;
      for await (const records of log.read(number - 1)) {
        const record = records[0];
        if (!record || record.number !== number || !isEvent(record.payload)) return undefined;
        return eventOf(record)[0]?.event;
      }
      return undefined;
    },
    async *events(after) {
      for await (const records of log.read(after)) {
        const events = records.filter(({ payload }) => isEvent(payload)).flatMap(eventOf);
        if (events.length > 0) yield events;
      }
    },
    onEvents(listener) {
      listeners.push(listener);
    },
    segments: () => log.segments(),
    async trim(keepFrom) {
      const kept = log.segments().findIndex((segment) => segment.last >= keepFrom);
      const boundary = log.segments()[kept < 0 ? log.segments().length - 1 : kept]?.first ?? 0;
      for (const piece of inPieces(scan)) {
        const old = piece.filter(({ key, number }) => number < boundary && !underway.has(key));
        counters.carried += old.length;
        // What is being changed has its new record, or this fails with it.
        await Promise.all([commit(old.map(again)), log.settled()]);
        // Nobody waits for this, and others do: they come in between.
        await turn();
      }
      await oldest.write(boundary);
      return log.trim(boundary);
    },
    found: { ...log.found, missing: lost.oldest + lost.newest, rebuilt, regained },
    size: (bucket) => table.size(bucket),
    stats: () => ({
      ...log.stats(),
      ...counters,
      unapplied: unapplied.size,
      values: table.size().entries,
      valueBytes: table.size().bytes,
    }),
    close: () => (closing ??= close()),
  };
}

/** Both, opened at the same time, since both take long when they are large; or neither. */
async function openBoth(opening: Promise<RecordLog>, other: Promise<Table>): Promise<[RecordLog, Table]> {
  const [log, table] = await Promise.allSettled([opening, other]);
  if (log.status === 'fulfilled' && table.status === 'fulfilled') return [log.value, table.value];
  if (log.status === 'fulfilled') await log.value.close();
  if (table.status === 'fulfilled') await table.value.close(undefined);
  throw log.status === 'rejected' ? log.reason : (table as PromiseRejectedResult).reason;
}

function eventOf({ number, payload }: LogRecord): StoredEvent[] {
  const decoded = decodePayload(payload);
  return 'event' in decoded ? [{ number, event: decoded.event }] : [];
}
