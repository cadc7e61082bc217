import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { isMap, type JsonMap } from '../../lib/json.ts';

/*
 * The audit log is lines of JSON. Each has its number and the SHA-256 of the line before it, so that one that is taken
 * out or altered breaks the chain behind it. Older files are named by the number of their last line: `audit.log.4711`.
 */

/** Where a chain is: the number of its last line, and the hash of that line. */
export interface Head {
  readonly n: number;
  readonly hash: string;
}

/** What the first line of all says of the one before it. */
export const noHead: Head = { n: 0, hash: '0'.repeat(64) };

export const hashOf = (line: string): string => createHash('sha256').update(line).digest('hex');

/** The older files of a log, oldest first. */
export function olderFiles(file: string): string[] {
  const prefix = `${path.basename(file)}.`;
  return readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .sort((a, b) => Number(a.slice(prefix.length)) - Number(b.slice(prefix.length)))
    .map((name) => path.join(path.dirname(file), name));
}

/** Bytes at the end of a file that are read for its last lines. A line is far shorter. */
const TAIL_BYTES = 1024 * 1024;

/** So many of the newest lines of a log, oldest of them first, in however many files they are. */
export function newestLines(file: string, limit: number): readonly string[] {
  let lines: readonly string[] = [];
  for (const one of [file, ...olderFiles(file).reverse()]) {
    const missing = limit - lines.length;
    if (missing <= 0) break;
    const tail = tailOf(one);
    const { lines: before } = tail.isWhole || tail.lines.length >= missing ? tail : tailOf(one, Infinity);
    lines = [...before.slice(-missing), ...lines];
  }
  return lines;
}

interface Tail {
  readonly lines: readonly string[];
  readonly tornBytes: number;
  /** These are all of the file's. */
  readonly isWhole: boolean;
}

/** The last whole lines of a file, and how many bytes of another one are behind them. */
export function tailOf(file: string, most = TAIL_BYTES): Tail {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, most));
    const read = readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    const end = bytes.lastIndexOf(10, read - 1) + 1;
    const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
    const isWhole = size === bytes.length;
    return { lines: isWhole ? lines : lines.slice(1), tornBytes: read - end, isWhole };
  } finally {
    closeSync(handle);
  }
}

/** A line's number and what it says of the line before it; undefined for what is no such line. */
export function readLine(line: string): (JsonMap & { readonly n: number; readonly prev: string }) | undefined {
  try {
    const record: unknown = JSON.parse(line);
    if (!isMap(record) || typeof record['n'] !== 'number' || typeof record['prev'] !== 'string') return undefined;
    return record as JsonMap & { n: number; prev: string };
  } catch {
    return undefined;
  }
}

export interface Verdict extends JsonMap {
  success: boolean;
  /** The numbers of the first and the last line there is. */
  from: number;
  to: number;
  /** The hash of the last line: whoever keeps it elsewhere can tell later that the end was not cut off. */
  head: string;
  problems: string[];
}

const MOST_PROBLEMS = 20;

/** Reads all files of a log, and says where the chain is broken; `head`: how far it must reach. */
export async function verifyChain(file: string, head: Head): Promise<Verdict> {
  const problems: string[] = [];
  const complain = (problem: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  let from = 0;
  let at: Head | undefined;
  let isReached = head.n === 0;
  for (const one of [...olderFiles(file), file]) {
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(one, 'utf8'), crlfDelay: Infinity })) {
      const place = `${path.basename(one)}, line ${++number}`;
      const record = readLine(line);
      if (!record) {
        complain(`${place}: it is no line of an audit log`);
        continue;
      }
      // Of older files the first may be gone: what is there begins with what its first line says.
      at ??= { n: record.n - 1, hash: record.prev };
      if (from === 0) from = record.n;
      if (record.n !== at.n + 1) complain(`${place}: number ${record.n} comes after ${at.n}`);
      else if (record.prev !== at.hash) complain(`${place}: the line before it was altered`);
      at = { n: record.n, hash: hashOf(line) };
      if (at.n === head.n) {
        isReached = true;
        if (at.hash !== head.hash) complain(`${place}: it is not as it was written`);
      }
    }
  }
  if (!isReached) complain(`the lines up to number ${head.n} were written, and the last one there is ${at?.n ?? 0}`);
  return {
    success: problems.length === 0,
    from,
    to: at?.n ?? 0,
    head: at?.hash ?? noHead.hash,
    problems,
  };
}
