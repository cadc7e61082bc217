import { readFileSync } from 'node:fs';
import os from 'node:os';
import { cpuOfFamily, TICKS } from './process.ts';
import { shown } from './report.ts';

/** Cores that others may use of a machine that passes for quiet: what a kernel and its housekeeping take. */
const QUIET = 0.15;

/** Looks at what else the machine does from now on; to be asked once, for a warning where it was busy. */
export function watchOthers(): () => string | undefined {
  const before = look();
  return () => {
    const after = look();
    const cores = (after.others - before.others) / (after.seconds - before.seconds);
    if (cores <= QUIET) return undefined;
    const load = os.loadavg()[0] ?? NaN;
    return `the machine was busy: others used ${shown(cores)} of its ${os.cpus().length} cores meanwhile (load ${shown(load)}); trust ratios, not times`;
  };
}

/** Seconds of CPU that none of ours used so far, and those gone by on the clock. */
function look(): { readonly others: number; readonly seconds: number } {
  const [total = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = total.trim().split(/ +/).slice(1).map(Number);
  const all = (user + nice + system + stolen) / TICKS;
  return { others: all - cpuOfFamily(process.pid), seconds: performance.now() / 1000 };
}
