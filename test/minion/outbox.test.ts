import { fork } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { jobQueue } from '../../minion/jobs/queue.ts';
import { openOutbox, type Outbox } from '../../minion/outbox.ts';
import { decodeJson, encodeJson } from '../../wire/codec.ts';
import { fakeClock } from '../kit/clock.ts';
import { folder } from '../store/folder.ts';

const done = { return: true, success: true, retcode: 0, out: 'nested' };

async function opened(t: ExecutionContext, directory: string): Promise<Outbox> {
  const outbox = await openOutbox({ directory, clock: fakeClock(), log: silent });
  t.teardown(() => outbox.close().catch(() => {}));
  return outbox;
}

const numbers = (outbox: Outbox, after = 0) => [...outbox.after(after)].map(({ n }) => n);
const bodies = (outbox: Outbox): JsonMap[] => [...outbox.after(0)].map(({ body }) => body);

test('outbox: numbers without gaps; what is acknowledged goes, the rest is there after a restart', async (t) => {
  const directory = folder(t);
  const first = await opened(t, directory);
  await first.addEvent('a', { x: 1 });
  await first.addAccepted('j1', 'test.ping');
  await first.addReturn('j1', 'test.ping', done);
  t.deepEqual(numbers(first), [1, 2, 3]);
  t.deepEqual(numbers(first, 2), [3]);
  t.deepEqual(numbers(first, 7), []);
  first.acknowledged(1);
  first.acknowledged(1);
  t.is(first.waiting, 2);
  await first.close();

  const second = await opened(t, directory);
  t.is(second.name, first.name, 'the same sequence goes on');
  t.deepEqual(numbers(second), [2, 3]);
  await second.addEvent('b', {});
  t.deepEqual(numbers(second), [2, 3, 4]);
  second.acknowledged(4);
  await second.close();

  const third = await opened(t, directory);
  t.is(third.waiting, 0);
  await third.addEvent('c', {});
  t.deepEqual(numbers(third), [5], 'a number is never given twice');
});

test('outbox: a job that was taken and never returned is known as unfinished after a restart', async (t) => {
  const directory = folder(t);
  const first = await opened(t, directory);
  await first.addAccepted('j1', 'test.sleep');
  await first.addAccepted('j2', 'test.ping');
  await first.addReturn('j2', 'test.ping', done);
  t.true(first.knows('j1') && first.knows('j2'));
  t.false(first.knows('j3'));
  // The master has the note that it was taken; what is owed is the return.
  first.acknowledged(3);
  await first.close();
  const second = await opened(t, directory);
  t.deepEqual(second.unfinished(), [{ jid: 'j1', fun: 'test.sleep' }]);
  t.true(second.knows('j2'), 'it is not run again');
});

test('outbox: a long return is sent in parts that make the whole again', async (t) => {
  const outbox = await opened(t, folder(t));
  const text = 'ü"\n'.repeat(150_000);
  await outbox.addReturn('j1', 'cmd.run', { ...done, return: text });
  const parts = bodies(outbox);
  t.true(parts.length > 2);
  t.deepEqual(
    parts.map(({ part, parts: count }) => [part, count]),
    parts.map((_, index) => [index + 1, parts.length]),
  );
  t.is(JSON.parse(parts.map(({ text: piece }) => asText(piece)).join('')), text);
});

test('outbox: no part of a return begins or ends within a character', async (t) => {
  const outbox = await opened(t, folder(t));
  // With the quote before it, wherever a part ends there is one that begins one unit before its end.
  for (const before of ['', 'a']) {
    const value = before + '\u{1f389}'.repeat(250_000);
    await outbox.addReturn('j', 'test.echo', { ...done, return: value });
    const parts = bodies(outbox).map(({ text }) => decodeJson(encodeJson({ text: text ?? null }))?.text);
    t.true(parts.length > 2);
    t.is(JSON.parse(parts.map(asText).join('')), value);
    outbox.acknowledged(parts.length);
  }
});

test('outbox: more returns at once than the disk takes, no number is left out, and each is there whole or not at all', async (t) => {
  const directory = folder(t);
  const outbox = await opened(t, directory);
  const adding = Array.from({ length: 12 }, async (_, i) =>
    outbox.addReturn(`j${i}`, 'cmd.run', { ...done, return: 'x'.repeat(4_000_000) }),
  );
  const outcomes = await Promise.allSettled(adding);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  t.true(refused.length > 0 && refused.length < 12, `${refused.length}`);
  await outbox.addEvent('later', {});
  const inOrder = Array.from({ length: outbox.waiting }, (_, i) => i + 1);
  t.deepEqual(numbers(outbox), inOrder);
  const last = bodies(outbox).filter(({ part, parts }) => part !== undefined && part === parts);
  t.is(last.length, 12 - refused.length);
  t.is(outbox.waiting, last.length * 21 + 1, 'nothing of those that were refused');
  await outbox.close();
  t.deepEqual(numbers(await opened(t, directory)), inOrder);
});

