import test from 'ava';
import { readBeacons } from '../../lib/beacons/read.ts';
import type { BeaconEvent, Watching } from '../../lib/contracts/beacon.ts';
import type { JsonMap } from '../../lib/json.ts';
import { beaconEngine } from '../../minion/lookout/engine.ts';
import { startBeacons } from '../../minion/lookout/start.ts';
import { beaconTag } from '../../minion/lookout/tag.ts';
import { fakeMachine } from './beacon-kit.ts';

/** Lets promises that are settled be noticed. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

type Looks = Readonly<Record<string, () => ReturnType<Watching['look']>>>;

/** An engine whose beacons look as the test says, by their own names. */
function setUp(
  looks: Looks,
  written: JsonMap,
  {
    states = () => false,
    refused = () => false,
  }: { states?: () => boolean; refused?: (event: BeaconEvent) => boolean } = {},
) {
  const machine = fakeMachine();
  const { clock } = machine;
  const looked: [second: number, name: string][] = [];
  const events: [beacon: string, event: BeaconEvent][] = [];
  const log: string[] = [];
  const begun: string[] = [];
  const closed: string[] = [];
  const engine = beaconEngine({
    registry: {
      names: [],
      load: async (module) => ({
        summary: '',
        example: '',
        data: '',
        start() {
          const name = module === 'ps' ? 'b' : 'a';
          begun.push(name);
          return {
            look() {
              looked.push([clock.monotonic() / 1000, name]);
              return looks[name]?.() ?? [];
            },
            close: () => void closed.push(name),
          };
        },
      }),
    },
    context: machine,
    clock,
    log: (level, message, facts) => log.push(`${level}: ${message} ${JSON.stringify(facts)}`),
    random: () => 1,
    statesRun: states,
    tell: async (beacon, event) => {
      if (refused(event)) throw new Error('unfit');
      events.push([beacon, event]);
    },
  });
  const set = (now: JsonMap): void => engine.set(readBeacons(now).beacons);
  set(written);
  async function pass(seconds: number): Promise<void> {
    await settle();
    for (let step = 0; step < seconds * 10; step++) {
      clock.advance(100);
      await settle();
    }
  }
  return { clock, engine, set, pass, looked, events, log, begun, closed };
}

const percent = { percent: 1, interval: 2 };
const processes = { processes: {}, interval: 2 };

test('engine: each beacon looks at once and then at its interval', async (t) => {
  const { pass, looked, engine, clock } = setUp({}, { memusage: [percent], ps: [processes, { interval: 5 }] });
  await pass(10);
  t.deepEqual(
    looked.filter(([, name]) => name === 'a').map(([at]) => at),
    [0, 2, 4, 6, 8, 10],
  );
  t.deepEqual(
    looked.filter(([, name]) => name === 'b').map(([at]) => at),
    [0, 5, 10],
  );
  engine.stop();
  t.is(clock.waiting, 0);
});

test('engine: one that is slow, delays no other, and is told of once', async (t) => {
  const never = new Promise<never>(() => {});
  const { pass, looked, events, log, engine } = setUp({ a: () => never }, { memusage: [percent], ps: [processes] });
  await pass(70);
  t.is(looked.filter(([, name]) => name === 'a').length, 1);
  t.is(looked.filter(([, name]) => name === 'b').length, 36);
  t.deepEqual(events, [['memusage', { data: { error: 'it has been looking for 30 s' } }]]);
  t.is(log.length, 1);
  engine.stop();
});

test('engine: one that fails, is told of once, tried less and less often, and works again', async (t) => {
  let broken = true;
  const a = (): BeaconEvent[] => {
    if (broken) throw new Error('no /proc');
    return [{ tag: 'x', data: { n: 1 } }];
  };
  const { pass, looked, events, log, engine } = setUp({ a }, { memusage: [percent], ps: [processes] });
  await pass(100);
  t.deepEqual(
    looked.filter(([, name]) => name === 'a').map(([at]) => at),
    [0, 2, 4, 8, 16, 32, 64],
  );
  t.is(looked.filter(([, name]) => name === 'b').length, 51);
  t.deepEqual(events, [['memusage', { data: { error: 'no /proc' } }]]);
  broken = false;
  await pass(26);
  t.deepEqual(events.slice(1, 3), [
    ['memusage', { tag: 'x', data: { n: 1 } }],
    ['memusage', { tag: 'x', data: { n: 1 } }],
  ]);
  t.deepEqual(log, [
    'error: a beacon fails {"beacon":"memusage","reason":"no /proc"}',
    'info: a beacon works again {"beacon":"memusage"}',
  ]);
  engine.stop();
});

test('engine: more events than are reasonable, are counted', async (t) => {
  const many = Array.from({ length: 1200 }, (_, n) => ({ data: { n } }));
  const { pass, events, engine } = setUp({ a: () => many }, { memusage: [percent, { interval: 60 }] });
  await pass(1);
  t.is(events.length, 1001);
  t.deepEqual(events.at(-1)?.[1].data, { error: '200 more events came at once: they were left out' });
  engine.stop();
});

