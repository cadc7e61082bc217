import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import type { BusEvent } from '../../lib/contracts/events.ts';
import { returnerErrors } from '../../lib/errors/returners.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { silent, type Log } from '../../lib/log.ts';
import { eventBus } from '../../master/bus.ts';
import { startReactorEngine } from '../../master/reactor/engine.ts';
import type { EventSource } from '../../master/reactor/types.ts';
import type { ReadyReturner } from '../../master/returner/consumer.ts';
import { openJournal } from '../../store/journal.ts';
import { openStore } from '../../store/store.ts';
import { eventually } from '../kit/eventually.ts';
import { fakePowers } from '../reactor/kit.ts';
import { folder } from '../store/folder.ts';

/** A real log with real reactions beside it, and returners that are functions. Waits between tries are short. */
async function master(t: ExecutionContext, directory = folder(t)) {
  const now = () => systemClock.now();
  const store = await openStore({ directory: `${directory}/store`, now, segmentBytes: 4096 });
  const bus = eventBus({ store, clock: systemClock, log: silent });
  const quick = { ...systemClock, after: (ms: number, call: () => void) => systemClock.after(ms / 50, call, true) };
  const said: string[] = [];
  const log: Log = (level, message) => void said.push(`${level}: ${message}`);
  const records = await openJournal({ directory: `${directory}/reactions`, now, purpose: 'reactions' });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await records.close();
    await store.close();
  };
  t.teardown(close);
  return {
    directory,
    bus,
    said,
    close,
    start: async (returners: readonly ReadyReturner[], events: EventSource = bus) => {
      const engine = await startReactorEngine({
        entries: [],
        open: () => Promise.reject(new Error('no reactors')),
        returners,
        events,
        store: records,
        powers: fakePowers().powers,
        clock: quick,
        log,
      });
      // Also after a failure, or the process would never end.
      t.teardown(() => engine.stop());
      return engine;
    },
  };
}

interface Far extends ReadyReturner {
  /** What arrived, batch by batch. */
  readonly batches: (readonly BusEvent[])[];
  readonly numbers: () => number[];
  /** What the next tries come to. */
  answer: (events: readonly BusEvent[]) => void | Promise<void>;
}

function far(tags: readonly string[], more: Partial<ReadyReturner> = {}): Far {
  const batches: (readonly BusEvent[])[] = [];
  const one: Far = {
    name: 'far',
    kind: 'test',
    tags,
    matches: (tag) => tags.some((glob) => fnmatch(glob)(tag)),
    batch: 3,
    timeoutMs: 60_000,
    batches,
    numbers: () => batches.flat().map(({ data }) => Number(data['n'])),
    answer: () => {},
    async send(events) {
      await one.answer(events);
      batches.push(events);
    },
    ...more,
  };
  return one;
}

const away = (): never => {
  throw returnerErrors.unreachable({ where: 'it', why: 'refused' });
};

test('a returner: events in their order, in batches, and only those that match', async (t) => {
  const { bus, start } = await master(t);
  await bus.fire({ tag: 'a/old', data: { n: 0 } });
  const one = far(['a/*']);
  const engine = await start([one]);
  let free = (): void => {};
  one.answer = () => new Promise<void>((resolve) => (free = resolve));
  for (let n = 1; n <= 8; n++) await bus.fire({ tag: n === 5 ? 'b/5' : `a/${n}`, data: { n } });
  await eventually(() => {
    free();
    return one.numbers().length === 7;
  });
  t.deepEqual(one.numbers(), [1, 2, 3, 4, 6, 7, 8]);
  t.true(one.batches.every((batch) => batch.length <= 3));
  t.true(one.batches.length < 7, 'what came meanwhile is one batch');
  await eventually(() => engine.returners()[0]?.state === 'waiting');
  const [standing] = engine.returners();
  t.like(standing, { name: 'far', kind: 'test', events: ['a/*'], sent: 7, failed: 0, lost: 0, behind: 0 });
  t.is(standing?.behindSeconds, 0);
  await engine.stop();
});

