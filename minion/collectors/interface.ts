import type { Collector } from '../../lib/contracts/collector.ts';
import { columns, sample } from './sample.ts';

type Counters = Record<string, { rx: number; tx: number }>;

const counters = ['if_octets', 'if_packets', 'if_errors', 'if_dropped'];
/** The eight columns of each direction begin with those four. */
const width = 8;

/** `/proc/net/dev`, see proc(5), without the names in `without`. A name goes up to the last colon: aliases have one themselves. */
export function parseInterfaces(text: string, without: readonly string[] = ['lo']): Record<string, Counters> {
  const interfaces: [string, Counters][] = [];
  for (const line of text.split('\n')) {
    const [, name, rest = ''] = /^\s*(\S+):\s*(\d[\d\s]*)$/.exec(line) ?? [];
    if (name === undefined || without.includes(name)) continue;
    const fields = rest.trim().split(/\s+/);
    const received = columns(counters, fields);
    const sent = columns(counters, fields.slice(width));
    const both = counters.flatMap((counter): [string, { rx: number; tx: number }][] => {
      const rx = received[counter];
      const tx = sent[counter];
      return rx === undefined || tx === undefined ? [] : [[counter, { rx, tx }]];
    });
    interfaces.push([name, Object.fromEntries(both)]);
  }
  return Object.fromEntries(interfaces);
}

const networkInterface: Collector = {
  name: 'interface',
  summary: 'Octets, packets, errors and drops of each network interface.',
  collect: (context) => sample('interface', context, parseInterfaces(context.readText('/proc/net/dev'))),
};

export default networkInterface;
