import type { JsonMap } from '../json.ts';
import { numberOf, numericLeaves } from '../numeric-leaves.ts';

/** One part of a Graphite path: every character outside `[A-Za-z0-9_-]` becomes `_`. */
export const pathPart = (text: string) => text.replace(/[^A-Za-z0-9_-]/gu, '_');

/**
 * A sample as lines of Graphite's plaintext protocol, `<path> <value> <unix seconds>\n` each: `<id>.load.1m`,
 * `<id>.cpu.0.idle`, `<id>.memory.slab_total`, `<id>.interface.eth0.if_octets.rx`, `<id>.disk.sda.disk_octets.read`.
 * Every number in it becomes a line (numbers as text too); what is none is left out. The time is the sample's own, else
 * `now` (Unix seconds).
 */
export function sampleLines(id: string, sample: JsonMap, now: number, prefix = ''): string[] {
  const { tag, timestamp, ...rest } = sample;
  if (typeof tag !== 'string') return [];
  const seconds = Math.floor(numberOf(timestamp) ?? now);
  const start = [...(prefix ? [prefix.replace(/\.$/, '')] : []), pathPart(id), pathPart(tag)].join('.');
  return numericLeaves(rest).map(
    ([keys, value]) => `${[start, ...keys.map(pathPart)].join('.')} ${value} ${seconds}\n`,
  );
}
