import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import fc from 'fast-check';
import { openStore } from '../../store/store.ts';
import { MOST_KEY_BYTES } from '../../store/table.ts';
import { folder } from './folder.ts';
import { event, events, failingDisk, keysIn, smallRoom, store } from './kit.ts';

test('store: a value is latest at once, and there to read when its commit resolves', async (t) => {
  const opened = await store(t, folder(t));
  const bucket = opened.bucket<{ x: number }>('b');
  const watched: unknown[] = [];
  bucket.watch((key, value) => watched.push([key, value, bucket.get('k')]));
  const commit = opened.commit([bucket.put('k', { x: 1 }), event(1)]);
  t.deepEqual(bucket.latest('k'), { x: 1 });
  t.is(bucket.get('k'), undefined);
  t.is(await commit, 1);
  t.deepEqual(bucket.get('k'), { x: 1 });
  await opened.commit([bucket.delete('k')]);
  t.is(bucket.get('k'), undefined);
  t.deepEqual(watched, [
    ['k', { x: 1 }, { x: 1 }],
    ['k', undefined, undefined],
  ]);
  t.deepEqual(await opened.event(2), { n: 1 });
  t.is(await opened.event(1), undefined);
});

test('store: buckets are apart, and scans go by key, both ways, from and up to where they are told', async (t) => {
  const opened = await store(t, folder(t));
  const [a, b] = [opened.bucket<number>('a'), opened.bucket<number>('a-b')];
  await opened.commit([...['x/1', 'x/2', 'x/3', 'y/1'].map((key, i) => a.put(key, i)), b.put('x/9', 9)]);
  const keys = (...args: Parameters<typeof a.scan>) => a.scan(...args).map(({ key }) => key);
  t.deepEqual(keys(), ['x/1', 'x/2', 'x/3', 'y/1']);
  t.deepEqual(keys('x/'), ['x/1', 'x/2', 'x/3']);
  t.deepEqual(keys('x/', { reverse: true, limit: 2 }), ['x/3', 'x/2']);
  t.deepEqual(keys('x/', { after: 'x/1' }), ['x/2', 'x/3']);
  t.deepEqual(keys('x/', { after: 'x/3', reverse: true }), ['x/2', 'x/1']);
});

test('store: a key that the table can not hold is refused, and any other is found', async (t) => {
  const directory = folder(t);
  const opened = await store(t, directory);
  const bucket = opened.bucket<number>('b');
  const keys = ['x'.repeat(MOST_KEY_BYTES - 2), '\u{1f389}'.repeat(400), '\uffff', 'a\u0000b', ''];
  await opened.commit(keys.map((key, i) => bucket.put(key, i)));
  for (const change of [bucket.put('x'.repeat(MOST_KEY_BYTES - 1), 1), bucket.delete('\u{1f389}'.repeat(500))])
    await t.throwsAsync(opened.commit([event(1), change]), { code: 'TS_STORE_KEY_TOO_LONG' });
  await opened.close();
  const again = await store(t, directory);
  t.deepEqual(keysIn(again).toSorted(), keys.toSorted());
  t.deepEqual(await events(again), []);
});

test('store: it knows what each bucket comes to, however it was closed', async (t) => {
  const [living, killed] = [folder(t), folder(t)];
  const opened = await store(t, living);
  const [a, b] = [opened.bucket<string>('a'), opened.bucket<string>('b')];
  await opened.commit([a.put('k', 'xx'), a.put('l', 'x'), b.put('k', 'xxx'), b.put('gone', 'x')]);
  await opened.commit([a.put('k', 'xxxxx'), b.delete('gone')]);
  cpSync(living, killed, { recursive: true, filter: (name) => !name.endsWith('lock') });
  await opened.close();
  const is = async (directory: string) => {
    const again = await store(t, directory);
    t.deepEqual(again.size('a'), { entries: 2, bytes: 'a/k"xxxxx"a/l"x"'.length });
    t.deepEqual(again.size('b'), { entries: 1, bytes: 'b/k"xxx"'.length });
    t.deepEqual(again.size('c'), { entries: 0, bytes: 0 });
    t.is(again.size().bytes, again.size('a').bytes + again.size('b').bytes);
    await again.close();
  };
  for (const directory of [living, killed]) await is(directory);
  rmSync(path.join(living, 'table'), { recursive: true });
  await is(living);
});

