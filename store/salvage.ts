import { link, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { storeErrors } from '../lib/errors/store.ts';
import { replaceFile, type StoreFiles } from './files.ts';
import { encodeHeader, FORMAT, gapRecord, HEADER_BYTES } from './record.ts';
import { inspectSegment, type Damage, type Inspection, type Mark } from './segment.ts';

/** Damage that was found, as it is reported. */
export interface DamageReport extends Damage {
  /** The segment it was in; what could be read of it still is. */
  readonly segment: string;
  /** The segment as it was found. */
  readonly quarantined: string;
}

/** A segment of the log as it lies on the disk. */
export interface Segment {
  readonly file: string;
  readonly first: number;
  /** Milliseconds since 1970. */
  readonly made: number;
  last: number;
  /** Up to here it is durable, and read. */
  bytes: number;
  readonly marks: Mark[];
}

export interface Opened {
  readonly segment: Segment | undefined;
  readonly torn: number;
  readonly damage: readonly DamageReport[];
}

interface ToOpen {
  readonly files: StoreFiles;
  readonly file: string;
  /** The number of its first record, and of the next segment's. */
  readonly first: number;
  readonly nextFirst: number | undefined;
  readonly beforeMending: () => Promise<void>;
}

/**
 * Reads and checks one segment. A damaged one is kept as it is in `quarantine/`, and replaced by what of it can be read.
 * Bytes that were never acknowledged are left to the caller to cut. Raises `TS_STORE_NEWER_VERSION`.
 */
export async function openSegment({ files, file, first, nextFirst, beforeMending }: ToOpen): Promise<Opened> {
  const bytes = await readFile(file);
  const found = inspectSegment(bytes, first, nextFirst);
  const { header, last, torn } = found;
  if (header && header.format > FORMAT) {
    throw storeErrors.newerVersion({ file, version: header.format, known: FORMAT });
  }
  const made = header?.made ?? 0;
  if (found.damage.length === 0) {
    const end = bytes.length - torn;
    // Not even a header: the crash came before the first append was on disk.
    if (end < HEADER_BYTES) return { segment: undefined, torn, damage: [] };
    return { segment: { file, first, made, last, bytes: end, marks: [...found.marks] }, torn, damage: [] };
  }
  await beforeMending();
  const quarantined = await quarantine(files, file);
  const readable = rebuild(bytes, first, made, found);
  await replaceFile(files, file, [readable]);
  const again = inspectSegment(readable, first, nextFirst);
  return {
    segment: { file, first, made, last: again.last, bytes: readable.length, marks: [...again.marks] },
    torn,
    damage: found.damage.map((damage) => ({ ...damage, segment: file, quarantined })),
  };
}

/** The segment without its damaged stretches: a gap record says which numbers were in each. */
function rebuild(bytes: Buffer, first: number, made: number, { good, damage }: Inspection): Buffer {
  const pieces = [
    ...good.map(({ start, end }) => ({ start, bytes: bytes.subarray(start, end) })),
    ...damage
      .filter(({ firstLost, lastLost }) => firstLost <= lastLost)
      .map(({ start, lastLost }) => ({ start, bytes: gapRecord(lastLost) })),
  ].sort((a, b) => a.start - b.start);
  return Buffer.concat([encodeHeader(first, made), ...pieces.map((piece) => piece.bytes)]);
}

/** Keeps a second name of the file, so that it outlives its replacement; says which. */
async function quarantine(files: StoreFiles, file: string): Promise<string> {
  const directory = path.join(path.dirname(file), 'quarantine');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (let n = 0; ; n++) {
    const kept = path.join(directory, n === 0 ? path.basename(file) : `${path.basename(file)}.${n}`);
    try {
      await link(file, kept);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw cause;
    }
    await files.syncDirectory(directory);
    return kept;
  }
}

/** Removes what an interrupted replacement left. */
export async function removeTemporary(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) if (name.endsWith('.tmp')) await rm(path.join(directory, name), { force: true });
}
