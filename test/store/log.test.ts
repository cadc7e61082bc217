import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { crc32c } from '../../store/crc32c.ts';
import { realFiles, type StoreFile, type StoreFiles } from '../../store/files.ts';
import { openJournal } from '../../store/journal.ts';
import { openLog, type LogOptions, type RecordLog } from '../../store/log.ts';
import { folder, mounted } from './folder.ts';

async function log(t: ExecutionContext, options: Partial<LogOptions> = {}): Promise<RecordLog> {
  const opened = await openLog({ directory: folder(t), now: () => 1_000, ...options });
  t.teardown(() => opened.close());
  return opened;
}

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

async function contents(opened: RecordLog, after = 0): Promise<[number, string][]> {
  const all: [number, string][] = [];
  for await (const records of opened.read(after)) {
    for (const { number, payload } of records) all.push([number, payload.toString()]);
  }
  return all;
}

/** The real files, with each operation of an open file passed through `around` first. */
function faulty(around: (operation: 'write' | 'datasync' | 'truncate') => number | void): StoreFiles {
  return {
    ...realFiles,
    async open(file, flags) {
      const real = await realFiles.open(file, flags);
      const wrapped: StoreFile = {
        async write(buffer, offset, length, position) {
          return real.write(buffer, offset, Math.min(length, around('write') ?? length), position);
        },
        async datasync() {
          around('datasync');
          await real.datasync();
        },
        async truncate(length) {
          around('truncate');
          await real.truncate(length);
        },
        close: () => real.close(),
      };
      return wrapped;
    },
  };
}

const segmentsIn = (directory: string) =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort();

test('crc32c: it is what going bit by bit gives, wherever it starts and ends', (t) => {
  const bitByBit = (bytes: Uint8Array): number => {
    let crc = ~0;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), fc.nat(20), (bytes, skip, drop) => {
      const end = Math.max(skip, bytes.length - drop);
      t.is(
        crc32c(bytes, Math.min(skip, bytes.length), Math.min(end, bytes.length)),
        bitByBit(bytes.subarray(skip, end)),
      );
    }),
  );
});

test('crc32c: it gives the check value of RFC 3720, in one piece or several', (t) => {
  t.is(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  const digits = Buffer.from('123456789');
  t.is(crc32c(digits), 0xe3069283);
  t.is(crc32c(digits, 4, 9, crc32c(digits, 0, 4)), 0xe3069283);
});

test('log: whatever is appended is read back in order, from any number, also after it was opened again', async (t) => {
  const append = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(append, { maxLength: 30 }), fc.nat(60), async (appends, after) => {
      const directory = folder(t);
      const options = { directory, now: () => 0, segmentBytes: 20_000 };
      const first = await openLog(options);
      const numbers = await Promise.all(appends.map((payloads) => first.append(payloads)));
      const expected = appends.flat().map((payload, i) => [i + 1, Buffer.from(payload).toString()] as const);
      t.deepEqual(
        numbers,
        appends.map((_, i) => appends.slice(0, i + 1).flat().length),
      );
      t.deepEqual(await contents(first, after), expected.slice(after));
      await first.close();
      const second = await openLog(options);
      t.deepEqual(second.found, { torn: 0, damage: [] });
      t.deepEqual(await contents(second, after), expected.slice(after));
      await second.close();
    }),
    { numRuns: 25 },
  );
});

test('log: what is appended at once shares commits', async (t) => {
  const opened = await log(t);
  await Promise.all(Array.from({ length: 5_000 }, () => opened.append(bytes('x'))));
  t.true(opened.stats().commits < 50, `${opened.stats().commits} commits`);
});

