import test from 'ava';
import type { BusEvent } from '../../lib/contracts/events.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { openLedger } from '../../master/reactor/ledger.ts';
import { openIn } from '../../master/reactor/position.ts';
import type { ReactionStore } from '../../master/reactor/types.ts';
import { openJournal } from '../../store/journal.ts';
import { cpuMs } from '../kit/cpu.ts';
import { folder } from '../store/folder.ts';
import { fakePowers, fileEvents, fileStore, reactorOf, recordOf, rig, until } from './kit.ts';

const idOf = ({ id }: JsonMap) => (typeof id === 'string' ? id : '');
const never = () => new Promise<never>(() => {});

/** A reactor that takes events, and is done with none before it is opened. */
function gatedReactor() {
  const got: number[] = [];
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const gated = reactorOf(async ({ seq }) => {
    await gate;
    got.push(seq);
  });
  return { got, gated, open };
}

test('a tag glob: every matching entry and file gets the event, in config order', async (t) => {
  const got: string[] = [];
  const note = (name: string) => reactorOf(async (event) => void got.push(`${name} ${event.tag}`));
  const { engine, events } = await rig(
    { 'salt/minion/*/start': ['a', 'b'], 'salt/*': ['c'], 'salt/auth': ['d'] },
    { reactors: { a: note('a'), b: note('b'), c: note('c'), d: note('d') } },
  );
  await events.fire({ tag: 'salt/minion/w1/sub/start', data: { id: 'w1' } });
  await until(() => got.length === 3);
  await events.fire({ tag: 'salt/auth', data: { id: 'w2' } });
  await until(() => got.length === 5);
  t.deepEqual(got, [
    'a salt/minion/w1/sub/start',
    'b salt/minion/w1/sub/start',
    'c salt/minion/w1/sub/start',
    'c salt/auth',
    'd salt/auth',
  ]);
  t.deepEqual(
    engine.list().map(({ name }) => name),
    ['salt/minion/*/start a', 'salt/minion/*/start b', 'salt/* c', 'salt/auth d'],
  );
  await engine.stop();
});

test("order: one minion's events come one by one in order, different minions' beside each other", async (t) => {
  const got: string[] = [];
  let inside = 0;
  let most = 0;
  const slow = reactorOf(async ({ data }) => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    inside--;
    got.push(`${idOf(data)} ${Number(data['n'])}`);
  });
  const { engine, events } = await rig({ x: ['slow'] }, { reactors: { slow } });
  for (let n = 0; n < 20; n++) for (const id of ['a', 'b', 'c']) void events.fire({ tag: 'x', data: { id, n } });
  await until(() => got.length === 60);
  for (const id of ['a', 'b', 'c']) {
    const own = got.filter((line) => line.startsWith(id)).map((line) => Number(line.slice(2)));
    t.deepEqual(own, [...Array(20).keys()]);
  }
  t.is(most, 3);
  await engine.stop();
});

test('isolation: a reactor that hangs and one that fails delay no other', async (t) => {
  let ran = 0;
  const { engine, events } = await rig(
    { '*': ['hangs', 'fails', 'works'] },
    {
      reactors: {
        hangs: reactorOf(never, { timeoutMs: 60_000 }),
        fails: reactorOf(() => Promise.reject(new Error('no')), {
          retry: { tries: 9, firstMs: 60_000, longestMs: 60_000 },
        }),
        works: reactorOf(async ({ tag }) => void (tag === 'x' && ran++)),
      },
      bound: 50,
      atOnce: 10,
    },
  );
  for (let n = 0; n < 500; n++) await events.fire({ tag: 'x', data: { id: `m${n}` } });
  await until(() => ran === 500, 50_000);
  const [hangs] = engine.list();
  t.is(hangs?.counters['running'], 10);
  t.is(hangs?.counters['open'], 50, 'what is beyond the bound stays in the event log');
  await engine.stop();
});

test('a full queue: what it had no room for is read from the event log later, in order, none lost', async (t) => {
  const { got, gated, open } = gatedReactor();
  const { engine, events } = await rig({ x: ['gated'] }, { reactors: { gated }, bound: 7 });
  for (let n = 0; n < 1_000; n++) await events.fire({ tag: n % 3 === 0 ? 'other' : 'x', data: { id: 'one' } });
  t.is(engine.list()[0]?.counters['open'], 7);
  open();
  await until(() => got.length === 666);
  t.deepEqual(
    got,
    events
      .all()
      .filter(({ tag }) => tag === 'x')
      .map(({ seq }) => seq),
  );
  await events.fire({ tag: 'x', data: { id: 'one' } });
  await until(() => got.length === 667);
  t.is(engine.list()[0]?.counters['lag'], 0);
  await engine.stop();
});

