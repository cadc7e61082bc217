import { BEGINS, decodeHeader, decodeRecord, ENDS, findRecord, GAP, HEADER_BYTES, type Header } from './record.ts';

/** A stretch of a segment file, in bytes. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A stretch that can't be read, and the numbers that were in it; none when `lastLost` is below `firstLost`. */
export interface Damage extends Stretch {
  readonly firstLost: number;
  readonly lastLost: number;
}

/** Where a reader may start: a record's number and its place in the file. */
export interface Mark {
  readonly number: number;
  readonly offset: number;
}

export interface Inspection {
  /** Undefined when the header itself is damaged. */
  readonly header: Header | undefined;
  /** What holds whole, undamaged appends, in order. */
  readonly good: readonly Stretch[];
  readonly damage: readonly Damage[];
  readonly marks: readonly Mark[];
  /** The last number that is used up; one less than the segment's first when there is none. */
  readonly last: number;
  /** Bytes at the end that were never acknowledged. */
  readonly torn: number;
}

/** Readers start at most about so many bytes before what they look for. */
export const MARK_EVERY_BYTES = 64 * 1024;

/**
 * Goes through a segment's bytes. `nextFirst` is the first number of the next segment: records from it on, and rubbish after
 * all below it were seen, are what is left of a write that failed. In the last segment (`nextFirst` undefined), bytes that
 * no whole record follows are what a crash left of a write. Every other unreadable byte, and every number that is missing
 * without a gap record, is damage.
 */
export function inspectSegment(bytes: Buffer, first: number, nextFirst: number | undefined): Inspection {
  const header = decodeHeader(bytes);
  const good: { start: number; end: number }[] = [];
  const damage: Damage[] = [];
  const marks: Mark[] = [];
  let last = first - 1;
  let offset = HEADER_BYTES;
  // Where the append being read starts; it counts once its last record was seen.
  let begun: number | undefined;
  let within = first - 1;

  const lose = (start: number, from: number): boolean => {
    const found = nextBeginning(bytes, from, last + 1, nextFirst);
    if (!found && nextFirst === undefined) return false;
    offset = found?.offset ?? bytes.length;
    const lastLost = (found?.number ?? nextFirst ?? 0) - 1;
    damage.push({ start, end: offset, firstLost: last + 1, lastLost });
    last = within = lastLost;
    begun = undefined;
    return true;
  };
  const outcome = (end: number): Inspection => ({ header, good, damage, marks, last, torn: bytes.length - end });

  if (!header && !lose(0, 0)) return outcome(0);
  for (;;) {
    const record = decodeRecord(bytes, offset);
    const isOver = last + 1 === nextFirst;
    if (isOver || (!record && offset === bytes.length && nextFirst === undefined)) return outcome(begun ?? offset);
    const follows =
      record !== undefined &&
      (record.number === within + 1 || (record.flags & GAP && record.number > within)) &&
      (begun === undefined) === ((record.flags & BEGINS) !== 0) &&
      (nextFirst === undefined || record.number < nextFirst);
    if (!follows) {
      if (!lose(begun ?? offset, record?.end ?? offset + 1)) return outcome(begun ?? offset);
      continue;
    }
    begun ??= offset;
    offset = record.end;
    within = record.number;
    if (!(record.flags & ENDS)) continue;
    const newest = marks.at(-1);
    if (!newest || begun - newest.offset >= MARK_EVERY_BYTES) marks.push({ number: last + 1, offset: begun });
    const stretch = good.at(-1);
    if (stretch?.end === begun) stretch.end = offset;
    else good.push({ start: begun, end: offset });
    last = within;
    begun = undefined;
  }
}

/** The next undamaged record that begins an append, below `nextFirst`. */
function nextBeginning(bytes: Buffer, from: number, least: number, nextFirst: number | undefined): Mark | undefined {
  for (let at = findRecord(bytes, from, least); at !== undefined; at = findRecord(bytes, at + 1, least)) {
    const record = decodeRecord(bytes, at);
    if (!record || !(record.flags & BEGINS)) continue;
    return nextFirst === undefined || record.number < nextFirst ? { number: record.number, offset: at } : undefined;
  }
  return undefined;
}
