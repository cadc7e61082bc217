import { readFileSync } from 'node:fs';

/** One stored sample: seconds since 1970 (UTC), value. */
export type Point = readonly [seconds: number, value: number];

/**
 * The samples in a Graphite whisper file's finest archive, in order of time. The format is a head of four big-endian 32-bit
 * numbers (aggregation, longest retention, x-files factor, count of archives), three for each archive (offset, seconds per
 * point, points), then per point a 32-bit time and a 64-bit float, as a ring.
 * While carbon is still making the file there are none.
 */
export function readWhisper(file: string): readonly Point[] {
  const bytes = readFileSync(file);
  // It is made before it is filled.
  const headLength = 28;
  if (bytes.length < headLength) return [];
  const offset = bytes.readUInt32BE(16);
  const step = bytes.readUInt32BE(20);
  const size = bytes.readUInt32BE(24);
  if (bytes.length < offset + size * 12) return [];
  const points = Array.from({ length: size }, (_, index): Point => {
    const at = offset + index * 12;
    return [bytes.readUInt32BE(at), bytes.readDoubleBE(at + 4)];
  });
  // What a lap of the ring has not overwritten yet is older than the file keeps.
  const newest = Math.max(...points.map(([seconds]) => seconds));
  return points.filter(([seconds]) => seconds > 0 && seconds > newest - step * size).sort(([a], [b]) => a - b);
}