test('a full queue: what the log forgot before there was room is told, and not asked for again and again', async (t) => {
  const { got, gated, open } = gatedReactor();
  const kept = fileEvents('');
  let first = 1;
  let reads = 0;
  const events = {
    ...kept,
    first: () => first,
    async read(after: number, limit: number) {
      reads++;
      await new Promise((resolve) => setImmediate(resolve));
      return kept.read(Math.max(after, first - 1), limit);
    },
  };
  const told: unknown[] = [];
  const log: Log = (_, message, facts) => void told.push([message, facts?.['from'], facts?.['to']]);
  const { engine } = await rig({ x: ['gated'] }, { reactors: { gated }, bound: 3, events, log });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await turns();
  for (let n = 0; n < 10; n++) await events.fire({ tag: 'x', data: { id: 'one' } });
  // Records behind them are of something else.
  first = 15;
  open();
  await until(() => got.length === 3);
  reads = 0;
  await turns();
  t.true(reads < 5, `${reads} reads`);
  t.deepEqual(told, [['events were forgotten before a reactor could read them', 4, 14]]);
  await engine.stop();
});

test('a failing reaction: it is tried again, and what it did before is not done twice', async (t) => {
  let attempts = 0;
  let charged = 0;
  const { powers, published } = fakePowers();
  const flaky = reactorOf(async (event, context) => {
    if (event.tag !== 'x') return;
    await context.once('charge', async () => ++charged);
    await context.publish('job', { tgt: 'w1', fun: 'test.ping' });
    if (++attempts < 3) throw new Error(`no luck ${attempts}`);
  });
  const { engine, events } = await rig({ '*': ['flaky'] }, { reactors: { flaky }, powers });
  await events.fire({ tag: 'x', data: { id: 'w1' } });
  await until(async () => (await engine.why(1))[0]?.decision === 'ran');
  t.is(charged, 1);
  t.is(published.length, 1);
  const [record] = await engine.why(1);
  t.is(record?.attempts, 3);
  t.deepEqual(record?.did, [
    { do: 'once', key: 'charge' },
    { do: 'publish', jid: published[0]?.jid ?? '', fun: 'test.ping', minions: 0 },
  ]);
  const told = events.all().filter(({ tag }) => tag.startsWith('tsalt/reactor/'));
  t.deepEqual(
    told.map(({ tag, cause, depth, data }) => [tag, cause, depth, data['error']]),
    [['tsalt/reactor/failed', 1, 1, 'no luck 1']],
  );
  await engine.stop();
});

test('a dead letter: after all tries it stands on the list, an event says so, the next event goes on, and it can be redelivered', async (t) => {
  let broken = true;
  const ran: number[] = [];
  const reactor = reactorOf(async ({ seq, data }) => {
    if (broken && data['bad'] === true) throw new Error('broken');
    ran.push(seq);
  });
  const { engine, events } = await rig({ x: ['r'] }, { reactors: { r: reactor } });
  await events.fire({ tag: 'x', data: { id: 'w1', bad: true } });
  await events.fire({ tag: 'x', data: { id: 'w1' } });
  await until(() => ran.length === 1);
  t.deepEqual(
    engine
      .deadLetters()
      .map(({ event, reactor: name, decision, attempts, error }) => [event, name, decision, attempts, error]),
    [[1, 'x r', 'dead', 3, 'broken']],
  );
  t.is(events.all().filter(({ tag }) => tag === 'tsalt/reactor/dead').length, 1);
  await t.throwsAsync(engine.redeliver(2, 'x r'), { code: 'TS_REACTOR_NO_SUCH_REACTION' });
  broken = false;
  await engine.redeliver(1, 'x r');
  await until(() => ran.length === 2);
  t.deepEqual(engine.deadLetters(), []);
  await engine.stop();
});

test('a reaction that hangs: it is ended at its time, can do nothing more, and becomes a dead letter', async (t) => {
  const late: unknown[] = [];
  const { powers, published } = fakePowers();
  const hanging = reactorOf(
    async (_, context) => {
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      await context.publish('late', { tgt: '*', fun: 'test.ping' }).catch((error: unknown) => late.push(error));
    },
    { timeoutMs: 20, retry: { tries: 2, firstMs: 1, longestMs: 1 } },
  );
  const { engine, events } = await rig({ x: ['hanging'] }, { reactors: { hanging }, powers });
  await events.fire({ tag: 'x', data: {} });
  await until(() => engine.deadLetters().length === 1 && late.length === 2);
  t.is(published.length, 0);
  t.regex(engine.deadLetters()[0]?.error ?? '', /not done after 20 ms/);
  await engine.stop();
});

