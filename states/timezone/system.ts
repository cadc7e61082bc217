import * as v from 'valibot';
import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { hardwareClockIsUtc, readNote, zoneFile, zoneName } from '../../lib/system/timezone.ts';

const args = v.strictObject({
  name: v.pipe(v.string(), v.regex(zoneName, 'a time zone, such as Europe/Zurich')),
  utc: v.optional(v.boolean(), true),
});

interface Facts {
  /** There is such a zone. */
  readonly known: boolean;
  /** It is this machine's. */
  readonly set: boolean;
  readonly note: string | undefined;
  readonly clockIsUtc: boolean;
  readonly systemd: boolean;
}

export default defineState<typeof args, Facts>({
  summary: 'The machine is in this time zone, and its hardware clock keeps UTC.',
  example: `
Europe/Zurich:
  timezone.system
`,
  args,
  reads: ['files'],

  read({ name }, { files }) {
    const known = files.follow(zoneFile(name))?.kind === 'file';
    const there = files.follow('/etc/localtime')?.kind === 'file';
    return {
      known,
      // Zones have several names.
      set: known && there && files.read('/etc/localtime').equals(files.read(zoneFile(name))),
      note: readNote(files),
      clockIsUtc: hardwareClockIsUtc(files),
      systemd: files.follow('/run/systemd/system') !== undefined,
    };
  },

  plan({ name, utc }, { known, set, note, clockIsUtc, systemd }) {
    if (!known) return impossible(`There is no time zone ${name} in ${zoneFile('')}: is the package tzdata installed?`);
    const toZone = !set || (note !== undefined && note !== name);
    const toUtc = utc && !clockIsUtc;
    if (!toZone && !toUtc) {
      return alreadyRight([`Timezone ${name} already set`, ...(utc ? [`UTC already set to ${name}`] : [])].join(', '));
    }
    const steps: Step[] = [];
    if (toZone) {
      steps.push({ do: 'symlink', path: '/etc/localtime', target: zoneFile(name) });
      if (note !== undefined) steps.push({ do: 'write', path: '/etc/timezone', content: Buffer.from(`${name}\n`) });
    }
    if (toUtc) {
      const argv = systemd ? ['timedatectl', 'set-local-rtc', '0'] : ['hwclock', '--systohc', '--utc'];
      const content = Buffer.from('0.0 0 0.0\n0\nUTC\n');
      steps.push({
        do: 'run',
        command: { argv },
        must: true,
        foretells: [{ do: 'write', path: '/etc/adjtime', content }],
      });
    }
    const say = (zone: string, clock: string): string =>
      [...(toZone ? [zone] : []), ...(toUtc ? [clock] : [])].join(', ');
    return {
      changes: { ...(toZone ? { timezone: name } : {}), ...(toUtc ? { utc: true } : {}) },
      comment: say(`Timezone ${name} needs to be set`, 'UTC needs to be set to True'),
      done: say(`Set timezone ${name}`, 'Set UTC to True'),
      steps,
    };
  },
});
