import type { Collector } from '../../lib/contracts/collector.ts';
import { columns, sample } from './sample.ts';

/** `/proc/loadavg`, see proc(5). */
export function parseLoad(text: string): Record<string, number> {
  return columns(['1m', '5m', '15m'], text.trim().split(/\s+/));
}

const load: Collector = {
  name: 'load',
  summary: 'Load averages over 1, 5 and 15 minutes.',
  collect: (context) => sample('load', context, parseLoad(context.readText('/proc/loadavg'))),
};

export default load;
