import { rm } from 'node:fs/promises';
import path from 'node:path';
import { failpoint } from '../lib/failpoint.ts';
import { writeFully, type StoreFile, type StoreFiles } from './files.ts';
import { BEGINS, encodeHeader, encodeRecord, ENDS, gapRecord, HEADER_BYTES, RECORD_HEAD_BYTES } from './record.ts';
import type { Segment } from './salvage.ts';
import { MARK_EVERY_BYTES } from './segment.ts';

/** What is appended at once, and the number of its first record. */
interface Append {
  readonly payloads: readonly Uint8Array[];
  readonly first: number;
}

interface SegmentWriter {
  /** Writes appends to the newest segment; resolves when they are on disk. When it raises, none of them is recorded. */
  write(appends: readonly Append[]): Promise<void>;
  /** Goes on with the newest segment, and makes what is in it durable. */
  resume(): Promise<void>;
  /** Has the log go on behind that number: a gap record, in place of whatever is behind the newest segment's end, says so. */
  skipTo(number: number): Promise<void>;
  close(): Promise<void>;
}

interface SegmentWriterOptions {
  readonly directory: string;
  readonly files: StoreFiles;
  readonly now: () => number;
  readonly segmentBytes: number;
  /** All segments, oldest first; the writer adds to them. */
  readonly segments: Segment[];
}

/** Writes the segments of one log. */
export function segmentWriter({ directory, files, now, segmentBytes, segments }: SegmentWriterOptions): SegmentWriter {
  let open: { readonly segment: Segment; readonly file: StoreFile } | undefined;

  async function begin(first: number): Promise<{ segment: Segment; file: StoreFile }> {
    const name = path.join(directory, `${String(first).padStart(16, '0')}.log`);
    // Of a first write that failed: nothing in it was acknowledged.
    await rm(name, { force: true });
    const file = await files.open(name, 'wx');
    return { segment: { file: name, first, made: Math.floor(now()), last: first - 1, bytes: 0, marks: [] }, file };
  }

  /** After a failed write: the segment goes on where it was durable, or, when that is in doubt, a new one is begun. */
  async function retreat(failed: { segment: Segment; file: StoreFile }, isSynced: boolean): Promise<void> {
    const { segment, file } = failed;
    let isCut = false;
    try {
      await file.truncate(segment.bytes);
      isCut = true;
    } catch {
      // What is left behind the durable part has numbers that the next segment has too, and is not read.
    }
    if (isCut && isSynced && segment.bytes > 0) return;
    open = undefined;
    await file.close().catch(() => {});
    if (segment.bytes === 0) await rm(segment.file, { force: true });
  }

  return {
    async write(appends) {
      const first = appends[0]?.first ?? 0;
      if (open && open.segment.bytes >= segmentBytes) {
        await open.file.close();
        open = undefined;
      }
      const isNew = open === undefined;
      const current = (open ??= await begin(first));
      const { segment, file } = current;
      const start = segment.bytes;
      const { bytes, marks, last } = layOut(
        appends,
        isNew ? encodeHeader(first, segment.made) : Buffer.alloc(0),
        start,
      );
      let isSynced = true;
      failpoint('log-writing');
      try {
        await writeFully(file, bytes, start);
        // An fsync that failed may have dropped what it was to write, and the next one would not know.
        isSynced = false;
        failpoint('log-written');
        await file.datasync();
        isSynced = true;
        if (isNew) await files.syncDirectory(directory);
        failpoint('log-synced');
      } catch (error) {
        await retreat(current, isSynced);
        throw error;
      }
      segment.bytes = start + bytes.length;
      segment.last = last;
      for (const mark of marks) {
        if (mark.offset - (segment.marks.at(-1)?.offset ?? -MARK_EVERY_BYTES) >= MARK_EVERY_BYTES)
          segment.marks.push(mark);
      }
      if (isNew) segments.push(segment);
    },
    async resume() {
      const segment = segments.at(-1);
      if (!segment) return;
      const file = await files.open(segment.file, 'r+');
      open = { segment, file };
      // What a killed process wrote is seen, but not yet safe.
      await file.datasync();
    },
    async skipTo(number) {
      const isNew = open === undefined;
      const { segment, file } = (open ??= await begin(number));
      const gap = Buffer.concat([isNew ? encodeHeader(number, segment.made) : Buffer.alloc(0), gapRecord(number)]);
      await writeFully(file, gap, segment.bytes);
      await file.truncate(segment.bytes + gap.length);
      await file.datasync();
      if (isNew) {
        await files.syncDirectory(directory);
        segments.push(segment);
      }
      if (segment.marks.length === 0)
        segment.marks.push({ number: segment.first, offset: isNew ? HEADER_BYTES : segment.bytes });
      segment.bytes += gap.length;
      segment.last = number;
    },
    async close() {
      await open?.file.close();
    },
  };
}

/** The bytes of some appends, to be written at `start`, and where a reader may begin among them. */
function layOut(appends: readonly Append[], header: Buffer, start: number) {
  const size = appends.reduce(
    (sum, { payloads }) => sum + payloads.reduce((bytes, payload) => bytes + RECORD_HEAD_BYTES + payload.length, 0),
    header.length,
  );
  const bytes = Buffer.allocUnsafe(size);
  header.copy(bytes);
  const marks = [];
  let offset = header.length;
  let last = 0;
  for (const { payloads, first } of appends) {
    marks.push({ number: first, offset: start + offset });
    for (const [i, payload] of payloads.entries()) {
      last = first + i;
      const flags = (i === 0 ? BEGINS : 0) | (i === payloads.length - 1 ? ENDS : 0);
      offset = encodeRecord(bytes, offset, last, flags, payload);
    }
  }
  return { bytes, marks, last };
}
