import { closeSync, cpSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { openStore, type Store } from '../../store/store.ts';
import { emptySummary, encodeEntry, withEntry } from '../../store/table-summary.ts';
import { folder } from './folder.ts';

const open = (directory: string): Promise<Store> => openStore({ directory, now: () => 0 });
const tableOf = (directory: string): string => path.join(directory, 'table', 'table.mdb');

/** A store with so much in its table that it is worth looking at, as it lies there when its process is killed. */
async function killed(t: ExecutionContext) {
  const [living, left] = [folder(t), folder(t)];
  const store = await open(living);
  const bucket = store.bucket<string>('b');
  const put = (round: number) =>
    store.commit(Array.from({ length: 2500 }, (_, i) => bucket.put(`k${i}`, `${i}.${round} `.repeat(500))));
  await put(1);
  const early = readFileSync(tableOf(living));
  for (const round of [2, 3]) await put(round);
  const before = bucket.scan();
  cpSync(living, left, { recursive: true });
  rmSync(path.join(left, 'log', 'lock'), { recursive: true });
  await store.close();
  return { left, before, early };
}

test('table: of a process that was killed, it is taken over, with nothing made anew', async (t) => {
  const { left, before } = await killed(t);
  const opened = await open(left);
  t.false(opened.found.rebuilt);
  t.deepEqual(opened.bucket<string>('b').scan(), before);
  await opened.commit([opened.bucket<string>('b').put('k1', 'new')]);
  await opened.close();
  const again = await open(left);
  t.is(again.bucket<string>('b').get('k1'), 'new');
  t.false(again.found.rebuilt);
  await again.close();
});

test('table: killed and damaged anywhere, it never says anything but what was put there', async (t) => {
  const { left, before, early } = await killed(t);
  const whole = readFileSync(tableOf(left));
  const outcomes = new Set<boolean>();
  const harm = fc.record({ kind: fc.constantFrom('bit', 'zeros', 'cut', 'stale'), at: fc.nat(early.length - 1) });
  await fc.assert(
    fc.asyncProperty(harm, async ({ kind, at }) => {
      const bytes = Buffer.from(kind === 'cut' ? whole.subarray(0, at) : whole);
      if (kind === 'bit') bytes.writeUInt8(bytes.readUInt8(at) ^ 16, at);
      if (kind === 'zeros') bytes.fill(0, at, at + 512);
      const page = at - (at % 4096);
      if (kind === 'stale') early.copy(bytes, page, page, page + 4096);
      const directory = folder(t);
      cpSync(left, directory, { recursive: true });
      writeFileSync(tableOf(directory), bytes);
      const opened = await open(directory);
      outcomes.add(opened.found.rebuilt);
      t.deepEqual(opened.bucket<string>('b').scan(), before);
      await opened.close();
      rmSync(directory, { recursive: true });
    }),
    { numRuns: 15, examples: [[{ kind: 'stale', at: 0 }], [{ kind: 'stale', at: 4096 }]] },
  );
  t.true(outcomes.has(true));
});

test('table: damaged while it is open, it raises instead of saying something else', async (t) => {
  const directory = folder(t);
  const opened = await open(directory);
  const bucket = opened.bucket<string>('b');
  await opened.commit([bucket.put('k', 'what was put there')]);
  const bytes = readFileSync(tableOf(directory));
  const at = bytes.lastIndexOf('what was put there');
  const file = openSync(tableOf(directory), 'r+');
  writeSync(file, 'W', at);
  closeSync(file);
  t.throws(() => bucket.get('k'), { code: 'TS_STORE_DAMAGED_TABLE' });
  t.throws(() => bucket.scan(), { code: 'TS_STORE_DAMAGED_TABLE' });
  await opened.close();
});

test('table: two entries that were changed alike, are another sum than before', (t) => {
  const sumOf = (one: string, other: string): number => {
    const entries = [
      ['a', one],
      ['b', other],
    ] as const;
    return entries.reduce(
      (sum, [key, value]) => withEntry(sum, key, encodeEntry(key, 1, Buffer.from(value))),
      emptySummary,
    ).sum;
  };
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (before, after) => {
      t.is(sumOf(before, after) === sumOf(after, before), before === after);
    }),
  );
});
