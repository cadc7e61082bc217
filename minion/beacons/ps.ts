import { basename } from 'node:path';
import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconContext } from '../../lib/contracts/beacon.ts';

/** The kernel keeps so many characters of a name, see proc(5). */
const NAME_KEPT = 15;

/** Names of all processes; a name that the kernel has cut is taken from the command line. */
export function processNames({ list, readText }: Pick<BeaconContext, 'list' | 'readText'>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const name = readText(`/proc/${pid}/comm`).replace(/\n$/, '');
      const whole = name.length < NAME_KEPT ? name : basename(readText(`/proc/${pid}/cmdline`).split('\0')[0] ?? '');
      names.add(whole.startsWith(name) ? whole : name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return names;
}

const ps: Beacon<ParametersOf<'ps'>> = {
  summary: 'A process of this name is running, or is not, as it says.',
  example: `
beacons:
  ps:
    - processes:
        cron: stopped
        mysqld: running
    - interval: 30
`,
  data: '{cron: Stopped}',
  start: ({ processes }, context) => ({
    look() {
      const names = processNames(context);
      return Object.entries(processes)
        .filter(([name, wanted]) => names.has(name) === (wanted === 'running'))
        .map(([name, wanted]) => ({ data: { [name]: wanted === 'running' ? 'Running' : 'Stopped' } }));
    },
  }),
};

export default ps;
