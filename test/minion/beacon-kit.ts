import type { BeaconContext, BeaconEvent, PathFacts, Watching } from '../../lib/contracts/beacon.ts';
import { readBeacon } from '../../lib/beacons/read.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { builtinBeacons } from '../../minion/beacons/registry.ts';
import { fakeClock, type FakeClock } from '../kit/clock.ts';

/** A machine as beacons see it: what is in it is set by the test. */
export interface FakeMachine extends BeaconContext {
  readonly clock: FakeClock;
  /** Files by path; a directory is `{}`. */
  readonly files: Map<string, { text?: string; facts: PathFacts }>;
  /** Writes a file; the kernel tells who watches its directory. */
  write(path: string, text: string): void;
  mkdir(path: string): void;
  move(from: string, to: string): void;
  touch(path: string, facts: Partial<PathFacts>): void;
  remove(path: string): void;
  /** The kernel loses count. */
  lose(directory: string): void;
  readonly watched: Map<string, (name: string | undefined) => void>;
  readonly services: Map<string, boolean>;
  readonly full: Record<string, number>;
  ips: Record<string, readonly (readonly [string, number])[]>;
  readonly followed: {
    argv: readonly string[];
    line(text: string): void;
    ended(reason: string): void;
    stopped: boolean;
  }[];
  /** What a state run did. */
  isOwn: BeaconContext['didStates'];
}

export function fakeMachine(texts: Record<string, string> = {}): FakeMachine {
  const clock = fakeClock();
  let identities = 0;
  let ticks = 0;
  const files: FakeMachine['files'] = new Map();
  const watched: FakeMachine['watched'] = new Map();
  const folderOf = (path: string): string => path.replace(/\/[^/]*$/, '') || '/';
  const told = (path: string): void => watched.get(folderOf(path))?.(path.slice(path.lastIndexOf('/') + 1));
  const put = (path: string, text?: string, identity = `i${identities++}`): void => {
    const now = ++ticks;
    const facts = { isDirectory: text === undefined, identity, size: text?.length ?? 0, mtimeMs: now, ctimeMs: now };
    files.set(path, text === undefined ? { facts } : { text, facts });
  };
  const missing = (path: string): Error => Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  for (const [path, text] of Object.entries(texts)) {
    for (let folder = folderOf(path); !files.has(folder); folder = folderOf(folder)) put(folder);
    put(path, text);
  }
  const machine: FakeMachine = {
    clock,
    files,
    watched,
    services: new Map(),
    full: {},
    ips: {},
    followed: [],
    isOwn: () => false,
    didStates: (what, from, to) => machine.isOwn(what, from, to),
    readText(path) {
      const text = files.get(path)?.text;
      if (text === undefined) throw missing(path);
      return text;
    },
    list: (path) => {
      const below = path === '/' ? '/' : `${path}/`;
      const names = [...files.keys()].filter((one) => one.startsWith(below)).map((one) => one.slice(below.length));
      return [...new Set(names.map((name) => name.split('/')[0] ?? '').filter((name) => name !== ''))].sort();
    },
    look: (path) => files.get(path)?.facts,
    readFrom: (path, from, most) => Buffer.from(machine.readText(path)).subarray(from, from + most),
    space: async (path) => ({ usedPercent: machine.full[path] ?? 0 }),
    addresses: () => machine.ips,
    watch(directory, changed) {
      watched.set(directory, changed);
      return () => watched.delete(directory);
    },
    runningServices: async (names) => new Map(names.map((name) => [name, machine.services.get(name) ?? false])),
    follow(argv, line, ended) {
      const one = { argv, line, ended, stopped: false };
      machine.followed.push(one);
      return () => (one.stopped = true);
    },
    write(path, text) {
      put(path, text, files.get(path)?.facts.identity);
      told(path);
    },
    mkdir(path) {
      put(path);
      told(path);
    },
    move(from, to) {
      for (const [path, file] of files) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        files.delete(path);
        files.set(to + path.slice(from.length), file);
      }
      told(from);
      told(to);
    },
    touch(path, facts) {
      const file = files.get(path);
      if (file) file.facts = { ...file.facts, ctimeMs: ++ticks, ...facts };
      told(path);
    },
    remove(path) {
      for (const one of files.keys()) if (one === path || one.startsWith(`${path}/`)) files.delete(one);
      told(path);
    },
    lose: (directory) => watched.get(directory)?.(undefined),
  };
  return machine;
}

/** Starts a beacon as its config says; raises what is wrong with that. */
export async function startBeacon(name: string, options: JsonMap, machine: BeaconContext): Promise<Watching> {
  const { beacon, findings } = readBeacon(
    name,
    Object.entries(options).map(([key, value]) => ({ [key]: value })),
  );
  const wrong = findings.find(({ isHarmless }) => !isHarmless);
  if (wrong) throw wrong.error();
  if (!beacon) throw new Error('it is switched off');
  return (await builtinBeacons.load(beacon.module)).start(beacon.parameters as never, machine);
}

/** What one look tells: tags and data. */
export async function told(watching: Watching): Promise<[tag: string, data: Json][]> {
  const events: readonly BeaconEvent[] = await watching.look();
  return events.map(({ tag = '', data }) => [tag, data]);
}
