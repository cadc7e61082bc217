import { mkdir, open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, TsaltError } from '../lib/errors/error.ts';
import { storeErrors } from '../lib/errors/store.ts';
import { howManyFit } from '../lib/how-many-fit.ts';
import { tryLock } from '../lib/process-lock.ts';
import { realFiles, type StoreFiles } from './files.ts';
import { decodeRecord, GAP, MAX_PAYLOAD_BYTES, type LogRecord } from './record.ts';
import { openSegment, removeTemporary, type DamageReport, type Segment } from './salvage.ts';
import { segmentWriter } from './writer.ts';

export interface LogOptions {
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never jumps, by which commits are timed; `now` unless given. */
  readonly monotonic?: () => number;
  /** Who holds it, for whoever finds it locked. */
  readonly purpose?: string;
  /** A segment is closed once it has so many bytes. */
  readonly segmentBytes?: number;
  /** More than so many bytes waiting for the disk are refused. */
  readonly queueBytes?: number;
  readonly files?: StoreFiles;
  /** Called once for each commit, before its appends resolve: everything up to `last` is on disk. */
  readonly onDurable?: (last: number) => void;
  /** Called before the appends that were waiting reject: numbers above `last` will be given again. */
  readonly onFailed?: (last: number) => void;
  /** Awaited before what was found damaged or torn is mended, from when on the log does not tell that it was. */
  readonly beforeMending?: () => Promise<void>;
}

export interface LogLock {
  release(): void;
}

export interface SegmentInfo {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly made: number;
}

/** A durable, append-only sequence of numbered records. */
export interface RecordLog {
  /** The number of the newest record on disk; 0 before the first. */
  head(): number;
  /** The number that the next append's first record gets. */
  next(): number;
  /** The oldest number that may still be read. */
  first(): number;
  /**
   * Resolves with the last record's number once all of them are on disk; after a crash all of them are there or none.
   * Raises `TS_STORE_FULL`, `TS_STORE_WRITE_FAILED` (with every append that was waiting: none of them is recorded),
   * `TS_STORE_BUSY`, `TS_STORE_TOO_BIG`, `TS_STORE_CLOSED`.
   */
  append(payloads: readonly Uint8Array[]): Promise<number>;
  /** Gives none of the numbers up to that one; before the first append. */
  skipTo(number: number): Promise<void>;
  /** Resolves when all that was appended before is on disk, raises when it could not be put there. */
  settled(): Promise<void>;
  /**
   * Everything durable at this moment with a number above `after`, in pieces of about 64 KiB; payloads are views that stay
   * good. Raises `TS_STORE_DAMAGED`.
   */
  read(after: number): AsyncGenerator<readonly LogRecord[]>;
  segments(): readonly SegmentInfo[];
  /** Deletes the segments that have nothing from number `keepFrom` on; never the newest. The answer is how many bytes. */
  trim(keepFrom: number): Promise<number>;
  /** What opening found: bytes cut from the end that nobody was told were safe, and damage. */
  readonly found: { readonly torn: number; readonly damage: readonly DamageReport[] };
  /** The last number that was whole when it was opened: those that were cut off had higher ones. */
  readonly wholeUpTo: number;
  stats(): Readonly<
    Record<
      | 'commits'
      | 'appends'
      | 'failures'
      | 'queuedBytes'
      | 'refused'
      | 'bytes'
      | 'segments'
      // Milliseconds, all together and of the slowest.
      | 'commitMs'
      | 'slowestCommitMs',
      number
    >
  >;
  /** Resolves when what was appended is on disk and the lock is free. */
  close(): Promise<void>;
}

interface Waiting {
  readonly payloads: readonly Uint8Array[];
  readonly first: number;
  readonly bytes: number;
  resolve(last: number): void;
  reject(error: TsaltError): void;
}

const segmentName = /^(\d{16})\.log$/;
const MiB = 1024 * 1024;
/** One commit takes at most so much, so that the first in a long queue does not wait for the last. */
const COMMIT_BYTES = 4 * MiB;