test('log: a torn end is cut and counted, wherever it is torn, and its numbers are not given again', async (t) => {
  const origin = folder(t);
  const opened = await openLog({ directory: origin, now: () => 0 });
  await opened.append(bytes('one', 'two'));
  const kept = opened.stats().bytes;
  await opened.append(bytes('three', 'four', 'five'));
  const whole = opened.stats().bytes;
  await opened.close();
  const name = segmentsIn(origin)[0] ?? '';
  for (let size = kept; size < whole; size++) {
    const directory = folder(t);
    copyFileSync(path.join(origin, name), path.join(directory, name));
    truncateSync(path.join(directory, name), size);
    const again = await openLog({ directory, now: () => 0 });
    t.deepEqual(again.found, { torn: size - kept, damage: [] });
    t.deepEqual(await contents(again), [
      [1, 'one'],
      [2, 'two'],
    ]);
    const number = await again.append(bytes('six'));
    t.true(size === kept ? number === 3 : number > 3);
    await again.close();
    const third = await openLog({ directory, now: () => 0 });
    t.deepEqual(third.found, { torn: 0, damage: [] });
    t.deepEqual((await contents(third)).at(-1), [number, 'six']);
    await third.close();
  }
});

test('log: a changed byte anywhere is found, the segment kept in quarantine, and all that is whole still read', async (t) => {
  const origin = folder(t);
  const opened = await openLog({ directory: origin, now: () => 0, segmentBytes: 100 });
  const texts = Array.from({ length: 12 }, (_, i) => `record number ${i}`);
  for (let i = 0; i < texts.length; i += 2) await opened.append(bytes(...texts.slice(i, i + 2)));
  await opened.close();
  const names = segmentsIn(origin);
  t.true(names.length >= 3);
  for (const [n, name] of names.entries()) {
    const good = readFileSync(path.join(origin, name));
    for (let at = 0; at < good.length; at += 3) {
      const directory = folder(t);
      mkdirSync(directory, { recursive: true });
      for (const each of names) copyFileSync(path.join(origin, each), path.join(directory, each));
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path.join(directory, name), bad);
      const again = await openLog({ directory, now: () => 0 });
      const { torn, damage } = again.found;
      const isLast = n === names.length - 1;
      t.true(damage.length === 1 || (isLast && torn > 0), `${name} byte ${at}: ${JSON.stringify(again.found)}`);
      for (const report of damage) {
        t.is(report.segment, path.join(directory, name));
        t.true(report.start <= at && at < report.end);
        t.deepEqual(readFileSync(report.quarantined), bad);
      }
      const left = await contents(again);
      t.true(left.every(([number, text]) => texts[number - 1] === text));
      t.true(left.length >= texts.length - 2 || isLast, `${name} byte ${at}: ${left.length} left`);
      t.true(left.length % 2 === 0, 'half of what was appended at once is not read');
      await again.close();
      const third = await openLog({ directory, now: () => 0 });
      t.deepEqual(third.found, { torn: 0, damage: [] });
      t.deepEqual(await contents(third), left);
      await third.close();
      rmSync(directory, { recursive: true });
    }
  }
});

test('log: behind a damaged gap record, however many numbers it skips, all is still read', async (t) => {
  for (const skipped of [100, 100_000]) {
    const directory = folder(t);
    const first = await log(t, { directory });
    await first.append(bytes('before'));
    await first.skipTo(skipped);
    await first.append(bytes('behind'));
    await first.close();
    const file = path.join(directory, '0000000000000001.log');
    const content = readFileSync(file);
    const at = content.indexOf('before') + 'before'.length;
    content.writeUInt8(content.readUInt8(at + 5) ^ 1, at + 5);
    writeFileSync(file, content);
    const opened = await log(t, { directory });
    t.deepEqual(await contents(opened), [
      [1, 'before'],
      [skipped + 1, 'behind'],
    ]);
    t.like(opened.found, { torn: 0 });
    t.like(opened.found.damage, [{ firstLost: 2, lastLost: skipped }]);
  }
});

