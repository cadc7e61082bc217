import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { RECORD_HEAD_BYTES } from '../../store/record.ts';
import { openStore, type Bucket, type Store } from '../../store/store.ts';
import { folder } from './folder.ts';
import { event, events, smallRoom, store } from './kit.ts';

/* What the log has lost, and its table knows. */

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
