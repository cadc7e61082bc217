import { isMap, type Json, type JsonMap } from '../../lib/json.ts';

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
  return [...leaves(start, rest)].map(([path, value]) => `${path} ${value} ${seconds}\n`);
}

function* leaves(path: string, value: JsonMap): Generator<[string, number]> {
  for (const [key, child] of Object.entries(value)) {
    const below = `${path}.${pathPart(key)}`;
    const number = numberOf(child);
    if (isMap(child)) yield* leaves(below, child);
    else if (number !== undefined) yield [below, number];
  }
}

function numberOf(value: Json | undefined): number | undefined {
  const text = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
  const number = typeof value === 'number' || text ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