test('outbox: however many items wait, they are all there when it is begun anew', async (t) => {
  const outbox = await opened(t, folder(t));
  const many = 130_000;
  for (let i = 0; i < many; i += 10_000)
    await Promise.all(Array.from({ length: 10_000 }, (_, j) => outbox.addAccepted(`j${i + j}`, 'test.ping')));
  await outbox.restart();
  await outbox.addAccepted('late', 'test.ping');
  t.is(outbox.waiting, many + 1);
  t.deepEqual(numbers(outbox).slice(-2), [many, many + 1]);
});

test('outbox: a return too long to be sent is a failure that says so', async (t) => {
  const outbox = await opened(t, folder(t));
  await outbox.addReturn('j1', 'cmd.run', { ...done, return: 'x'.repeat(5 * 1024 * 1024) });
  const [only] = bodies(outbox);
  t.is(outbox.waiting, 1);
  t.like(only, { success: false, retcode: 1, jid: 'j1' });
  t.regex(asText(only?.['text']), /cmd\.run/);
});

test('outbox: an event that no message can hold is refused, and those behind it go on', async (t) => {
  const outbox = await opened(t, folder(t));
  let deep: JsonMap = {};
  for (let level = 0; level < 500; level++) deep = { deep };
  await t.throwsAsync(outbox.addEvent('a', deep));
  await outbox.addEvent('b', {});
  t.deepEqual(numbers(outbox), [1]);
});

test('outbox: a torn end, a new sequence with what is left', async (t) => {
  const directory = folder(t);
  const first = await opened(t, directory);
  for (const n of [1, 2, 3]) await first.addEvent('t', { n });
  first.acknowledged(1);
  await first.close();
  const log = path.join(directory, 'log');
  const [segment = ''] = readdirSync(log).filter((name) => name.endsWith('.log'));
  truncateSync(path.join(log, segment), statSync(path.join(log, segment)).size - 3);

  const second = await opened(t, directory);
  t.not(second.name, first.name, 'the master must not take it for the old one');
  t.deepEqual(numbers(second), [1], 'from 1 on');
  t.deepEqual(
    bodies(second).map(({ data }) => data),
    [{ n: 2 }],
    'what the master has is not sent again',
  );
});

test('outbox: whatever byte of the note of its place is changed, nothing that waits is left out, and it says so', async (t) => {
  const directory = folder(t);
  const first = await opened(t, directory);
  for (const tag of ['a', 'b', 'c']) await first.addEvent(tag, {});
  first.acknowledged(1);
  await first.close();
  const file = path.join(directory, 'place.json');
  const note = readFileSync(file);
  for (let at = 0; at < note.length; at++) {
    const copy = folder(t);
    cpSync(directory, copy, { recursive: true });
    const changed = Buffer.from(note);
    changed[at] = (changed[at] ?? 0) ^ 3;
    writeFileSync(path.join(copy, 'place.json'), changed);
    const said: string[] = [];
    const again = await openOutbox({ directory: copy, clock: fakeClock(), log: (_, words) => void said.push(words) });
    const tags = bodies(again).map(({ tag }) => tag);
    await again.close();
    t.deepEqual(tags.slice(-2), ['b', 'c'], `byte ${at}: ${changed.toString()}`);
    t.regex(again.name, /^[\w-]+$/);
    t.not(again.name, first.name);
    t.regex(said.join(), /was damaged/);
  }
  writeFileSync(file, JSON.stringify({ name: first.name, acknowledged: 1 }));
  t.deepEqual(numbers(await opened(t, directory)), [2, 3], 'the note of an earlier version');
});

test('outbox: kill -9 in a burst, every event that was safe is there, once and in order', async (t) => {
  const directory = folder(t);
  // It may have come further than it could still say: each life has numbers of its own.
  const firsts = [0, 1_000_000, 2_000_000];
  const safe: number[] = [];
  for (const first of firsts) {
    const child = fork(path.join(import.meta.dirname, 'outbox-child.js'), [directory, String(first)]);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.on('message', (n: number) => {
      safe.push(n);
      if (n >= first + 15) child.kill('SIGKILL');
    });
    await ended;
  }
  const outbox = await opened(t, directory);
  const there = bodies(outbox).map(({ data }) => (data as { n: number }).n);
  const wholes = there.filter((n) => Number.isInteger(n));
  for (const first of firsts) t.true(safe.includes(first + 15));
  for (const n of safe) t.true(there.includes(n) && there.includes(n + 0.5), `event ${n}`);
  t.deepEqual(
    numbers(outbox),
    there.map((_, index) => index + 1),
  );
  t.deepEqual(
    [...wholes].sort((a, b) => a - b),
    wholes,
  );
});