test('a returner whose far side is away: nothing is lost, it is said once, and it is told how far behind it is', async (t) => {
  const { bus, start, said } = await master(t);
  const one = far(['a']);
  one.answer = away;
  const engine = await start([one]);
  for (let n = 1; n <= 7; n++) await bus.fire({ tag: 'a', data: { n } });
  await eventually(() => (engine.returners()[0]?.failed ?? 0) >= 2);
  const [standing] = engine.returners();
  t.is(standing?.state, 'away');
  t.regex(standing?.error ?? '', /it can't be reached: refused/);
  t.true((standing?.behind ?? 0) >= 6 && (standing?.behindSeconds ?? 0) > 0);
  one.answer = () => {};
  await eventually(() => one.numbers().length === 7);
  t.deepEqual(one.numbers(), [1, 2, 3, 4, 5, 6, 7]);
  const told = (await bus.read(0, 100)).filter(({ tag }) => tag === 'tsalt/returner/failed');
  t.is(told.length, 1);
  t.deepEqual([told[0]?.data['returner'], said.filter((line) => line.startsWith('warning')).length], ['far', 1]);
  await engine.stop();
});

test('a returner, the master stopped while the far side is away: the next one sends all from its place', async (t) => {
  const first = await master(t);
  const one = far(['a']);
  const engine = await first.start([one]);
  for (let n = 1; n <= 2; n++) await first.bus.fire({ tag: 'a', data: { n } });
  await eventually(() => one.numbers().length === 2);
  one.answer = away;
  for (let n = 3; n <= 6; n++) await first.bus.fire({ tag: 'a', data: { n } });
  await engine.stop();
  await first.close();

  const second = await master(t, first.directory);
  const again = far(['a']);
  const next = await second.start([again]);
  await eventually(() => again.numbers().length >= 4);
  t.deepEqual(again.numbers(), [3, 4, 5, 6]);
  await next.stop();
});

test('a new returner whose master is killed before it has sent anything: it still begins where it was new', async (t) => {
  const first = await master(t);
  await first.bus.fire({ tag: 'a', data: { n: 1 } });
  const one = far(['a']);
  one.answer = away;
  const killed = await first.start([one]);
  await first.bus.fire({ tag: 'a', data: { n: 2 } });
  // What would be written at an end has no place any more.
  await first.close();
  await killed.stop();

  const second = await master(t, first.directory);
  const again = far(['a']);
  const next = await second.start([again]);
  await eventually(() => again.numbers().length > 0);
  t.deepEqual(again.numbers(), [2]);
  await next.stop();
});

test('a returner that is refused one event of a batch: that is a dead letter, the others arrive, and it can be delivered again', async (t) => {
  const { bus, start } = await master(t);
  const one = far(['a'], { batch: 100 });
  const engine = await start([one]);
  let free = (): void => {};
  const held = new Promise<void>((resolve) => (free = resolve));
  one.answer = async (events) => {
    await held;
    const isBad = events.some(({ data }) => data['n'] === 4);
    if (isBad) throw returnerErrors.refused({ where: 'it', answer: '400 not this' });
  };
  for (let n = 1; n <= 9; n++) await bus.fire({ tag: 'a', data: { n } });
  free();
  await eventually(() => one.numbers().length === 8);
  t.deepEqual(one.numbers(), [1, 2, 3, 5, 6, 7, 8, 9]);
  const [letter, ...more] = engine.deadLetters();
  t.deepEqual([letter?.reactor, letter?.error, more], ['returner:far', 'it refuses it: 400 not this', []]);
  await eventually(async () => (await bus.read(0, 100)).some(({ tag }) => tag === 'tsalt/returner/refused'));
  one.answer = () => {};
  await engine.redeliver(letter?.event ?? 0, 'returner:far');
  await eventually(() => one.numbers().length === 9);
  t.is(one.numbers().at(-1), 4);
  await eventually(() => engine.returners()[0]?.state === 'waiting');
  t.deepEqual([engine.deadLetters(), engine.returners()[0]?.refused], [[], 1]);
  await engine.stop();
});

test('a returner that is away when the log gets too long: what is lost is counted and told, and the rest arrives', async (t) => {
  const { bus, start, said } = await master(t);
  const one = far(['a']);
  one.answer = away;
  const engine = await start([one]);
  const pad = 'x'.repeat(500);
  const fired: BusEvent[] = [];
  for (let n = 1; n <= 40; n++) fired.push(await bus.fire({ tag: 'a', data: { n, pad } }));
  await bus.trim({ ageMs: 1e12, bytes: 8_000 });
  await eventually(() => (engine.returners()[0]?.lost ?? 0) > 0);
  t.true(said.some((line) => /error: events were forgotten before/.test(line)));
  one.answer = () => {};
  await eventually(() => one.numbers().includes(40));
  // The log is cut piece by piece: each is told that was seen by itself.
  const ranges = async (): Promise<(readonly [number, number])[]> =>
    (await bus.read(0, 100))
      .filter(({ tag }) => tag === 'tsalt/returner/lost')
      .map(({ data }) => [Number(data['from']), Number(data['to'])]);
  const sumOf = (all: readonly (readonly [number, number])[]): number =>
    all.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  await eventually(async () => sumOf(await ranges()) === engine.returners()[0]?.lost);
  const told = await ranges();
  const isLost = ({ seq }: BusEvent): boolean => told.some(([from, to]) => seq >= from && seq <= to);
  t.true(fired.some(isLost));
  const others = fired.filter((event) => !isLost(event)).map(({ data }) => data['n']);
  t.deepEqual(one.numbers(), others, 'what was in hand, and what the log still has');
  await engine.stop();
});

test('a returner that is away: the log keeps what it needs, however old, while there is room', async (t) => {
  const { bus, start } = await master(t);
  const one = far(['a']);
  one.answer = away;
  const engine = await start([one]);
  const pad = 'x'.repeat(500);
  for (let n = 1; n <= 40; n++) await bus.fire({ tag: 'a', data: { n, pad } });
  t.is(await bus.trim({ ageMs: -1e6, bytes: 1e9, needless: engine.needless() }), 0);
  one.answer = () => {};
  await eventually(() => one.numbers().length === 40);
  await eventually(async () => (await bus.trim({ ageMs: -1e6, bytes: 1e9, needless: engine.needless() })) > 0);
  t.is(engine.returners()[0]?.lost, 0);
  await engine.stop();
});

test('a returner of everything: it is not sent what is told about itself', async (t) => {
  const { bus, start } = await master(t);
  const one = far(['*']);
  one.answer = away;
  const engine = await start([one]);
  await bus.fire({ tag: 'a', data: { n: 1 } });
  await eventually(async () => (await bus.read(0, 100)).some(({ tag }) => tag === 'tsalt/returner/failed'));
  await bus.fire({ tag: 'a', data: { n: 2 } });
  one.answer = () => {};
  await eventually(() => one.numbers().length >= 2);
  t.deepEqual(one.numbers(), [1, 2]);
  await engine.stop();
});

test('a returner that hangs: its batch is given up when its time is up, and sent again', async (t) => {
  const { bus, start } = await master(t);
  const one = far(['a']);
  let tries = 0;
  one.answer = () => (++tries === 1 ? new Promise<void>(() => {}) : undefined);
  const engine = await start([{ ...one, timeoutMs: 2_000 }]);
  await bus.fire({ tag: 'a', data: { n: 1 } });
  await eventually(() => one.numbers().length === 1);
  t.is(engine.returners()[0]?.failed, 1);
  await engine.stop();
});

test('a returner, the log can not be read in the middle of a batch: what was read is read again', async (t) => {
  const { bus, start, said } = await master(t);
  let failures = 0;
  const events: EventSource = {
    ...bus,
    async *history(after) {
      for await (const event of bus.history(after)) {
        if (event.data['n'] === 3 && failures++ === 0) throw new Error('a bad sector');
        yield event;
      }
    },
  };
  const one = far(['a'], { batch: 100 });
  let free = (): void => {};
  one.answer = () => new Promise<void>((resolve) => (free = resolve));
  const engine = await start([one], events);
  for (let n = 1; n <= 4; n++) await bus.fire({ tag: 'a', data: { n } });
  await eventually(() => {
    free();
    return one.numbers().length === 4;
  });
  t.deepEqual(one.numbers(), [1, 2, 3, 4]);
  t.true(said.some((line) => /could not be read/.test(line)));
  await engine.stop();
});