test('store: what failed is not latest any more, and is nowhere after a restart', async (t) => {
  const directory = folder(t);
  const disk = failingDisk();
  const opened = await openStore({ directory, now: () => 0, files: disk.files });
  const bucket = opened.bucket<number>('b');
  const heard: number[] = [];
  opened.onEvents((all) => heard.push(...all.map((each) => Number(each.event['n']))));
  await opened.commit([bucket.put('k', 1), event(1)]);
  disk.isFailing = true;
  const failed = opened.commit([bucket.put('k', 2), event(2)]);
  t.is(bucket.latest('k'), 2);
  await t.throwsAsync(failed, { code: 'TS_STORE_WRITE_FAILED' });
  t.is(bucket.latest('k'), 1);
  disk.isFailing = false;
  await opened.commit([event(3)]);
  await opened.close();
  t.deepEqual(heard, [1, 3]);
  const again = await store(t, directory);
  t.is(again.bucket<number>('b').get('k'), 1);
  t.deepEqual(await events(again), [1, 3]);
});

test('store: on a disk that fills up, get and scan know all that was acknowledged, and the table catches up', async (t) => {
  const room = smallRoom(t, '340k');
  if (room === undefined) return;
  const directory = path.join(room, 'store');
  const opened = await openStore({ directory, now: () => 0 });
  t.teardown(() => opened.close());
  const bucket = opened.bucket<{ pad: string }>('b');
  const keys: string[] = [];
  const put = async () => {
    const key = `k${String(keys.length).padStart(5, '0')}`;
    await opened.commit([bucket.put(key, { pad: 'x'.repeat(500) })]);
    keys.push(key);
  };
  const error = await t.throwsAsync(async () => {
    for (;;) await put();
  });
  t.like(error, { code: 'TS_STORE_FULL' });
  t.deepEqual(
    bucket.scan().map(({ key }) => key),
    keys,
  );
  t.deepEqual(
    bucket.scan('k', { reverse: true, limit: 3 }).map(({ key }) => key),
    keys.slice(-3).reverse(),
  );
  t.true(keys.every((key) => bucket.get(key) !== undefined));
  execFileSync('mount', ['-o', 'remount,size=4m', room]);
  await put();
  t.is(opened.stats()['unapplied'], 0);
  await opened.close();
  const again = await store(t, directory);
  t.deepEqual(keysIn(again), keys);
});

test('store: the table is made again from the log when it is gone, torn or altered', async (t) => {
  const directory = folder(t);
  const table = path.join(directory, 'table', 'table.mdb');
  const first = await store(t, directory);
  const bucket = first.bucket<number>('b');
  for (let i = 0; i < 200; i++) await first.commit([bucket.put(`k${i % 40}`, i), event(i)]);
  await first.commit([bucket.delete('k7')]);
  const before = bucket.scan();
  await first.close();
  const harms: [boolean, () => void][] = [
    [false, () => undefined],
    [true, () => rmSync(path.join(directory, 'table'), { recursive: true })],
    [true, () => truncateSync(table, 5000)],
    [true, () => truncateSync(table, 0)],
    [false, () => rmSync(path.join(directory, 'table', 'closed-well.json'))],
    [
      true,
      () => {
        const bytes = readFileSync(table);
        bytes.fill(0xff, 4096, 12_000);
        writeFileSync(table, bytes);
      },
    ],
  ];
  for (const [isRebuilt, harm] of harms) {
    harm();
    const again = await store(t, directory);
    t.is(again.found.rebuilt, isRebuilt);
    t.deepEqual(again.bucket<number>('b').scan(), before);
    await again.close();
  }
});