test('engine: an event that can not be kept, takes no other with it, and is told of', async (t) => {
  const many = Array.from({ length: 5 }, (_, n) => ({ data: { n } }));
  const refused = (event: BeaconEvent): boolean => event.data['n'] === 2;
  const { pass, events, engine } = setUp({ a: () => many }, { memusage: [percent, { interval: 60 }] }, { refused });
  await pass(1);
  t.deepEqual(
    events.map(([, { data }]) => data),
    [{ n: 0 }, { n: 1 }, { n: 3 }, { n: 4 }, { error: 'unfit' }],
  );
  engine.stop();
});

test('engine: disable_during_state_run, does not look, lets go, and begins anew', async (t) => {
  let running = false;
  const { pass, looked, begun, closed, engine } = setUp(
    {},
    { memusage: [percent, { disable_during_state_run: true }], ps: [processes] },
    { states: () => running },
  );
  await pass(3);
  running = true;
  await pass(4);
  running = false;
  await pass(3);
  t.deepEqual(
    looked.filter(([, name]) => name === 'a').map(([at]) => at),
    [0, 2, 8, 10],
  );
  t.is(looked.filter(([, name]) => name === 'b').length, 6);
  t.deepEqual([begun, closed], [['a', 'b', 'a'], ['a']]);
  engine.stop();
});

test('engine: run_once, looks once and is done', async (t) => {
  const { pass, looked, closed, clock } = setUp({}, { memusage: [percent, { run_once: true }] });
  await pass(5);
  t.is(looked.length, 1);
  t.deepEqual(closed, ['a']);
  t.is(clock.waiting, 0);
});

test('engine: other beacons in place of those before, what has not changed goes on', async (t) => {
  const { pass, set, begun, closed, looked, engine } = setUp({}, { memusage: [percent], ps: [processes] });
  await pass(1);
  set({ memusage: [percent], ps: [processes, { interval: 1 }], other: [percent, { beacon_module: 'swapusage' }] });
  await pass(2);
  t.deepEqual([begun, closed], [['a', 'b', 'b', 'a'], ['b']]);
  t.is(looked.length, 2 + 3 + 1 + 2);
  set({});
  await pass(5);
  t.is(looked.length, 8);
  engine.stop();
});

test('tags: what no tag may have in it is written otherwise, what is too long is cut', (t) => {
  t.is(beaconTag('m1', 'inotify', '/etc/motd'), 'salt/beacon/m1/inotify//etc/motd');
  t.is(beaconTag('m1', 'load', ''), 'salt/beacon/m1/load/');
  t.is(beaconTag('m1', 'a b', '/x y\n'), 'salt/beacon/m1/a%20b//x%20y%0A');
  t.is(beaconTag('m1', 'x', '\ud800'.repeat(300)).length, 255);
});

/** What the minion makes of its config and pillars. */
function minion(beacons: JsonMap) {
  const sets: string[][] = [];
  const sent: [string, JsonMap][] = [];
  const log: string[] = [];
  let made = 0;
  const running = startBeacons({
    config: { id: 'm1', beacons },
    engine: async () => {
      made++;
      return { set: (all) => void sets.push(all.map(({ name }) => name)), stop: () => void sets.push(['stopped']) };
    },
    sendEvent: async (tag, data) => {
      sent.push([tag, data]);
      return true;
    },
    log: (level, message, facts) => log.push(`${level}: ${message} ${JSON.stringify(facts)}`),
  });
  return { running, sets, sent, log, engines: () => made };
}

test('beacons of config and pillar: those of the config go over those of the pillar; none, nothing is loaded', async (t) => {
  const { running, sets, engines } = minion({});
  running.pillar({ role: 'web' });
  running.pillar({ beacons: {} });
  await settle();
  t.is(engines(), 0);
  running.pillar({ beacons: { status: [], memusage: [percent] } });
  await settle();
  running.pillar({ beacons: { status: [], memusage: [percent] } });
  running.config({ memusage: [percent, { enabled: false }] });
  await settle();
  running.config({ enabled: false });
  await settle();
  running.stop();
  await settle();
  t.deepEqual(sets, [['status', 'memusage'], ['status'], [], ['stopped']]);
  t.is(engines(), 1);
});

test('beacons of a pillar with a mistake: it is told with its key and the nearest name, the others run', async (t) => {
  const { running, sets, sent, log } = minion({});
  running.pillar({
    beacons: { lod: [], memusage: [{ percnt: 3 }], status: [], inotify: [{ files: { '/x': { mask: ['open'] } } }] },
  });
  running.pillar({ beacons: ['x'] });
  await settle();
  t.deepEqual(sets.at(0) ?? [], []);
  const [lod, percnt] = log;
  t.is(lod, `error: there is no beacon 'lod'\nhint: did you mean 'load'? {"key":"beacons:lod"}`);
  t.regex(
    percnt ?? '',
    /there is no option 'percnt'\nhint: did you mean 'percent'\? \{"key":"beacons:memusage:0:percnt"\}/,
  );
  t.true(log.some((line) => line.startsWith("warning: beacon 'inotify': Salt can see 'open'")));
  t.true(log.some((line) => line.startsWith("error: the pillar's beacons are no map")));
  t.deepEqual(sent[0], ['salt/beacon/m1/lod/', { error: "there is no beacon 'lod'\nhint: did you mean 'load'?" }]);
});
