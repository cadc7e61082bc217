import test, { type ExecutionContext } from 'ava';
import type { BusEvent } from '../../lib/contracts/events.ts';
import { silent } from '../../lib/log.ts';
import { eventBus } from '../../master/bus.ts';
import { openStore } from '../../store/store.ts';
import { fakeClock } from '../kit/clock.ts';
import { folder } from '../store/folder.ts';
import { cpuMs } from '../kit/cpu.ts';

async function bus(t: ExecutionContext, directory = folder(t), segmentBytes = 4 * 1024 * 1024) {
  const clock = fakeClock(Date.UTC(2026, 0, 31, 23, 59, 59, 123));
  const store = await openStore({ directory, now: () => clock.now(), segmentBytes });
  return { store, clock, directory, bus: eventBus({ store, clock, log: silent }) };
}

test('bus: a fired event is stamped, numbered and seen by listeners only once it can be read back', async (t) => {
  const { bus: events, store } = await bus(t);
  const seen: BusEvent[] = [];
  const readable: Promise<BusEvent[]>[] = [];
  events.subscribe((event) => {
    seen.push(event);
    readable.push(events.read(event.seq - 1, 1));
  });
  const fired = await events.fire({ tag: 'a/b', data: { x: 1 }, cause: 7, depth: 2 });
  t.deepEqual(fired.data, { x: 1, _stamp: '2026-01-31T23:59:59.123000' });
  t.is(fired.cause, 7);
  t.is(fired.depth, 2);
  t.deepEqual(seen, [fired]);
  t.deepEqual(await readable[0], [fired]);
  await store.close();
});

test('bus: ten thousand events fired at once are all on disk, in order, and take less than two seconds of the processor', async (t) => {
  const { bus: events, store, directory } = await bus(t);
  const seen: number[] = [];
  events.subscribe((event) => seen.push(event.seq));
  const [started, before] = [performance.now(), cpuMs()];
  const fired = await Promise.all(
    Array.from({ length: 10_000 }, (_, i) => events.fire({ tag: 'load/test', data: { i, pad: 'x'.repeat(250) } })),
  );
  const seconds = (performance.now() - started) / 1000;
  t.log(`${Math.round(10_000 / seconds)} events/s`);
  t.true(cpuMs() - before < 2_000);
  t.deepEqual(
    seen,
    fired.map((event) => event.seq),
  );
  await store.close();

  const again = await bus(t, directory);
  t.deepEqual(await again.bus.read(0, 20_000), fired);
  t.deepEqual(
    (await again.bus.read(fired[10]?.seq ?? 0, 2)).map((event) => event.data['i']),
    [11, 12],
  );
  t.true((await again.bus.fire({ tag: 'later', data: {} })).seq > (fired.at(-1)?.seq ?? 0));
  await again.store.close();
});

test('bus: a listener that throws is counted, and keeps no event from the others', async (t) => {
  const { bus: events, store } = await bus(t);
  const seen: string[] = [];
  events.subscribe(() => {
    throw new Error('no');
  });
  const stop = events.subscribe((event) => seen.push(event.tag));
  await events.fire({ tag: 'one', data: {} });
  stop();
  await events.fire({ tag: 'two', data: {} });
  t.deepEqual(seen, ['one']);
  t.like(events.stats(), { listenerFailures: 2, fired: 2 });
  await store.close();
});

test('bus: a bad tag or too much data is refused, and nothing is recorded', async (t) => {
  const { bus: events, store } = await bus(t);
  await t.throwsAsync(events.fire({ tag: 'has blank', data: {} }), { code: 'TS_ID_BAD_TAG' });
  await t.throwsAsync(events.fire({ tag: 'big', data: { x: 'x'.repeat(2 ** 20) } }), { code: 'TS_EVENT_TOO_BIG' });
  t.is(events.head(), 0);
  await store.close();
});

test('bus: old events are deleted by age and by bytes, what is still needed only by bytes', async (t) => {
  const { bus: events, store, clock } = await bus(t, folder(t), 10_000);
  for (let i = 0; i < 60; i++) {
    await events.fire({ tag: 'n', data: { i, pad: 'x'.repeat(1000) } });
    clock.advance(1000);
  }
  const total = store.stats()['bytes'] ?? 0;
  t.is(await events.trim({ ageMs: 30_000, bytes: 1e9, needless: 0 }), 0);
  t.true((await events.trim({ ageMs: 30_000, bytes: 1e9 })) > 0);
  const [oldest] = await events.read(0, 1);
  t.true(Number(oldest?.data['i']) > 10 && Number(oldest?.data['i']) <= 30);
  await events.trim({ ageMs: 1e9, bytes: total / 4, needless: 0 });
  t.true((store.stats()['bytes'] ?? 0) <= total / 4);
  t.is((await events.read(0, 100)).at(-1)?.data['i'], 59);
  await store.close();
});