test('store: trimming loses no value, whatever is put and deleted around it', async (t) => {
  const step = fc.oneof(
    fc.record({ act: fc.constant('put' as const), key: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
    fc.record({ act: fc.constant('delete' as const), key: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
    fc.record({ act: fc.constantFrom('trim' as const, 'reopen' as const), key: fc.constant('') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const directory = folder(t);
      let opened = await openStore({ directory, now: () => 0, segmentBytes: 200 });
      const expected = new Map<string, number>();
      for (const [i, { act, key }] of steps.entries()) {
        const bucket = opened.bucket<number>('b');
        if (act === 'put') {
          await opened.commit([bucket.put(key, i)]);
          expected.set(key, i);
        } else if (act === 'delete') {
          await opened.commit([bucket.delete(key)]);
          expected.delete(key);
        } else if (act === 'trim') await opened.trim(opened.head());
        else {
          await opened.close();
          rmSync(path.join(directory, 'table'), { recursive: true });
          opened = await openStore({ directory, now: () => 0, segmentBytes: 200 });
        }
      }
      const found = opened.bucket<number>('b').scan();
      t.deepEqual(Object.fromEntries(found.map(({ key, value }) => [key, value])), Object.fromEntries(expected));
      await opened.close();
    }),
    { numRuns: 20 },
  );
});

test('store: trimming records again all of the many values of old segments', async (t) => {
  const directory = folder(t);
  const opened = await openStore({ directory, now: () => 0, segmentBytes: 4096 });
  const bucket = opened.bucket<number>('b');
  await opened.commit(Array.from({ length: 1200 }, (_, i) => bucket.put(`k${i}`, i)));
  for (let n = 0; n < 100; n++) await opened.commit([event(n)]);
  t.true((await opened.trim(opened.head())) > 0);
  await opened.close();
  rmSync(path.join(directory, 'table'), { recursive: true });
  const again = await store(t, directory);
  t.is(again.bucket('b').scan().length, 1200);
});

test('store: however large values are, and however much else waits, they are recorded again a little at a time', async (t) => {
  const directory = folder(t);
  const opened = await openStore({ directory, now: () => 0, segmentBytes: 64 * 1024, queueBytes: 4 * 1024 * 1024 });
  t.teardown(() => opened.close());
  const bucket = opened.bucket<string>('b');
  for (let i = 0; i < 60; i++) await opened.commit([bucket.put(`k${i}`, 'x'.repeat(100 * 1024))]);
  await opened.commit([event(1)]);
  const isOver = new AbortController();
  const others = (async () => {
    for (let n = 0; !isOver.signal.aborted; n++) await opened.commit([event(n)]);
  })();
  await opened.commit([event(2)]);
  t.true((await opened.trim(opened.head())) > 0);
  isOver.abort();
  await others;
  t.is(bucket.scan().length, 60);
});

test('store: a value whose change fails while it is trimmed, stays in the log', async (t) => {
  const directory = folder(t);
  const disk = failingDisk();
  const opened = await openStore({ directory, now: () => 0, segmentBytes: 64, files: disk.files });
  const bucket = opened.bucket<number>('b');
  await opened.commit([bucket.put('k', 1)]);
  for (let n = 0; n < 10; n++) await opened.commit([event(n)]);
  disk.isFailing = true;
  const change = opened.commit([bucket.put('k', 2)]);
  const trimming = opened.trim(opened.head());
  await t.throwsAsync(change, { code: 'TS_STORE_WRITE_FAILED' });
  await t.throwsAsync(trimming, { code: 'TS_STORE_WRITE_FAILED' });
  disk.isFailing = false;
  await opened.close();
  rmSync(path.join(directory, 'table'), { recursive: true });
  t.is((await store(t, directory)).bucket('b').get('k'), 1);
});

test('store: killed at any moment, again and again, it loses nothing acknowledged and reads nothing torn', async (t) => {
  const directory = folder(t);
  const acknowledged = new Set<number>();
  const writer = path.join(import.meta.dirname, 'writer.js');
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let left = 40 * (round + 1) + 13;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== 'ready') acknowledged.add(Number(line));
      if (left-- === 0) child.kill('SIGKILL');
    }
    await exited;
    const opened = await openStore({ directory, now: () => 0, segmentBytes: 64 * 1024 });
    t.deepEqual(opened.found.damage, []);
    const there = await events(opened);
    t.is(new Set(there).size, there.length);
    const missing = [...acknowledged].filter((n) => !there.includes(n));
    t.deepEqual(missing, [], `round ${round}`);
    for (const { value } of opened.bucket<{ event: number; n: number }>('writer').scan()) {
      t.like(await opened.event(value.event), { n: value.n }, 'an event and the value that names it stand together');
    }
    await opened.close();
  }
  t.true(acknowledged.size > 1000);
  t.true(readdirSync(path.join(directory, 'log')).length > 3);
});
