import { crc32c } from './crc32c.ts';

/*
 * What tells a whole table from any other: each entry has a checksum, and one value says what all of them come to. A page
 * that was not written, or is of another moment, makes a difference.
 *
 * entry: number of the log's record that put it u64, CRC-32C of key, number and value u32, value
 */

/** What is in a table. */
export interface Summary {
  /** The log has been applied up to this number. */
  readonly applied: number;
  readonly entries: number;
  /** Of keys and values. */
  readonly bytes: number;
  /** Of the entries' checksums, spread. */
  readonly sum: number;
}

export const emptySummary: Summary = { applied: 0, entries: 0, bytes: 0, sum: 0 };

/** Not a key of anybody: keys are text, and this one sorts before all text. */
export const SUMMARY_KEY = '\u0000summary';

const HEAD_BYTES = 12;
const SUM_LIMIT = 2 ** 48;

export function encodeEntry(key: string, number: number, value: Buffer): Buffer {
  const stored = Buffer.allocUnsafe(HEAD_BYTES + value.length);
  stored.writeBigUInt64BE(BigInt(number));
  value.copy(stored, HEAD_BYTES);
  stored.writeUInt32BE(checksum(key, stored), 8);
  return stored;
}

/** Undefined when it is not what was put there. */
export function decodeEntry(key: string, stored: Buffer): { number: number; value: Buffer } | undefined {
  if (stored.length < HEAD_BYTES || stored.readUInt32BE(8) !== checksum(key, stored)) return undefined;
  return { number: Number(stored.readBigUInt64BE()), value: stored.subarray(HEAD_BYTES) };
}

/** The bytes of an entry's key and value. */
export const bytesOf = (key: string, stored: Buffer): number => key.length + stored.length - HEAD_BYTES;

/** The summary with an entry more, or (`times` -1) less. */
export function withEntry(summary: Summary, key: string, stored: Buffer, times: 1 | -1 = 1): Summary {
  const sum = (summary.sum + times * spread(stored.readUInt32BE(8)) + SUM_LIMIT) % SUM_LIMIT;
  const bytes = summary.bytes + times * bytesOf(key, stored);
  return { applied: summary.applied, entries: summary.entries + times, bytes, sum };
}

export function encodeSummary({ applied, entries, bytes, sum }: Summary): Buffer {
  const encoded = Buffer.alloc(32);
  for (const [i, value] of [applied, entries, bytes, sum].entries()) encoded.writeBigUInt64BE(BigInt(value), i * 8);
  return encoded;
}

/** Undefined when it is none, as one of an earlier version is. */
export function decodeSummary(encoded: Buffer | undefined): Summary | undefined {
  if (encoded?.length !== 32) return undefined;
  const value = (i: number) => Number(encoded.readBigUInt64BE(i * 8));
  return { applied: value(0), entries: value(1), bytes: value(2), sum: value(3) };
}

export function isSame(a: Summary, b: Summary): boolean {
  return a.applied === b.applied && a.entries === b.entries && a.bytes === b.bytes && a.sum === b.sum;
}

function checksum(key: string, stored: Buffer): number {
  return crc32c(stored, HEAD_BYTES, stored.length, crc32c(stored, 0, 8, crc32c(Buffer.from(key))));
}

/**
 * Checksums are linear: the same change in two entries changes both alike, and a sum of them would not tell which of the two
 * was changed. This (the end of MurmurHash3, Appleby, public domain) is not.
 */
function spread(crc: number): number {
  let hash = crc ^ (crc >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
