import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconEvent } from '../../lib/contracts/beacon.ts';
import { translatePattern } from '../../lib/regex.ts';

/** Mount points of `/proc/self/mounts`, see fstab(5); each once. */
export function parseMounts(text: string): string[] {
  const points = text.split('\n').map((line) => line.split(' ')[1] ?? '');
  const plain = (point: string): string =>
    point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return [...new Set(points.filter((point) => point !== '').map(plain))];
}

const diskusage: Beacon<ParametersOf<'diskusage'>> = {
  summary:
    'A file system is full to a threshold or above it. Mount points can be patterns, which fit the whole of one.',
  example: `
beacons:
  diskusage:
    - /: 90%
    - '^/(?!home).*$': 95%
    - interval: 120
`,
  data: '{diskusage: 91.2, mount: /}',
  start(thresholds, { readText, space }) {
    const patterns = Object.entries(thresholds).map(([mount, percent]) => {
      return { pattern: translatePattern(`(?:${mount.replace(/\$$/, '')})`), percent };
    });
    /** Of those that a mount point fits, all count, as in Salt. */
    const fits = (pattern: RegExp, mount: string): boolean => pattern.exec(mount)?.[0] === mount;
    return {
      async look() {
        const mounts = parseMounts(readText('/proc/self/mounts'));
        const events: BeaconEvent[] = [];
        const failures: unknown[] = [];
        for (const { pattern, percent } of patterns) {
          for (const mount of mounts.filter((point) => fits(pattern, point))) {
            const usedPercent = await space(mount).then(
              (of) => of.usedPercent,
              (thrown: unknown) => void failures.push(thrown),
            );
            if (usedPercent !== undefined && usedPercent >= percent)
              events.push({ data: { diskusage: usedPercent, mount } });
          }
        }
        // One that can't be asked hides no other that is full.
        if (failures.length > 0 && events.length === 0) throw failures[0];
        return events;
      },
    };
  },
};

export default diskusage;
