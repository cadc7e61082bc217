import type { OwnBeacon } from '../../lib/beacons/read.ts';
import type { Clock } from '../../lib/clock.ts';
import type { AnyBeacon, Beacon, BeaconEvent, BeaconRegistry } from '../../lib/contracts/beacon.ts';
import { digestOf } from '../../lib/custom/files.ts';
import { customErrors } from '../../lib/errors/custom.ts';
import { isJsonMap, isMap, type Json } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { keptChild } from '../../lib/system/child/kept.ts';
import { programBeside } from '../../lib/system/child/program.ts';
import type { BeaconStart } from './beacon-child.ts';
import { sentFiles, type CustomCode } from './code.ts';
import { pluginNamed, problemOf, type CurrentCode } from './registries.ts';

/** Milliseconds that a beacon has to begin, and for one look. */
const DEADLINE_MS = 30_000;
const HEAP_MB = 128;

export interface CustomBeaconOptions {
  readonly builtin: BeaconRegistry;
  readonly current: CurrentCode;
  readonly clock: Clock;
  readonly log: Log;
}

/** The beacons with the operator's own, each of which has a process. */
export function beaconsWith({ builtin, current, clock, log }: CustomBeaconOptions): BeaconRegistry {
  return {
    get names() {
      const code = current();
      return [...builtin.names, ...(code ? stampsOfBeacons(code).keys() : [])];
    },
    async load(name) {
      const code = current();
      const plugin = pluginNamed(code, 'beacons', name);
      if (!code || !plugin) return builtin.load(name);
      const why = problemOf(plugin);
      if (why !== undefined) throw customErrors.broken({ name: `_beacons/${name}`, why });
      const { environment, path } = plugin;
      const files = await sentFiles(code, [environment]);
      return inProcess({ name, environment, path, files }, clock, log);
    },
  };
}

/** The operator's own, by name, each with what tells its code from any other. */
export function stampsOfBeacons({ index }: Pick<CustomCode, 'index'>): ReadonlyMap<string, OwnBeacon> {
  const own = index.plugins.filter(({ kind }) => kind === 'beacons');
  return new Map(own.map(({ name, environment }) => [name, { stamp: digestOf(index.files[environment] ?? []) }]));
}

/** A beacon that looks in a process of its own; one that died is begun again with the next look. */
function inProcess(start: Omit<BeaconStart, 'parameters'>, clock: Clock, log: Log): AnyBeacon {
  const beacon: Beacon<Json> = {
    summary: 'a beacon of the state tree',
    example: '',
    data: '',
    start(parameters) {
      const program = programBeside(import.meta.url, 'custom-child');
      const first = { ...start, files: start.files.map((file) => ({ ...file })), parameters };
      const options = { program, heapMb: HEAP_MB, clock, log };
      const child = keptChild(options, async (fresh) => void (await fresh.ask('start', first, DEADLINE_MS)));
      return {
        look: async () => eventsOf(await (await child.living()).ask('look', null, DEADLINE_MS)),
        close: () => void child.current().then((process) => process?.kill()),
      };
    },
  };
  return beacon;
}

/** What code of an operator says happened: only what can be an event is one. */
function eventsOf(said: Json): readonly BeaconEvent[] {
  if (!Array.isArray(said)) throw new TypeError('look() has to give a list of events, such as [{ data: { ... } }]');
  return said.map((event) => {
    if (!isMap(event) || !isJsonMap(event['data']))
      throw new TypeError('an event is a map with `data`, a map, and perhaps `tag`, a text');
    const { tag, data } = event;
    return { data, ...(typeof tag === 'string' && { tag }) };
  });
}
