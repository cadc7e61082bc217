import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { RECORD_HEAD_BYTES } from '../../store/record.ts';
import { openStore, type Bucket, type Store } from '../../store/store.ts';
import { MOST_KEY_BYTES } from '../../store/table.ts';
import { realFiles, type StoreFiles } from '../../store/files.ts';
import { folder, mounted } from './folder.ts';

async function store(t: ExecutionContext, directory: string, segmentBytes = 1024 * 1024): Promise<Store> {
  const opened = await openStore({ directory, now: () => 0, segmentBytes });
  t.teardown(() => opened.close());
  return opened;
}

async function events(opened: Store, after = 0): Promise<number[]> {
  const all: number[] = [];
  for await (const piece of opened.events(after)) all.push(...piece.map(({ event }) => Number(event['n'])));
  return all;
}

/** A directory with so much room; undefined where there can be none. */
function smallRoom(t: ExecutionContext, size: string): string | undefined {
  const room = folder(t);
  if (!mounted(room, size)) {
    t.log('skipped: no tmpfs can be mounted here (it takes root)');
    t.pass();
    return undefined;
  }
  t.teardown(() => execFileSync('umount', ['-l', room]));
  return room;
}

/** Real files, of which no sync succeeds while `isFailing`. */
function failingDisk() {
  const disk = {
    isFailing: false,
    files: {
      ...realFiles,
      async open(file, flags) {
        const real = await realFiles.open(file, flags);
        return {
          write: (...args) => real.write(...args),
          truncate: (length) => real.truncate(length),
          close: () => real.close(),
          async datasync() {
            if (disk.isFailing) throw new Error('EIO');
            await real.datasync();
          },
        };
      },
    } satisfies StoreFiles,
  };
  return disk;
}

const event = (n: number) => ({ kind: 'event', event: { n } }) as const;

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
  t.deepEqual(
    again
      .bucket('b')
      .scan()
      .map(({ key }) => key)
      .toSorted(),
    keys.toSorted(),
  );
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
  t.deepEqual(
    again
      .bucket('b')
      .scan()
      .map(({ key }) => key),
    keys,
  );
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

/** A store whose process was killed with these changes made, one commit each; the segment is then harmed. */
async function killedWith(
  t: ExecutionContext,
  make: (bucket: ReturnType<Store['bucket']>) => readonly Parameters<Store['commit']>[0][],
  harm: (segment: Buffer) => Buffer,
): Promise<string> {
  const [directory, copy] = [folder(t), path.join(folder(t), 'killed')];
  const before = await store(t, directory);
  for (const changes of make(before.bucket('b'))) await before.commit(changes);
  // What a killed process leaves: no note that it was closed well, and what it had written.
  cpSync(directory, copy, { recursive: true, filter: (name) => !name.endsWith('lock') });
  const [segment = ''] = readdirSync(path.join(copy, 'log')).filter((name) => name.endsWith('.log'));
  const file = path.join(copy, 'log', segment);
  writeFileSync(file, harm(readFileSync(file)));
  return copy;
}

const freeBytes = (directory: string): number => {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
};

const flipped = (bytes: Buffer, text: string): Buffer => {
  const at = bytes.indexOf(text);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from('?'), bytes.subarray(at + 1)]);
};

test('store: values of a record that was damaged, are taken from the table, and are there for good', async (t) => {
  const directory = await killedWith(
    t,
    (b) => [[b.put('a', 'first'), event(1)], [b.put('c', 'second')], [b.put('a', 'third')], [b.put('d', 4)]],
    (bytes) => flipped(flipped(bytes, 'second'), 'third'),
  );
  for (const round of ['from the table', 'from the log']) {
    const opened = await openStore({ directory, now: () => 0 });
    const bucket = opened.bucket('b');
    t.deepEqual(
      bucket.scan().map(({ key, value }) => [key, value]),
      [
        ['a', 'third'],
        ['c', 'second'],
        ['d', 4],
      ],
      round,
    );
    t.is(opened.found.regained, round === 'from the table' ? 2 : 0);
    await opened.close();
    rmSync(path.join(directory, 'table'), { recursive: true });
  }
});