test('a chain that feeds itself: it is cut at the depth, one event says so, even to a reactor of everything', async (t) => {
  const loop = reactorOf(async (event, context) => context.fire('x', { id: 'w1', from: event.seq }));
  const { engine, events } = await rig({ '*': ['loop'] }, { reactors: { loop }, maxDepth: 4 });
  await events.fire({ tag: 'x', data: { id: 'w1' } });
  await until(() => events.all().some(({ tag }) => tag === 'tsalt/reactor/loop'));
  await until(async () => (await engine.why(6))[0]?.decision === 'skipped');
  t.deepEqual(
    events.all().map(({ tag, depth, cause }) => [tag, depth, cause]),
    [
      ['x', 0, undefined],
      ['x', 1, 1],
      ['x', 2, 2],
      ['x', 3, 3],
      ['x', 4, 4],
      ['tsalt/reactor/loop', 5, 5],
    ],
  );
  t.regex((await engine.why(5))[0]?.reason ?? '', /reactor_max_depth/);
  await engine.stop();
});

test('a restart: open deliveries come again with their answers, done ones do not, and a new reactor starts with new events', async (t) => {
  const events = fileEvents('');
  const store = fileStore('');
  const got: string[] = [];
  let first = true;
  const { powers, published } = fakePowers();
  const reactor = reactorOf(async ({ seq }, context) => {
    await context.publish('job', { tgt: 'x', fun: 'test.ping' });
    if (seq === 2 && first) return never();
    got.push(`r ${seq}`);
  });
  const other = reactorOf(async ({ seq }) => void got.push(`other ${seq}`));
  const one = await rig({ x: ['r'] }, { reactors: { r: reactor }, events, store, powers });
  for (const id of ['a', 'b', 'c']) await events.fire({ tag: 'x', data: { id } });
  await until(() => got.length === 2 && published.length === 3);
  await one.engine.stop();
  first = false;
  await events.fire({ tag: 'x', data: { id: 'd' } });
  const two = await rig({ x: ['r', 'other'] }, { reactors: { r: reactor, other }, events, store, powers });
  await until(() => got.length === 4);
  await events.fire({ tag: 'x', data: { id: 'e' } });
  await until(() => got.length === 6);
  t.deepEqual(got.toSorted(), ['other 5', 'r 1', 'r 2', 'r 3', 'r 4', 'r 5']);
  t.is(published.length, 5);
  t.is(two.engine.needless(), 5);
  await two.engine.stop();
});

test('a master that dies before a new reactor has ended one reaction: the next one delivers what came since its start', async (t) => {
  const first = await rig({ x: ['r'] }, { reactors: { r: reactorOf(never) } });
  await first.events.fire({ tag: 'x', data: { n: 1 } });
  // What is on disk is all that the next one knows.
  const left = fileStore('');
  left.records.push(...first.store.records);
  await first.engine.stop();
  const got: BusEvent[] = [];
  const second = await rig(
    { x: ['r'] },
    { reactors: { r: reactorOf(async (event) => void got.push(event)) }, events: first.events, store: left },
  );
  await until(() => got.length === 1);
  t.deepEqual(got[0]?.data, { n: 1 });
  await second.engine.stop();
});

test('no reactor: no event is kept for one', async (t) => {
  const { engine, events } = await rig({}, { reactors: {} });
  await events.fire({ tag: 'x', data: {} });
  t.is(engine.needless(), Infinity);
  await engine.stop();
});

test.serial(
  'speed: 4,000 matched events take less than two seconds of the processor, a single one less than 5 ms',
  async (t) => {
    let ran = 0;
    const { engine, events, store } = await rig({ x: ['r'] }, { reactors: { r: reactorOf(async () => void ran++) } });
    const before = cpuMs();
    for (let n = 0; n < 4_000; n++) void events.fire({ tag: 'x', data: { id: `m${n % 100}` } });
    await until(() => ran === 4_000);
    t.true(cpuMs() - before < 2_000);
    const then = cpuMs();
    for (let n = 0; n < 50; n++) {
      const seen = ran;
      await events.fire({ tag: 'x', data: { id: 'm1' } });
      while (ran === seen) await Promise.resolve();
    }
    t.true((cpuMs() - then) / 50 < 5);
    t.true(store.records.length < 4_100, 'one record for each delivery, and few checkpoints');
    await engine.stop();
  },
);

