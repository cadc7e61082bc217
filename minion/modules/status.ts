import * as v from 'valibot';
import { strftime } from '../../lib/strftime.ts';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';

const nothing = v.strictObject({});

const read = ({ machine }: ExecContext, file: string): string => machine.files.read(file).toString('utf8');

/** What the kernel says of the machine as it is now. */
export default defineModule({
  loadavg: defineFunction({
    summary: 'The load averages over 1, 5 and 15 minutes.',
    args: nothing,
    sync: true,
    run: (_, context) => {
      const [one, five, fifteen] = read(context, '/proc/loadavg').split(' ').map(Number);
      return { '1-min': one, '5-min': five, '15-min': fifteen };
    },
  }),
  uptime: defineFunction({
    summary: 'Since when the machine is up: seconds, days, hours and minutes, and the time it started.',
    args: nothing,
    sync: true,
    run: (_, context) => {
      const seconds = Math.floor(Number(read(context, '/proc/uptime').split(' ')[0]));
      const since = Math.floor(context.clock.now() / 1000) - seconds;
      const minutes = Math.floor((seconds % 86_400) / 60);
      return {
        seconds,
        since_iso: new Date(since * 1000).toISOString().replace('Z', ''),
        since_t: since,
        days: Math.floor(seconds / 86_400),
        time: `${String(Math.floor(minutes / 60))}:${String(minutes % 60).padStart(2, '0')}`,
      };
    },
  }),
  time: defineFunction({
    summary: "The machine's date and time in UTC, in the words of a strftime format.",
    args: v.strictObject({ format: v.optional(v.string(), '%A, %d. %B %Y %H:%M:%S') }),
    quick: true,
    sync: true,
    run: ({ format }, { clock }) =>
      strftime(new Date(clock.now()), format, (found) => {
        throw new RangeError(`a format without '${found}' was expected: '%%' stands for a percent sign`);
      }),
  }),
  meminfo: defineFunction({
    summary: 'What /proc/meminfo says: by name, each with its value and its unit.',
    args: nothing,
    sync: true,
    run: (_, context) => {
      const lines = read(context, '/proc/meminfo').split('\n');
      return Object.fromEntries(
        lines.flatMap((line) => {
          const [, name, value, unit] = /^(\S+):\s+(\d+)(?: (\S+))?$/.exec(line) ?? [];
          return name === undefined ? [] : [[name, { value, ...(unit !== undefined && { unit }) }]];
        }),
      );
    },
  }),
  nproc: defineFunction({
    summary: 'How many processors there are.',
    args: nothing,
    sync: true,
    run: (_, context) => (read(context, '/proc/cpuinfo').match(/^processor\s*:/gm) ?? []).length || 1,
  }),
  version: defineFunction({
    summary: 'The version of the kernel, in its own words.',
    args: nothing,
    sync: true,
    run: (_, context) => read(context, '/proc/version').trim(),
  }),
  pid: defineFunction({
    summary: 'The numbers of the processes with a text in their command line, one a line; empty for none.',
    args: v.strictObject({ sig: v.pipe(v.string(), v.minLength(1)) }),
    run: ({ sig }, { machine }) => {
      const numbers = machine.files.list('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
      return numbers
        .filter((number) => commandLine(machine, number).includes(sig))
        .sort((a, b) => Number(a) - Number(b))
        .join('\n');
    },
  }),
});

/** Empty for a process that is gone meanwhile. */
function commandLine(machine: ExecContext['machine'], number: string): string {
  try {
    return machine.files.read(`/proc/${number}/cmdline`).toString('utf8').replaceAll('\0', ' ').trim();
  } catch (cause) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((cause as NodeJS.ErrnoException).code ?? '')) return '';
    throw cause;
  }
}