/** Makes the directory and takes it for this process. Raises `TS_STORE_LOCKED`. */
export async function lockLog({ directory, purpose = 'log', files = realFiles }: LogOptions): Promise<LogLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await files.syncDirectory(path.dirname(directory));
  const lock = tryLock(path.join(directory, 'lock'), purpose);
  if (!lock.held) throw storeErrors.locked({ directory, pid: lock.holder.pid, purpose: lock.holder.purpose });
  return lock;
}

/**
 * Opens the log in `directory`, checks all of it, cuts a torn end, quarantines damage (`found` tells). One process at a time:
 * raises `TS_STORE_LOCKED`, unless `lockLog` was called before; raises `TS_STORE_NEWER_VERSION`. Its end is the lock's.
 */
export async function openLog(options: LogOptions, locked?: LogLock): Promise<RecordLog> {
  const { directory, files = realFiles, segmentBytes = 4 * MiB, queueBytes = 32 * MiB } = options;
  const monotonic = options.monotonic ?? options.now;
  const lock = locked ?? (await lockLog(options));
  try {
    return await start(() => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }

  async function start(unlock: () => void): Promise<RecordLog> {
    const names = await readdir(directory);
    await removeTemporary(directory, names);
    const firsts = names.flatMap((name) => segmentName.exec(name)?.[1] ?? []).sort();
    const segments: Segment[] = [];
    const damage: DamageReport[] = [];
    let torn = 0;
    let mending: Promise<void> | undefined;
    const beforeMending = () => (mending ??= options.beforeMending?.() ?? Promise.resolve());
    for (const [i, digits] of firsts.entries()) {
      const file = path.join(directory, `${digits}.log`);
      const after = firsts[i + 1];
      const nextFirst = after === undefined ? undefined : Number(after);
      const opened = await openSegment({ files, file, first: Number(digits), nextFirst, beforeMending });
      torn += opened.torn;
      if (opened.torn > 0) await beforeMending();
      damage.push(...opened.damage);
      if (opened.segment) segments.push(opened.segment);
      else await rm(file);
    }
    const newest = segments.at(-1);
    const emptied = newest ? undefined : firsts.at(-1);
    let head = newest?.last ?? (emptied === undefined ? 0 : Number(emptied) - 1);
    const writer = segmentWriter({ directory, files, now: options.now, segmentBytes, segments });
    const wholeUpTo = head;
    await writer.resume();
    if (torn > 0) {
      // Numbers that were cut off are not given again, whoever may have seen them; each had some bytes.
      head += torn;
      await writer.skipTo(head);
    }

    let next = head + 1;
    let queue: Waiting[] = [];
    let queuedBytes = 0;
    let running: Promise<void> | undefined;
    let lastAppend: Promise<number> | undefined;
    let closing: Promise<void> | undefined;
    const counters = { commits: 0, appends: 0, failures: 0, refused: 0, commitMs: 0, slowestCommitMs: 0 };

    function takeGroup(): Waiting[] {
      return queue.splice(
        0,
        howManyFit(queue, COMMIT_BYTES, ({ bytes }) => bytes),
      );
    }

    async function run(): Promise<void> {
      while (queue.length > 0) {
        const group = takeGroup();
        const began = monotonic();
        try {
          await writer.write(group);
        } catch (cause) {
          fail(group, cause);
          continue;
        }
        for (const waiting of group) {
          head = waiting.first + waiting.payloads.length - 1;
          queuedBytes -= waiting.bytes;
        }
        counters.commits++;
        const took = monotonic() - began;
        counters.commitMs += took;
        counters.slowestCommitMs = Math.max(counters.slowestCommitMs, took);
        options.onDurable?.(head);
        for (const waiting of group) waiting.resolve(waiting.first + waiting.payloads.length - 1);
      }
      running = lastAppend = undefined;
    }

    /** What waits behind a failed commit may build on it: all of it fails. */
    function fail(group: readonly Waiting[], cause: unknown): void {
      const code = (cause as NodeJS.ErrnoException).code;
      const isFull = code === 'ENOSPC' || code === 'EDQUOT';
      const error = isFull
        ? storeErrors.full({ directory }, { cause })
        : storeErrors.writeFailed({ directory, reason: messageOf(cause) }, { cause });
      const failed = [...group, ...queue];
      queue = [];
      queuedBytes = 0;
      lastAppend = undefined;
      next = head + 1;
      counters.failures++;
      options.onFailed?.(head);
      for (const waiting of failed) waiting.reject(error);
    }

    async function close(): Promise<void> {
      await running;
      await writer.close();
      unlock();
    }

    async function* read(after: number): AsyncGenerator<readonly LogRecord[]> {
      const until = head;
      // Trimming meanwhile changes the list.
      const kept = segments.slice();
      for (const segment of kept) {
        if (segment.last <= after) continue;
        if (segment.first > until) return;
        yield* readSegment(segment, after, until);
      }
    }

    return {
      head: () => head,
      next: () => next,
      first: () => segments[0]?.first ?? next,
      append(payloads) {
        const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
        const largest = payloads.reduce((most, payload) => Math.max(most, payload.length), 0);
        if (closing) return Promise.reject(storeErrors.closed({ directory }));
        if (payloads.length === 0) return Promise.resolve(head);
        if (largest > MAX_PAYLOAD_BYTES) {
          return Promise.reject(storeErrors.tooBig({ bytes: largest, most: MAX_PAYLOAD_BYTES }));
        }
        if (queuedBytes > 0 && queuedBytes + bytes > queueBytes) {
          counters.refused++;
          return Promise.reject(storeErrors.busy({ directory, bytes: queuedBytes }));
        }
        const first = next;
        next += payloads.length;
        queuedBytes += bytes;
        counters.appends++;
        const appended = new Promise<number>((resolve, reject) => {
          queue.push({ payloads, first, bytes, resolve, reject });
        });
        running ??= Promise.resolve().then(run);
        lastAppend = appended;
        return appended;
      },
      async skipTo(number) {
        if (number <= head) return;
        await writer.skipTo(number);
        head = number;
        next = head + 1;
      },
      async settled() {
        await lastAppend;
      },
      read,
      segments: () => segments.map(({ first, last, bytes, made }) => ({ first, last, bytes, made })),
      async trim(keepFrom) {
        let freed = 0;
        for (let oldest = segments[0]; segments.length > 1 && oldest && oldest.last < keepFrom; oldest = segments[0]) {
          segments.shift();
          freed += oldest.bytes;
          await rm(oldest.file, { force: true });
        }
        if (freed > 0) await files.syncDirectory(directory);
        return freed;
      },
      found: { torn, damage },
      wholeUpTo,
      stats: () => ({
        ...counters,
        queuedBytes,
        segments: segments.length,
        bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
      }),
      close: () => (closing ??= close()),
    };
  }
}

async function* readSegment(segment: Segment, after: number, until: number): AsyncGenerator<readonly LogRecord[]> {
  const { file, marks } = segment;
  const handle = await open(file, 'r').catch((cause: unknown) => {
    // Trimmed since.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  });
  if (!handle) return;
  try {
    const from = marks.findLastIndex((mark) => mark.number <= after + 1);
    for (let i = Math.max(0, from); i < marks.length; i++) {
      const start = marks[i]?.offset ?? 0;
      const bytes = Buffer.allocUnsafeSlow((marks[i + 1]?.offset ?? segment.bytes) - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      const records: LogRecord[] = [];
      for (let offset = 0; offset < bytes.length;) {
        const record = bytesRead === bytes.length ? decodeRecord(bytes, offset) : undefined;
        if (!record) throw storeErrors.damaged({ file, offset: start + offset });
        offset = record.end;
        if (record.number > until) break;
        if (record.number > after && !(record.flags & GAP)) records.push(record);
      }
      if (records.length > 0) yield records;
    }
  } finally {
    await handle.close();
  }
}
