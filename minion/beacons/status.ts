import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconContext } from '../../lib/contracts/beacon.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { figure } from '../collectors/sample.ts';

type Parts = ParametersOf<'status'>;
type Part = keyof Parts;

const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));

const processorTimes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'];

/** What Salt's functions `status.<part>` give, see proc(5). */
const readers: Readonly<Record<Part, (context: BeaconContext) => Json>> = {
  loadavg({ readText }) {
    const [one, five, fifteen] = (rows(readText('/proc/loadavg'))[0] ?? []).map(Number);
    return { '1-min': one ?? 0, '5-min': five ?? 0, '15-min': fifteen ?? 0 };
  },
  cpustats: ({ readText }) =>
    Object.fromEntries(
      rows(readText('/proc/stat')).map(([name = '', ...values]): [string, Json] => {
        if (!name.startsWith('cpu')) return [name, figure(values[0])];
        return [name, Object.fromEntries(processorTimes.map((time, at) => [time, figure(values[at])]))];
      }),
    ),
  meminfo: ({ readText }) =>
    Object.fromEntries(
      rows(readText('/proc/meminfo')).map(([name = '', value = '', unit]): [string, Json] => {
        return [name.replace(/:$/, ''), { value, ...(unit === undefined ? {} : { unit }) }];
      }),
    ),
  vmstats: ({ readText }) =>
    Object.fromEntries(rows(readText('/proc/vmstat')).map(([name = '', value]) => [name, figure(value)])),
  time: ({ clock }) => new Date(clock.now()).toString(),
};

/** What is asked of a part: all of it, or the fields that are named. */
function fieldsOf(whole: Json, wanted: NonNullable<Parts[Part]>): Json {
  const names = [wanted].flat().map(String);
  if (names.includes('all') || typeof whole !== 'object' || whole === null) return whole;
  const all = whole as JsonMap;
  return Object.fromEntries(names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name] ?? null]));
}

const status: Beacon<Parts> = {
  summary: 'How the machine is doing, at each look; all parts where none is named.',
  example: `
beacons:
  status:
    - loadavg: [1-min, 5-min]
    - time: all
    - interval: 300
`,
  data: '{data: {loadavg: {1-min: 0.2, 5-min: 0.1}, time: the time}}',
  start: (parts, context) => ({
    look() {
      const asked = (Object.keys(parts) as Part[]).filter((part) => parts[part] !== undefined);
      const data = (asked.length > 0 ? asked : (Object.keys(readers) as Part[])).map((part): [string, Json] => [
        part,
        fieldsOf(readers[part](context), parts[part] ?? 'all'),
      ]);
      const tag = new Date(context.clock.now()).toISOString().replace(/Z$/, '');
      return [{ tag, data: { data: Object.fromEntries(data) } }];
    },
  }),
};

export default status;
