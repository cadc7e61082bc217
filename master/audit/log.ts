import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../lib/clock.ts';
import { auditErrors } from '../../lib/errors/audit.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import {
  hashOf,
  newestLines,
  noHead,
  olderFiles,
  readLine,
  tailOf,
  verifyChain,
  type Head,
  type Verdict,
} from './chain.ts';

export interface AuditLog {
  /**
   * Appends a line and gives its number once it is on disk. Raises `TS_AUDIT_NOT_WRITTEN` and `TS_AUDIT_MOVED`: what was
   * to be noted must not be done then.
   */
  note(facts: JsonMap): Promise<number>;
  /** The newest lines, oldest of them first. */
  newest(limit: number): JsonMap[];
  verify(): Promise<Verdict>;
  stats(): Readonly<Record<'written' | 'refused', number>>;
  close(): void;
}

export interface AuditOptions {
  readonly file: string;
  /** A file that would become larger is put aside, and another one begun. */
  readonly mostBytes: number;
  /** How many files are kept that were put aside. */
  readonly keep: number;
  readonly clock: Clock;
  readonly log: Log;
}

const dataToDisk = promisify(fdatasync);

/** Opens the log, or makes it, and goes on with its chain. Raises `TS_AUDIT_OPEN`, `TS_AUDIT_BROKEN`. */
export function openAudit({ file, mostBytes, keep, clock, log }: AuditOptions): AuditLog {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o750 });
  let handle = openFile(file);
  let bytes = fstatSync(handle).size;
  let head = headOf();
  let syncing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const counts = { written: 0, refused: 0 };

  /** The end of the chain so far; what a lost power supply left of a line is cut off. */
  function headOf(): Head {
    for (const one of [file, ...olderFiles(file).reverse()]) {
      const { lines, tornBytes } = tailOf(one);
      if (one === file && tornBytes > 0) {
        bytes -= tornBytes;
        ftruncateSync(handle, bytes);
        log('warning', 'the last line of the audit log was not whole, and was cut off', { bytes: tornBytes });
      }
      const last = lines.at(-1);
      if (last === undefined) continue;
      const record = readLine(last);
      if (record) return { n: record.n, hash: hashOf(last) };
      const hint = 'keep it for whoever has to find out, under another name, and start again: a new log is begun';
      throw auditErrors.broken({ path: one, problem: 'its last line is no line of an audit log' }, { hint });
    }
    return noHead;
  }

  function append(facts: JsonMap): number {
    const n = head.n + 1;
    const own = { n, time: new Date(clock.now()).toISOString(), prev: head.hash };
    // First for who reads it, and last so that no fact stands in its place.
    const line = JSON.stringify({ ...own, ...facts, ...own });
    const text = Buffer.from(`${line}\n`);
    if (!isOurs()) throw auditErrors.moved({ path: file }, { hint: 'restart the master: it begins another one there' });
    if (bytes > 0 && bytes + text.length > mostBytes) putAside();
    try {
      let written = 0;
      while (written < text.length) written += writeSync(handle, text, written);
    } catch (cause) {
      // A part of a line is none.
      ftruncateSync(handle, bytes);
      throw auditErrors.notWritten({ path: file, reason: messageOf(cause) }, { cause });
    }
    bytes += text.length;
    head = { n, hash: hashOf(line) };
    return n;
  }

  /** Whether what is written can be found under the log's name. */
  function isOurs(): boolean {
    const there = statSync(file, { throwIfNoEntry: false });
    return there !== undefined && there.ino === fstatSync(handle).ino;
  }

  function putAside(): void {
    const aside = `${file}.${head.n}`;
    const old = handle;
    try {
      fdatasyncSync(old);
      renameSync(file, aside);
      handle = openFile(file);
      bytes = 0;
    } catch (cause) {
      if (!isOurs()) renameSync(aside, file);
      throw auditErrors.notWritten({ path: file, reason: messageOf(cause) }, { cause });
    }
    // A sync that is under way still needs it.
    void Promise.resolve(syncing)
      .catch(() => {})
      .finally(() => closeSync(old));
    const older = olderFiles(file);
    for (const one of older.slice(0, Math.max(0, older.length - keep))) rmSync(one, { force: true });
  }

  /** Resolves once all that was appended so far is on disk. One sync goes on at a time, and serves all who came before it. */
  function onDisk(): Promise<void> {
    if (!syncing) {
      syncing = dataToDisk(handle).finally(() => (syncing = undefined));
      return syncing;
    }
    const again = (): Promise<void> => {
      next = undefined;
      return onDisk();
    };
    next ??= syncing.then(again, again);
    return next;
  }

  return {
    async note(facts) {
      try {
        const n = append(facts);
        await onDisk().catch((cause: unknown) => {
          throw auditErrors.notWritten({ path: file, reason: messageOf(cause) }, { cause });
        });
        counts.written++;
        return n;
      } catch (cause) {
        counts.refused++;
        throw cause;
      }
    },
    newest: (limit) => newestLines(file, limit).flatMap((line) => readLine(line) ?? []),
    verify: () => verifyChain(file, head),
    stats: () => counts,
    close: () => closeSync(handle),
  };
}

/** Raises `TS_AUDIT_OPEN` for one that others may read or write. */
function openFile(file: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const handle = openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  const mode = fstatSync(handle).mode & 0o777;
  if ((mode & 0o077) === 0) return handle;
  closeSync(handle);
  throw auditErrors.open({ path: file, mode }, { hint: `chmod 600 ${file}` });
}