test('many deliveries and checkpoints: a restart knows what is open, what is dead and what its answers were', async (t) => {
  const kept: { position: number; record: JsonMap }[] = [];
  let next = 0;
  const store: ReactionStore = {
    async append(...records) {
      for (const record of records) kept.push({ position: next++, record: structuredClone(record) });
      return next - 1;
    },
    async *replay() {
      yield* kept;
    },
    async trim(position) {
      kept.splice(
        0,
        Math.max(
          0,
          kept.findIndex((entry) => entry.position >= position),
        ),
      );
    },
  };
  const first = await openLedger({ store, recent: 10, deadLetters: 3 });
  const position = first.position('r', 0);
  openIn(position, 7);
  await first.remember('r', 7, 'jid job', '42');
  first.record(recordOf(7, 'retrying'));
  for (let event = 8; event < 120_000; event++) {
    position.cursor = event;
    first.record(recordOf(event, event % 30_000 === 0 ? 'dead' : 'ran'));
  }
  await first.checkpoint();
  t.true(kept.length < 90_000, 'the oldest records are trimmed');
  t.is((await first.why(119_000)).length, 1, 'records that left the memory are found in the store');
  const second = await openLedger({ store, deadLetters: 3 });
  const again = second.position('r', 999_999);
  t.deepEqual([again.cursor, [...again.open].map(([event, { attempts }]) => [event, attempts])], [119_999, [[7, 1]]]);
  t.is(again.open.get(7)?.memos.get('jid job')?.json, '"42"');
  t.deepEqual(
    second.dead().map(({ event }) => event),
    [30_000, 60_000, 90_000],
  );
  t.is(second.needless(), 6);
});

test('dead letters with much to say: a checkpoint holds a thousand of them, and a restart knows the same', async (t) => {
  const open = async () => openJournal({ directory, now: () => 0 });
  const directory = folder(t);
  const journal = await open();
  const first = await openLedger({ store: journal });
  first.position('r', 0);
  const did = Array.from({ length: 500 }, () => ({ do: 'once', key: 'k'.repeat(500) }));
  for (let event = 1; event <= 1001; event++)
    first.record({
      event,
      decision: 'dead',
      reactor: 'r',
      attempts: 1,
      ms: 0,
      at: '',
      error: 'e'.repeat(30_000),
      did,
    });
  await first.checkpoint();
  await first.checkpoint();
  const dead = first.dead();
  t.is(dead.length, 1000);
  t.is(dead[0]?.error?.length, 2001);
  t.deepEqual(dead[0]?.did.at(-1), { do: 'more', deeds: 450 });
  await journal.close();
  const again = await open();
  t.deepEqual((await openLedger({ store: again })).dead(), dead);
  await again.close();
});

test('dead letters of characters that take many bytes: a checkpoint holds a thousand of them', async (t) => {
  const directory = folder(t);
  const journal = await openJournal({ directory, now: () => 0 });
  const ledger = await openLedger({ store: journal });
  ledger.position('r', 0);
  const long = '\u0001'.repeat(200);
  const did = Array.from({ length: 50 }, () => ({ do: 'moved', id: 'web1', state: long, reason: long }));
  const facts = { decision: 'dead', reactor: 'r', attempts: 1, ms: 0, at: '', did } as const;
  for (let event = 1; event <= 1000; event++) ledger.record({ event, ...facts, error: '\u0001'.repeat(2_000) });
  await ledger.checkpoint();
  await t.notThrowsAsync(ledger.checkpoint());
  t.is(ledger.dead().length, 1000);
  t.is(ledger.dead()[0]?.error, `${'\u0001'.repeat(333)}…`);
  await journal.close();
});

test('many retries at once: never more deliveries than the reactor may have, and all come to their end', async (t) => {
  let inside = 0;
  let most = 0;
  const tries = new Map<number, number>();
  const reactor = reactorOf(async ({ seq, tag }) => {
    if (tag !== 'x') return;
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 1));
    inside--;
    tries.set(seq, (tries.get(seq) ?? 0) + 1);
    if ((tries.get(seq) ?? 0) < 3) throw new Error('again');
  });
  const { engine, events } = await rig({ '*': ['r'] }, { reactors: { r: { ...reactor, atOnce: 4 } } });
  for (let n = 0; n < 60; n++) await events.fire({ tag: 'x', data: { id: `m${n}` } });
  await until(() => engine.list()[0]?.counters['open'] === 0);
  t.is(most, 4);
  t.true([...tries.values()].every((count) => count === 3));
  await engine.stop();
});
