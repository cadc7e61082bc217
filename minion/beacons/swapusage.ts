import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon } from '../../lib/contracts/beacon.ts';
import { parseMemory } from '../collectors/memory.ts';
import { usedPercent } from './memory.ts';

const swapusage: Beacon<ParametersOf<'swapusage'>> = {
  summary: 'Swap in use, in percent of all there is, is at or above a threshold.',
  example: `
beacons:
  swapusage:
    - percent: 63%
    - interval: 60
`,
  data: '{swapusage: 71.3}',
  start: ({ percent }, { readText }) => ({
    look() {
      const { swap_total, swap_free } = parseMemory(readText('/proc/meminfo'));
      const used = usedPercent(swap_total, swap_free);
      return used >= percent ? [{ data: { swapusage: used } }] : [];
    },
  }),
};

export default swapusage;