test('log: a segment that is cut short or missing is damage, not silence', async (t) => {
  const origin = folder(t);
  const opened = await openLog({ directory: origin, now: () => 0, segmentBytes: 100 });
  for (let i = 0; i < 12; i++) await opened.append(bytes(`record number ${i}`));
  await opened.close();
  const [first = '', second = ''] = segmentsIn(origin);
  for (const harm of [
    (directory: string) => rmSync(path.join(directory, second)),
    (directory: string) => truncateSync(path.join(directory, first), 32 + 17 + 15),
    (directory: string) => truncateSync(path.join(directory, first), 0),
  ]) {
    const directory = folder(t);
    for (const name of segmentsIn(origin)) copyFileSync(path.join(origin, name), path.join(directory, name));
    harm(directory);
    const again = await openLog({ directory, now: () => 0 });
    t.is(again.found.damage.length, 1);
    const { firstLost = 0, lastLost = 0 } = again.found.damage[0] ?? {};
    const lost = Array.from({ length: lastLost - firstLost + 1 }, (_, i) => firstLost + i);
    t.true(lost.length > 0);
    const left = (await contents(again)).map(([number]) => number);
    t.deepEqual(
      [...left, ...lost].sort((a, b) => a - b),
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    await again.close();
  }
});

test('log: damage that comes while it is open is an error where it is read', async (t) => {
  const directory = folder(t);
  const opened = await log(t, { directory });
  await opened.append(bytes('one'));
  const file = path.join(directory, segmentsIn(directory)[0] ?? '');
  const bad = readFileSync(file);
  bad[60 - 10] = 0xff;
  writeFileSync(file, bad);
  await t.throwsAsync(contents(opened), { code: 'TS_STORE_DAMAGED', message: /is damaged at byte 32$/ });
});

test('log: a format of a newer version is refused, and says so', async (t) => {
  const directory = folder(t);
  const opened = await openLog({ directory, now: () => 0 });
  await opened.append(bytes('one'));
  await opened.close();
  const file = path.join(directory, segmentsIn(directory)[0] ?? '');
  const newer = readFileSync(file);
  newer.writeUInt32BE(2, 8);
  newer.writeUInt32BE(crc32c(newer, 0, 28), 28);
  writeFileSync(file, newer);
  await t.throwsAsync(openLog({ directory, now: () => 0 }), {
    code: 'TS_STORE_NEWER_VERSION',
    message: /written by a newer tsalt \(format 2; this one knows formats up to 1\)/,
  });
  t.deepEqual(readFileSync(file), newer, 'and is left as it was');
});

test('log: an fsync that fails fails what waited, its segment is left, and nothing of it is read ever', async (t) => {
  const directory = folder(t);
  let failing = 0;
  const files = faulty((operation) => {
    if (operation === 'datasync' && failing-- > 0) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  });
  const failed: number[] = [];
  const opened = await log(t, { directory, files, onFailed: (last) => failed.push(last) });
  await opened.append(bytes('one'));
  failing = 2;
  const lost = [opened.append(bytes('two')), opened.append(bytes('three'))];
  for (const each of lost)
    await t.throwsAsync(each, { code: 'TS_STORE_WRITE_FAILED', message: /nothing was recorded/ });
  await t.throwsAsync(opened.append(bytes('four')), { code: 'TS_STORE_WRITE_FAILED' });
  t.is(await opened.append(bytes('five')), 2);
  t.deepEqual(failed, [1, 1]);
  t.is(segmentsIn(directory).length, 2, 'it is not written to again');
  await opened.close();
  const again = await log(t, { directory });
  t.deepEqual(await contents(again), [
    [1, 'one'],
    [2, 'five'],
  ]);
  t.deepEqual(again.found.damage, []);
});

test('log: what a failed write leaves when it cannot be cut either is not read', async (t) => {
  const directory = folder(t);
  let isFailing = false;
  const files = faulty((operation) => {
    if (isFailing && operation !== 'write') throw Object.assign(new Error('EIO'), { code: 'EIO' });
  });
  const opened = await log(t, { directory, files });
  await opened.append(bytes('one'));
  isFailing = true;
  await t.throwsAsync(opened.append(bytes('two', 'three')), { code: 'TS_STORE_WRITE_FAILED' });
  isFailing = false;
  await opened.append(bytes('four'));
  await opened.close();
  const again = await log(t, { directory });
  t.deepEqual(await contents(again), [
    [1, 'one'],
    [2, 'four'],
  ]);
  t.deepEqual(again.found.damage, []);
  t.true(again.found.torn > 0);
});

test('log: short writes are gone on with', async (t) => {
  const opened = await log(t, { files: faulty((operation) => (operation === 'write' ? 7 : undefined)) });
  await opened.append(bytes('a longer text than seven bytes', 'another'));
  t.deepEqual(await contents(opened), [
    [1, 'a longer text than seven bytes'],
    [2, 'another'],
  ]);
});

test('log: one process at a time, and the one that has it is named', async (t) => {
  const directory = folder(t);
  const opened = await openLog({ directory, now: () => 0, purpose: 'the master' });
  await t.throwsAsync(openLog({ directory, now: () => 0 }), {
    code: 'TS_STORE_LOCKED',
    message: new RegExp(`in use by process ${process.pid} \\(the master\\)`),
  });
  await opened.close();
  await t.throwsAsync(opened.append(bytes('late')), { code: 'TS_STORE_CLOSED' });
  await (await openLog({ directory, now: () => 0 })).close();
});

test('log: too much waiting, or too much in one record, is refused', async (t) => {
  const opened = await log(t, { queueBytes: 1000 });
  const waiting = opened.append([Buffer.alloc(900)]);
  await t.throwsAsync(opened.append([Buffer.alloc(200)]), { code: 'TS_STORE_BUSY' });
  await waiting;
  t.is(await opened.append([Buffer.alloc(200)]), 2);
  await t.throwsAsync(opened.append([Buffer.alloc(16 * 1024 * 1024 + 1)]), { code: 'TS_STORE_TOO_BIG' });
  t.is(opened.stats().refused, 1);
});

test('log: trimming deletes whole segments, never the newest, while somebody reads', async (t) => {
  const directory = folder(t);
  const opened = await log(t, { directory, segmentBytes: 2000 });
  for (let i = 0; i < 100; i++) await opened.append([Buffer.alloc(100, i)]);
  const reader = opened.read(0);
  await reader.next();
  t.true((await opened.trim(50)) > 0);
  t.true(opened.first() <= 50 && opened.first() > 30);
  t.is((await contents(opened)).length, 101 - opened.first());
  await reader.return(undefined);
  await opened.trim(Infinity);
  t.is(segmentsIn(directory).length, 1);
  t.is(opened.head(), 100);
});

test('log: on a full disk nothing is acknowledged that is not there, and it goes on when there is space', async (t) => {
  const directory = folder(t);
  if (!mounted(directory, '256k')) {
    t.log('skipped: no tmpfs can be mounted here (it takes root)');
    t.pass();
    return;
  }
  t.teardown(() => execFileSync('umount', ['-l', directory]));
  const place = path.join(directory, 'log');
  const opened = await openLog({ directory: place, now: () => 0 });
  const acknowledged: number[] = [];
  const append = async () => acknowledged.push(await opened.append([Buffer.alloc(3000, 65)]));
  const error = await t.throwsAsync(async () => {
    for (;;) await append();
  });
  t.like(error, { code: 'TS_STORE_FULL' });
  await t.throwsAsync(Promise.all([append(), append()]), { code: 'TS_STORE_FULL' });
  t.is((await contents(opened)).length, acknowledged.length);
  execFileSync('mount', ['-o', 'remount,size=1m', directory]);
  await append();
  await opened.close();
  const again = await openLog({ directory: place, now: () => 0 });
  t.deepEqual(again.found, { torn: 0, damage: [] });
  t.deepEqual(
    (await contents(again)).map(([number]) => number),
    acknowledged,
  );
  await again.close();
});

test('journal: its records are there after a restart, without those that were trimmed', async (t) => {
  const options = { directory: folder(t), now: () => 0, segmentBytes: 100 };
  const first = await openJournal(options);
  for (let i = 0; i < 20; i++) await first.append({ i, text: 'some text of some length' });
  await first.trim(10);
  await first.close();
  const again = await openJournal(options);
  const left: number[] = [];
  for await (const { position, record } of again.replay()) {
    t.is(record['i'], position - 1);
    left.push(position);
  }
  t.deepEqual(
    left.slice(-11),
    Array.from({ length: 11 }, (_, i) => 10 + i),
  );
  t.true(left.length < 14);
  await again.close();
});
