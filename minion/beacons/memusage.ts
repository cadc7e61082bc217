import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon } from '../../lib/contracts/beacon.ts';
import { parseMemory } from '../collectors/memory.ts';
import { usedPercent } from './memory.ts';

const memusage: Beacon<ParametersOf<'memusage'>> = {
  summary:
    'Memory in use, in percent of all there is (what can be freed at once counts as free), is at or above a threshold.',
  example: `
beacons:
  memusage:
    - percent: 63%
    - interval: 60
`,
  data: '{memusage: 71.3}',
  start: ({ percent }, { readText }) => ({
    look() {
      const { total, available } = parseMemory(readText('/proc/meminfo'));
      const used = usedPercent(total, available);
      return used >= percent ? [{ data: { memusage: used } }] : [];
    },
  }),
};

export default memusage;
