import test from 'ava';
import { runInBatches, type BatchRun } from '../../cli/batch.ts';
import { batchPlanner } from '../../cli/batch-options.ts';
import { subsetOf } from '../../lib/subset.ts';
import { fakeClock } from '../kit/clock.ts';

/** A run whose jobs end when the test says so. */
function held(options: Partial<BatchRun> = {}) {
  const clock = fakeClock();
  const stop = new AbortController();
  const begun: string[][] = [];
  const ends = new Map<string, (succeeded: boolean) => void>();
  const done = runInBatches({
    minions: ['a', 'b', 'c', 'd', 'e'],
    atOnce: 2,
    waitMs: 0,
    mostFailed: Infinity,
    clock,
    stopped: stop.signal,
    publish: async (ids, over) => {
      begun.push([...ids]);
      await Promise.all(
        ids.map((id) => new Promise<void>((resolve) => ends.set(id, (succeeded) => (over(succeeded), resolve())))),
      );
    },
    ...options,
  });
  const end = async (id: string, succeeded = true): Promise<void> => {
    ends.get(id)?.(succeeded);
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { begun, end, done, clock, stop };
}

test('batches: the place of one that is done goes to the next', async (t) => {
  const { begun, end, done } = held();
  t.deepEqual(begun, [['a', 'b']]);
  await end('b');
  t.deepEqual(begun, [['a', 'b'], ['c']]);
  await end('a', false);
  await end('c');
  t.deepEqual(begun.flat(), ['a', 'b', 'c', 'd', 'e']);
  await end('d');
  await end('e');
  t.deepEqual(await done, []);
});

test('batches: a wait, the place stays empty so long', async (t) => {
  const { begun, end, clock } = held({ waitMs: 3000 });
  await end('a');
  clock.advance(2999);
  await end('');
  t.deepEqual(begun, [['a', 'b']]);
  clock.advance(1);
  await end('');
  t.deepEqual(begun, [['a', 'b'], ['c']]);
});

test('batches: more failures than may be, what runs is waited for and no other begins', async (t) => {
  const { begun, end, done } = held({ mostFailed: 1 });
  await end('a', false);
  t.deepEqual(begun.flat(), ['a', 'b', 'c']);
  await end('b', false);
  await end('c');
  t.deepEqual(await done, ['d', 'e']);
});

test('batches: stopped, no other begins', async (t) => {
  const { begun, end, done, stop } = held();
  stop.abort();
  await end('a');
  await end('b');
  t.deepEqual(await done, ['c', 'd', 'e']);
  t.deepEqual(begun, [['a', 'b']]);
});

test('batches: what publishing raises comes through, after the jobs that run', async (t) => {
  await t.throwsAsync(held({ publish: async () => Promise.reject(new Error('gone')) }).done, { message: 'gone' });
});

test('batch options: numbers, percents, the safe limit', (t) => {
  t.is(batchPlanner({}), undefined);
  const of = (given: Parameters<typeof batchPlanner>[0], minions: number) => batchPlanner(given)?.(minions);
  t.like(of({ 'batch-size': '3' }, 10), { atOnce: 3, waitMs: 0, mostFailed: Infinity, isSafety: false });
  t.like(of({ 'batch-size': '25%' }, 10), { atOnce: 2 });
  t.like(of({ 'batch-size': '1%' }, 10), { atOnce: 1 });
  t.like(of({ 'batch-size': '1', 'batch-max-failures': '10%', 'batch-wait': '1.5' }, 19), {
    mostFailed: 1,
    waitMs: 1500,
  });
  t.like(of({ 'batch-size': '1', failhard: true }, 5), { mostFailed: 0 });
  t.like(of({ 'batch-safe-limit': '10' }, 9), { atOnce: undefined });
  t.like(of({ 'batch-safe-limit': '10' }, 10), { atOnce: 8, isSafety: true });
  t.like(of({ 'batch-safe-limit': '10', 'batch-safe-size': '20%' }, 10), { atOnce: 2 });
  for (const [given, said] of [
    [{ 'batch-size': '0' }, /--batch-size is a number of minions, or of percent/],
    [{ 'batch-size': '2.5' }, /--batch-size is/],
    [{ 'batch-size': '2', 'batch-wait': '-1' }, /--batch-wait is a number, 0 or more/],
    [{ failhard: true }, /--failhard means nothing without --batch-size or --batch-safe-limit/],
    [{ 'batch-safe-size': '3' }, /--batch-safe-size means nothing without --batch-safe-limit/],
    [{ 'batch-size': '2', failhard: true, 'batch-max-failures': '1' }, /exclude each other/],
  ] as const)
    t.throws(() => batchPlanner(given), { message: said });
});

test('a subset: so many at random, those that are connected first', (t) => {
  const who = { minions: ['a', 'b', 'c', 'd'], away: ['a'] };
  t.deepEqual(
    subsetOf(who, 2, () => 0),
    ['c', 'd'],
  );
  t.deepEqual(
    subsetOf(who, 2, () => 0.999),
    ['b', 'c'],
  );
  t.deepEqual(
    subsetOf(who, 9, () => 0.999),
    ['b', 'c', 'd', 'a'],
  );
});
