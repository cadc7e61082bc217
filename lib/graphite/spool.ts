import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../clock.ts';

export interface SpoolOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** A segment is closed when it is that long, or that old. */
  readonly segmentBytes?: number;
  readonly segmentMs?: number;
  /** Beyond this many bytes the oldest segment is dropped, and its lines counted. */
  readonly boundBytes?: number;
}

/** Some lines on disk that are sent, acknowledged and deleted together. */
export interface Segment {
  readonly file: string;
  bytes: number;
  /** Nothing more is written to it. */
  closed: boolean;
  /** It was given up to make room. */
  dropped: boolean;
}

export interface Spool {
  /** Writes lines at the end. They survive a kill of this process; a power cut may take the last seconds. */
  append(lines: string): void;
  /** The oldest segment with something in it. */
  oldest(): Segment | undefined;
  /** The segment's lines have arrived: it is deleted. */
  remove(segment: Segment): void;
  /** Called back after every change; one listener. */
  onChange(listener: () => void): void;
  close(): void;
  counters(): { readonly bytes: number; readonly segments: number; readonly droppedLines: number };
}

/** A first-in-first-out store of text lines in files `<number>.lines`, bounded by dropping its oldest file. */
export function openSpool(options: SpoolOptions): Spool {
  const { directory, clock, segmentBytes = 1024 * 1024, segmentMs = 60_000, boundBytes = 64 * 1024 * 1024 } = options;
  mkdirSync(directory, { recursive: true });
  const segments: Segment[] = readdirSync(directory)
    .filter((name) => /^\d+\.lines$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => path.join(directory, name))
    .map((file) => ({ file, bytes: statSync(file).size, closed: true, dropped: false }));
  let next = Number.parseInt(path.basename(segments.at(-1)?.file ?? '0'), 10) + 1;
  let descriptor: number | undefined;
  let cancelAge = () => {};
  let droppedLines = 0;
  let changed = () => {};

  function writable(): Segment {
    const last = segments.at(-1);
    if (last && !last.closed) return last;
    const segment = { file: path.join(directory, `${next++}.lines`), bytes: 0, closed: false, dropped: false };
    descriptor = openSync(segment.file, 'ax');
    segments.push(segment);
    cancelAge = clock.after(segmentMs, () => {
      closeLast();
      changed();
    });
    return segment;
  }

  function closeLast(): void {
    const last = segments.at(-1);
    cancelAge();
    if (last) last.closed = true;
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }

  function remove(segment: Segment): void {
    const at = segments.indexOf(segment);
    if (at < 0) return;
    if (!segment.closed) closeLast();
    segments.splice(at, 1);
    unlinkSync(segment.file);
  }

  const total = () => segments.reduce((sum, { bytes }) => sum + bytes, 0);

  return {
    append(lines) {
      const segment = writable();
      const bytes = Buffer.from(lines);
      for (let at = 0; at < bytes.length && descriptor !== undefined;) at += writeSync(descriptor, bytes, at);
      segment.bytes += bytes.length;
      if (segment.bytes >= segmentBytes) closeLast();
      while (total() > boundBytes && segments.length > 1) {
        const [oldest] = segments;
        if (!oldest) break;
        droppedLines += readFileSync(oldest.file, 'latin1').split('\n').length - 1;
        oldest.dropped = true;
        remove(oldest);
      }
      changed();
    },
    oldest: () => segments.find(({ bytes }) => bytes > 0),
    remove,
    onChange(listener) {
      changed = listener;
    },
    close: closeLast,
    counters: () => ({ bytes: total(), segments: segments.length, droppedLines }),
  };
}