test('store: what a damaged record deleted, does not come back', async (t) => {
  const directory = await killedWith(
    t,
    (b) => [[b.put('gone', 1)], [b.delete('gone')], [b.put('stays', 2)]],
    (bytes) => flipped(bytes, 'D"b/gone"'),
  );
  for (const regained of [1, 0]) {
    const opened = await openStore({ directory, now: () => 0 });
    t.deepEqual(opened.bucket('b').scan(), [{ key: 'stays', value: 2 }]);
    t.is(opened.found.regained, regained);
    await opened.close();
    rmSync(path.join(directory, 'table'), { recursive: true });
  }
});

test('store: a last record that is damaged looks like one that was cut off; the table tells that it was whole', async (t) => {
  const directory = await killedWith(
    t,
    (b) => [[b.put('a', 1)], [b.put('last', 'word')]],
    (bytes) => flipped(bytes, 'word'),
  );
  for (const regained of [1, 0]) {
    const opened = await openStore({ directory, now: () => 0 });
    t.is(opened.bucket('b').get('last'), 'word');
    t.is(opened.found.regained, regained);
    t.true((await opened.commit([opened.bucket('b').put('a', 3)])) > 3, 'no number is given twice');
    await opened.close();
    rmSync(path.join(directory, 'table'), { recursive: true });
  }
});

test('store: killed while it takes from the table what the log lost, it goes on with it at the next start', async (t) => {
  const many = Array.from({ length: 600 }, (_, i) => `k${i}`);
  const harms = {
    damaged: (bytes: Buffer) => flipped(bytes, '"b/k0"'),
    torn: (bytes: Buffer) => bytes.subarray(0, bytes.length - 3),
    missing: (bytes: Buffer) => bytes.subarray(0, bytes.indexOf('P["b/k0"') - RECORD_HEAD_BYTES),
  };
  for (const [what, harm] of Object.entries(harms)) {
    for (const point of ['log-writing', 'log-synced']) {
      const all = (b: Bucket<unknown>) => many.map((key) => b.put(key, 1));
      const directory = await killedWith(
        t,
        (b) => (what === 'damaged' ? [all(b), [event(1)]] : [[event(1)], all(b)]),
        harm,
      );
      const child = spawn(process.execPath, [path.join(import.meta.dirname, 'writer.js'), directory], {
        env: { ...process.env, TSALT_FAIL: `${point}:1:kill9` },
        stdio: 'ignore',
      });
      t.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
      for (const round of ['from the table', 'from the log']) {
        const opened = await openStore({ directory, now: () => 0 });
        t.is(opened.bucket('b').scan().length, 600, `${what}, ${point}, ${round}`);
        await opened.close();
        rmSync(path.join(directory, 'table'), { recursive: true });
      }
    }
  }
});

test('store: records that are missing at the end, cut off between two or with their segment, are known by the table', async (t) => {
  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.indexOf('P["b/last"') - RECORD_HEAD_BYTES);
  for (const harm of [cut, () => undefined]) {
    for (const how of ['closed', 'killed']) {
      const [living, directory] = [folder(t), folder(t)];
      const before = await openStore({ directory: living, now: () => 0 });
      await before.commit([before.bucket('b').put('a', 1)]);
      const last = await before.commit([before.bucket('b').put('last', 'word')]);
      if (how === 'closed') await before.close();
      cpSync(living, directory, { recursive: true, filter: (name) => !name.endsWith('lock') });
      await before.close();
      const file = path.join(directory, 'log', '0000000000000001.log');
      const left = harm(readFileSync(file));
      if (left) writeFileSync(file, left);
      else rmSync(file);
      for (const regained of [left ? 1 : 2, 0]) {
        const opened = await openStore({ directory, now: () => 0 });
        t.is(opened.bucket('b').get('last'), 'word', how);
        t.is(opened.bucket('b').get('a'), 1);
        t.is(opened.found.regained, regained);
        t.true((await opened.commit([event(1)])) > last, 'no number is given twice');
        t.deepEqual(await events(opened), regained > 0 ? [1] : [1, 1]);
        await opened.close();
        rmSync(path.join(directory, 'table'), { recursive: true });
      }
    }
  }
});

