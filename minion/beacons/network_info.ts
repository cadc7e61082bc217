import { interfaceFigures, type ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconEvent } from '../../lib/contracts/beacon.ts';
import { parseInterfaces } from '../collectors/interface.ts';

type Figure = keyof typeof interfaceFigures;
const figures = Object.keys(interfaceFigures) as Figure[];

const networkInfo: Beacon<ParametersOf<'network_info'>> = {
  summary:
    'A figure of a network interface, counted since it came up, is equal to one that is written, or with `type: greater` above it.',
  example: `
beacons:
  network_info:
    - interfaces:
        eth0:
          type: greater
          errin: 100
          dropin: 1000
    - interval: 60
`,
  data: '{interface: eth0, network_info: {bytes_sent: 1, bytes_recv: 1, packets_sent: 1, packets_recv: 1, errin: 101, errout: 0, dropin: 0, dropout: 0}}',
  start: ({ interfaces }, { readText }) => ({
    look() {
      const all = parseInterfaces(readText('/proc/net/dev'), []);
      return Object.entries(interfaces).flatMap(([name, { type, ...wanted }]): BeaconEvent[] => {
        const counted = Object.hasOwn(all, name) ? all[name] : undefined;
        if (!counted) return [];
        const { if_octets: octets, if_packets: packets, if_errors: errors, if_dropped: dropped } = counted;
        const now: Record<Figure, number> = {
          bytes_sent: octets?.tx ?? 0,
          bytes_recv: octets?.rx ?? 0,
          packets_sent: packets?.tx ?? 0,
          packets_recv: packets?.rx ?? 0,
          errin: errors?.rx ?? 0,
          errout: errors?.tx ?? 0,
          dropin: dropped?.rx ?? 0,
          dropout: dropped?.tx ?? 0,
        };
        const isReached = figures.some((figure) => {
          const threshold = wanted[figure];
          return threshold !== undefined && (type === 'greater' ? now[figure] > threshold : now[figure] === threshold);
        });
        return isReached ? [{ data: { interface: name, network_info: now } }] : [];
      });
    },
  }),
};

export default networkInfo;
