import { crc32c } from './crc32c.ts';

/*
 * The bytes of a segment; docs/design/durability.md has them as tables. All numbers are big-endian.
 *
 * header: "TSALTLOG", format u32, first number u64, made (ms since 1970) u64, CRC-32C of these u32
 * record: length of payload u32, CRC-32C of all the rest u32, number u64, flags u8, payload
 */

/** The format this code writes; it reads no newer one. */
export const FORMAT = 1;
export const HEADER_BYTES = 32;
export const RECORD_HEAD_BYTES = 17;
/** The largest payload, in bytes. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

const magic = Buffer.from('TSALTLOG', 'latin1');
const CRC_OFFSET = 4;
const NUMBER_OFFSET = 8;
const FLAGS_OFFSET = 16;

/** The first record of what was appended at once. */
export const BEGINS = 1;
/** The last record of what was appended at once: without it none of them counts. */
export const ENDS = 2;
/** Says that the numbers up to its own are missing for a known reason. Any other missing number is damage. */
export const GAP = 4;

export interface LogRecord {
  readonly number: number;
  readonly payload: Buffer;
}

export interface FoundRecord extends LogRecord {
  readonly flags: number;
  /** Where the next one starts. */
  readonly end: number;
}

export interface Header {
  readonly format: number;
  readonly first: number;
  readonly made: number;
}

export function encodeHeader(first: number, made: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  magic.copy(bytes);
  bytes.writeUInt32BE(FORMAT, 8);
  writeNumber(bytes, first, 12);
  writeNumber(bytes, made, 20);
  bytes.writeUInt32BE(crc32c(bytes, 0, 28), 28);
  return bytes;
}

/** Undefined when these bytes are no whole, undamaged header. */
export function decodeHeader(bytes: Buffer): Header | undefined {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(magic)) return undefined;
  if (bytes.readUInt32BE(28) !== crc32c(bytes, 0, 28)) return undefined;
  return { format: bytes.readUInt32BE(8), first: readNumber(bytes, 12), made: readNumber(bytes, 20) };
}

/** Writes one record to `bytes` at `offset`; the answer is where the next one goes. */
export function encodeRecord(
  bytes: Buffer,
  offset: number,
  number: number,
  flags: number,
  payload: Uint8Array,
): number {
  const end = offset + RECORD_HEAD_BYTES + payload.length;
  bytes.writeUInt32BE(payload.length, offset);
  writeNumber(bytes, number, offset + NUMBER_OFFSET);
  bytes[offset + FLAGS_OFFSET] = flags;
  bytes.set(payload, offset + RECORD_HEAD_BYTES);
  bytes.writeUInt32BE(checksum(bytes, offset, end), offset + CRC_OFFSET);
  return end;
}

/** The record at `offset`, its payload a view; undefined when there is no whole, undamaged one. */
export function decodeRecord(bytes: Buffer, offset: number): FoundRecord | undefined {
  if (offset + RECORD_HEAD_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt32BE(offset);
  const end = offset + RECORD_HEAD_BYTES + length;
  const flags = bytes[offset + FLAGS_OFFSET] ?? 0;
  if (length > MAX_PAYLOAD_BYTES || end > bytes.length || flags > (BEGINS | ENDS | GAP)) return undefined;
  if (bytes.readUInt32BE(offset + CRC_OFFSET) !== checksum(bytes, offset, end)) return undefined;
  const number = readNumber(bytes, offset + NUMBER_OFFSET);
  return { number, flags, payload: bytes.subarray(offset + RECORD_HEAD_BYTES, end), end };
}

export function gapRecord(number: number): Buffer {
  const bytes = Buffer.alloc(RECORD_HEAD_BYTES);
  encodeRecord(bytes, 0, number, BEGINS | ENDS | GAP, new Uint8Array());
  return bytes;
}

/** Where the next undamaged record after `from` starts, of a number from `least` on; undefined when there is none. */
export function findRecord(bytes: Buffer, from: number, least: number): number | undefined {
  for (let offset = from; offset + RECORD_HEAD_BYTES <= bytes.length; offset++) {
    const number = readNumber(bytes, offset + NUMBER_OFFSET);
    // Cheap to ask first: text, read as a number, is far beyond any.
    if (number < least || number > Number.MAX_SAFE_INTEGER) continue;
    if (decodeRecord(bytes, offset)) return offset;
  }
  return undefined;
}

function checksum(bytes: Buffer, offset: number, end: number): number {
  return crc32c(bytes, offset + NUMBER_OFFSET, end, crc32c(bytes, offset, offset + CRC_OFFSET));
}

function writeNumber(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), offset);
  bytes.writeUInt32BE(value >>> 0, offset + 4);
}

function readNumber(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
}
