import type { Collector } from '../../lib/contracts/collector.ts';
import { columns, sample } from './sample.ts';

const kinds = ['user', 'nice', 'system', 'idle', 'wait', 'interrupt', 'softirq', 'steal'];

/** The `cpu<n>` lines of `/proc/stat`, see proc(5), by number; in ticks since boot. Older kernels have fewer columns. */
export function parseCpu(text: string): Record<string, Record<string, number>> {
  const lines = [...text.matchAll(/^cpu(\d+)\s+(.*)$/gm)];
  return Object.fromEntries(lines.map(([, number = '', fields = '']) => [number, columns(kinds, fields.split(/\s+/))]));
}

const cpu: Collector = {
  name: 'cpu',
  summary: 'Ticks that each processor has spent on what.',
  collect: (context) => sample('cpu', context, parseCpu(context.readText('/proc/stat'))),
};

export default cpu;
