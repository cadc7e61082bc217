import type { Collector } from '../../lib/contracts/collector.ts';
import { figure, sample } from './sample.ts';

const fields = {
  total: 'MemTotal',
  free: 'MemFree',
  available: 'MemAvailable',
  buffered: 'Buffers',
  cached: 'Cached',
  slab_total: 'Slab',
  slab_reclaimable: 'SReclaimable',
  slab_unreclaimable: 'SUnreclaim',
  swap_total: 'SwapTotal',
  swap_free: 'SwapFree',
};

/** `/proc/meminfo`, see proc(5); in KiB. `used` is what is neither free nor given to buffers, cache and slab. */
export function parseMemory(text: string): Record<string, number> {
  const all = new Map([...text.matchAll(/^(\S+):\s+(\d+)/gm)].map(([, name = '', value]) => [name, figure(value)]));
  const read: Record<string, number> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = all.get(field);
    if (value !== undefined) read[name] = value;
  }
  const { total, free, buffered, cached, slab_total } = read;
  if (total === undefined || free === undefined || buffered === undefined || cached === undefined) return read;
  return { ...read, used: total - (free + buffered + cached + (slab_total ?? 0)) };
}

const memory: Collector = {
  name: 'memory',
  summary: 'Memory in use and free, in KiB.',
  collect: (context) => sample('memory', context, parseMemory(context.readText('/proc/meminfo'))),
};

export default memory;