test('outbox: what is acknowledged is cleared away from the disk', async (t) => {
  const directory = folder(t);
  const outbox = await opened(t, directory);
  const data = { text: 'x'.repeat(20_000) };
  for (let round = 0; round < 6; round++) {
    await Promise.all(Array.from({ length: 100 }, () => outbox.addEvent('t', data)));
    for (const n of numbers(outbox)) outbox.acknowledged(n);
  }
  await outbox.close();
  const log = path.join(directory, 'log');
  const bytes = readdirSync(log).reduce((sum, name) => sum + statSync(path.join(log, name)).size, 0);
  t.true(bytes < 9 * 1024 * 1024, `${bytes} of 12 MB`);
});

test('queue: state runs one by one and in order, others beside them, no more than so many', async (t) => {
  const queue = jobQueue(3);
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (name: string, exclusive: boolean) =>
    queue.run(exclusive, () => {
      log.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const all = [
    start('state1', true),
    start('state2', true),
    start('ping1', false),
    start('ping2', false),
    start('ping3', false),
  ];
  await turn();
  t.deepEqual(log, ['state1', 'ping1', 'ping2'], 'a waiting state run holds up nobody');
  t.is(queue.running, 3);
  t.is(queue.waiting, 2);
  ends.get('ping1')?.();
  await turn();
  t.deepEqual(log.slice(3), ['ping3']);
  ends.get('state1')?.();
  await turn();
  t.deepEqual(log.slice(4), ['state2']);
  for (const end of ends.values()) end();
  t.deepEqual(await Promise.all(all), ['state1', 'state2', 'ping1', 'ping2', 'ping3']);
  t.is(queue.running, 0);
});

test('queue: work that fails gives its place back; too many that wait are refused', async (t) => {
  const queue = jobQueue(1);
  await t.throwsAsync(
    queue.run(true, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.is(await queue.run(true, async () => 'next'), 'next');
  let end = (): void => {};
  const held = queue.run(true, () => new Promise<void>((resolve) => (end = resolve)));
  const waiting = Array.from({ length: 1000 }, () => queue.run(false, async () => {}));
  await t.throwsAsync(
    queue.run(false, async () => {}),
    { code: 'TS_JOB_TOO_MANY' },
  );
  end();
  await Promise.all([held, ...waiting]);
  t.is(queue.waiting, 0);
});

test("outbox: a state's result that is too long for a message, kept without its changes", async (t) => {
  const outbox = await opened(t, folder(t));
  const result = {
    name: '/f',
    result: true,
    comment: 'done',
    __run_num__: 0,
    __id__: 'f',
    __sls__: 'x',
    start_time: '',
    duration: 1,
  };
  await outbox.addResult('j1', { ...result, changes: { diff: 'short' } }, 2);
  await outbox.addResult('j1', { ...result, changes: { diff: 'x'.repeat(300_000) } }, 2);
  const deep = Array.from({ length: 30 }).reduce<Json>((inner) => ({ inner }), 'x');
  for (const changes of [{ deep }, { many: Array<Json>(60_000).fill(0) }]) {
    await outbox.addResult('j1', { ...result, changes }, 2);
  }
  const [short, long, ...others] = bodies(outbox);
  t.is(others.length, 2);
  for (const other of others) t.like(other, { ret: { changes: {}, name: '/f', result: true } });
  t.like(short, { jid: 'j1', total: 2, ret: { changes: { diff: 'short' } } });
  t.like(long, { ret: { changes: {}, name: '/f', result: true } });
  t.regex(JSON.stringify(long), /done\\n\(what it changed is too long/);
});

test('outbox: begun anew, what waits has new numbers, also after a restart, and what comes meanwhile is behind it', async (t) => {
  const directory = folder(t);
  const first = await opened(t, directory);
  for (const tag of ['a', 'b', 'c']) await first.addEvent(tag, {});
  await first.addAccepted('j1', 'test.sleep');
  first.acknowledged(2);
  t.true(first.fits(2) && first.fits(4));
  t.false(first.fits(1) || first.fits(5));
  const before = first.name;
  await Promise.all([first.addEvent('early', {}), first.restart(), first.addEvent('late', {})]);
  t.not(first.name, before);
  const tags = (outbox: Outbox) => [...outbox.after(0)].map(({ n, body }) => [n, body['tag'] ?? body['jid']]);
  const expected = [
    [1, 'c'],
    [2, 'j1'],
    [3, 'early'],
    [4, 'late'],
  ];
  t.deepEqual(tags(first), expected);
  t.true(first.fits(0));
  first.acknowledged(2);
  await first.close();

  const second = await opened(t, directory);
  t.is(second.name, first.name);
  t.deepEqual(tags(second), expected.slice(2));
  t.deepEqual(second.unfinished(), [{ jid: 'j1', fun: 'test.sleep' }]);
});