test('store: records that are missing at the beginning, trimmed or not, are known by the table', async (t) => {
  for (const isTrimmed of [false, true]) {
    const [living, directory] = [folder(t), folder(t)];
    const before = await openStore({ directory: living, now: () => 0, segmentBytes: 300 });
    const bucket = before.bucket<number>('b');
    for (let i = 0; i < 30; i++) await before.commit([bucket.put(`k${i}`, i), event(i)]);
    await before.commit([bucket.delete('k7')]);
    if (isTrimmed) t.true((await before.trim(20)) > 0);
    // Of a value no longer: the table is behind the log.
    for (let i = 30; i < 60; i++) await before.commit([event(i)]);
    const values = bucket.scan();
    cpSync(living, directory, { recursive: true, filter: (name) => !name.endsWith('lock') });
    await before.close();
    const segments = readdirSync(path.join(directory, 'log')).filter((name) => name.endsWith('.log'));
    for (const name of segments.slice(0, -2)) rmSync(path.join(directory, 'log', name));
    for (const round of ['from the table', 'from the log']) {
      const opened = await openStore({ directory, now: () => 0, segmentBytes: 300 });
      t.deepEqual(opened.bucket('b').scan(), values, round);
      t.is(opened.found.missing > 0, round === 'from the table');
      await opened.close();
      rmSync(path.join(directory, 'table'), { recursive: true });
    }
  }
});

test('store: a table that is older than all of a trimmed log, is made again', async (t) => {
  const directory = folder(t);
  const before = await openStore({ directory, now: () => 0, segmentBytes: 300 });
  const bucket = before.bucket<number>('b');
  await before.commit([bucket.put('gone', 1), bucket.put('stays', 2)]);
  const old = folder(t);
  cpSync(path.join(directory, 'table'), old, { recursive: true });
  await before.commit([bucket.delete('gone')]);
  for (let i = 0; i < 30; i++) await before.commit([event(i)]);
  t.true((await before.trim(before.head())) > 0);
  await before.close();
  rmSync(path.join(directory, 'table'), { recursive: true });
  cpSync(old, path.join(directory, 'table'), { recursive: true });
  const opened = await store(t, directory);
  t.deepEqual(opened.bucket('b').scan(), [{ key: 'stays', value: 2 }]);
  t.like(opened.found, { missing: 0, regained: 0 });
});

test('store: with no room to copy the only thing that knows what the log lost, it does not open, and nothing is lost', async (t) => {
  const room = smallRoom(t, '2m');
  if (room === undefined) return;
  const rounds = Array.from({ length: 20 }, (_, i) => i);
  const hundred = (b: Bucket<unknown>, round: number) =>
    Array.from({ length: 100 }, (_, i) => b.put(`k${round}.${i}`, 'x'.repeat(100)));
  for (const isDamaged of [false, true]) {
    const made = await killedWith(
      t,
      (b) => rounds.map((round) => hundred(b, round)),
      (bytes) => (isDamaged ? flipped(bytes, '"b/k0.0"') : bytes),
    );
    const directory = path.join(room, 'store');
    cpSync(made, directory, { recursive: true });
    const filler = path.join(room, 'filler');
    // A damaged log is kept beside the mended one.
    writeFileSync(filler, Buffer.alloc(freeBytes(room) - (isDamaged ? 400 : 100) * 1024));
    const opening = openStore({ directory, now: () => 0 });
    // Where the log has all that is in it, the table is made again.
    if (isDamaged) await t.throwsAsync(opening, { code: 'TS_STORE_FULL' });
    else await (await opening).close();
    rmSync(filler);
    for (const round of ['from the table', 'from the log']) {
      const opened = await openStore({ directory, now: () => 0 });
      t.is(opened.bucket('b').scan().length, 2000, round);
      await opened.close();
      rmSync(path.join(directory, 'table'), { recursive: true });
    }
    rmSync(directory, { recursive: true });
  }
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
