import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon } from '../../lib/contracts/beacon.ts';
import { parseLoad } from '../collectors/load.ts';

const spans = ['1m', '5m', '15m'] as const;

const load: Beacon<ParametersOf<'load'>> = {
  summary:
    'A load average is below or above its bounds; with `onchangeonly` only when it has gone above the upper or below the lower one.',
  example: `
beacons:
  load:
    - averages:
        1m: [0.0, 2.0]
        5m: [0.0, 1.5]
        15m: [0.1, 1.0]
    - onchangeonly: true
    - interval: 10
`,
  data: '{1m: 2.4, 5m: 1.2, 15m: 0.9}',
  start({ averages, onchangeonly, emitatstartup }, { readText }) {
    let before: Record<string, number> | undefined;

    /** As in Salt, the first look compares with itself when it is to tell of changes only. */
    function isWorthTelling(now: Record<string, number>, last: Record<string, number>): boolean {
      return spans.some((span) => {
        const [low, high] = averages[span] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
        const [is = 0, was = 0] = [now[span], last[span]];
        if (!onchangeonly) return is < low || is > high;
        return (is > high && was <= high) || (is < low && was >= low);
      });
    }

    return {
      look() {
        const now = parseLoad(readText('/proc/loadavg'));
        const last = before;
        before = now;
        if (onchangeonly && last === undefined) {
          const calm = Object.fromEntries(spans.map((span) => [span, (averages[span] ?? [0, 0])[0]]));
          return emitatstartup && isWorthTelling(now, calm) ? [{ data: now }] : [];
        }
        return isWorthTelling(now, last ?? now) ? [{ data: now }] : [];
      },
    };
  },
};

export default load;
