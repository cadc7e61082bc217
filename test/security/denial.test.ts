import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { sleep, systemClock } from '../../lib/clock.ts';
import type { WireMap } from '../../wire/codec.ts';
import { kinds, type Kind } from '../../wire/envelope.ts';
import { MinionHandshake } from '../../wire/handshake.ts';
import { Intake } from '../../wire/intake.ts';
import { generateIdentity } from '../../wire/keys.ts';
import { fakeClock } from '../kit/clock.ts';
import { eventually } from '../kit/eventually.ts';
import { accepted, startMaster, startMinion, until } from '../wire/kit.ts';
import { type MinionSockets, openMinionSockets } from '../../wire/sockets.ts';
import { applicant, books } from '../master/books.ts';
import { count, raw, rogue, standing, untouched, type Raw } from './kit.ts';

/* One bad peer slows no other. */

test('denial: a flood of handshakes is bounded, and sessions go on', async (t) => {
  const { master, minion } = await standing(t, { limits: { waiting: 5, hellosPerSecond: 5 } });
  const peers = Array.from({ length: 40 }, () => raw(t, master));
  for (const peer of peers) await peer.send(new MinionHandshake(generateIdentity(), Buffer.alloc(32)).hello);
  await until('some are turned away', () => count(master, 'refused.hurried') > 0);
  t.true(count(master, 'challenged') <= 5);
  await untouched(t, master, minion);
});

test('denial: every kind of message with every kind of body, in a session and while waiting, harms nobody', async (t) => {
  const { master, minion } = await standing(t);
  const bodies = [
    {},
    { seen: 1e15, items: [[1, 9, Buffer.from([0x80])]] },
    { seen: -1, items: 'none', from: 0 },
    { from: 1.5, n: 'x' },
    { from: 1e15, id: 1, q: 'x' },
    { id: 'x', q: 7, body: 'y' },
    { items: [[], [1], [1, 0], [1, 0, Buffer.from('ff', 'hex')], null, { n: 1 }] },
  ];
  const rogues: Raw[] = [];
  for (const act of ['accept', 'pend'] as const) {
    master.admit = () => (act === 'accept' ? { act, durable: 0 } : { act, reason: '' });
    const bad = await rogue(t, master, `bad-${act}`);
    for (const kind of Object.values(kinds)) {
      if (kind === kinds.bye) continue;
      for (const body of bodies) await bad.send(bad.channel.seal(kind, body));
    }
    await bad.send(bad.channel.seal(kinds.beat, {}));
    await until('it is still answered', () => bad.answers.length > 3);
    rogues.push(bad);
  }
  await until('they are counted', () => count(master, 'refused.unexpected') > 50);
  for (const bad of rogues) bad.close();
  await until('what they said is done with', () => count(master, 'peers') === 1);
  t.is(count(master, 'failed'), 0);
  master.applicants.splice(1);
  await untouched(t, master, minion);
});

test('denial: one that floods is slowed, then closed; another one’s questions do not wait for it', async (t) => {
  const { master, minion } = await standing(t, { limits: { messagesPerSecond: 100 } });
  const bad = await rogue(t, master, 'bad');
  for (let i = 0; i < 3000; i++) await bad.send(bad.channel.seal(kinds.beat, { seen: 0 }));
  await until('it is closed', () => count(master, 'peers') === 1);
  t.true(count(master, 'delayed') > 500);
  const began = systemClock.monotonic();
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
  t.true(systemClock.monotonic() - began < 5000);
});

test('denial: asking for much work by little messages gets little of it', async (t) => {
  const { master, minion } = await standing(t);
  master.admit = ({ id }) => (String(id) === 'busy' ? { act: 'accept', durable: 0 } : { act: 'pend', reason: '' });
  const hurried = () => count(master, 'refused.hurried');
  /** Says it again and again until it is held back, and gives for how many seconds. */
  const insist = async (bad: Awaited<ReturnType<typeof rogue>>, kind: Kind, body: WireMap): Promise<number> => {
    const [began, wanted] = [systemClock.monotonic(), hurried() + 100];
    while (hurried() < wanted) for (let i = 0; i < 50; i++) await bad.send(bad.channel.seal(kind, body));
    return (systemClock.monotonic() - began) / 1000;
  };
  const busy = await rogue(t, master, 'busy');
  const fetching = await insist(busy, kinds.fetch, { from: 1 });
  t.true(count(master, 'fetches') <= 105 + 75 * fetching, `${count(master, 'fetches')} in ${fetching} s`);
  const waiting = await rogue(t, master, 'waiting');
  const before = master.applicants.length;
  const asking = await insist(waiting, kinds.again, {});
  t.true(master.applicants.length - before <= 5 + 3 * asking, `${master.applicants.length - before} in ${asking} s`);
  waiting.close();
  busy.close();
  await until('what they said is done with', () => count(master, 'peers') === 1);
  master.applicants.splice(1);
  await untouched(t, master, minion);
});

test('denial: strangers fill the waiting room, a minion that is accepted comes in all the same', async (t) => {
  const master = await startMaster(t, { limits: { waiting: 3 } });
  master.admit = ({ id }) => (String(id) === 'good' ? { act: 'accept', durable: 0 } : { act: 'pend', reason: '' });
  for (const id of ['a', 'b', 'c']) await rogue(t, master, id);
  t.is(count(master, 'waiting'), 3);
  const late = await rogue(t, master, 'd');
  t.is(late.answers.length, 2);
  t.is(count(master, 'full'), 1);
  const good = startMinion(t, master, 'good');
  await accepted(good);
  t.false(good.states.some(({ state }) => state === 'full'));
});

test('denial: strangers fill the book of keys, a machine with a token gets in all the same', async (t) => {
  const { keys, tokens, clock } = await books(t, { maxPending: 2, maxRejected: 3 });
  const token = await tokens.issue('web1');
  t.deepEqual(
    ['a', 'b', 'c'].map((id) => keys.admit(applicant(id)).act),
    ['pend', 'pend', 'full'],
  );
  t.is(keys.admit(applicant('web1', token)).act, 'pend');
  // Rejected ones take no place of those that wait; they are not kept without end either.
  for (const id of ['a', 'b', 'web1']) await keys.reject(id, { forMs: 60_000 });
  t.is(keys.admit(applicant('d')).act, 'full');
  t.is(keys.admit(applicant('web2', await tokens.issue('web2'))).act, 'pend');
  clock.advance(3_600_000);
  t.is(await keys.sweep(), 0);
  clock.advance(60_001);
  t.is(await keys.sweep(), 3);
  t.is(keys.admit(applicant('d')).act, 'pend');
});

test('denial: a stranger names another token each time it asks, that is recorded now and then only', async (t) => {
  const { keys, store, seen } = await books(t);
  const web = applicant('web1');
  for (let i = 0; i < 200; i++) keys.admit({ ...web, tokenId: i.toString(16).padStart(16, '0') });
  await store.settled();
  t.true(seen().filter((one) => one === 'salt/auth pend').length <= 3);
});

/** MessagePack of a map with so many keys of their own, in as few bytes as it can be. */
function manyKeys(most: number): Buffer {
  const head = Buffer.from([0xdf, 0, 0, 0, 0]);
  head.writeUInt32BE(most, 1);
  const entries = Array.from({ length: most }, (_, i) => {
    const key = i.toString(36);
    return Buffer.from([0xa0 | key.length, ...Buffer.from(key), 0]);
  });
  return Buffer.concat([head, ...entries]);
}

const fat: Record<string, () => [kind: Kind, body: WireMap]> = {
  'one event of a hundred thousand names': () => [kinds.items, { seen: 0, items: [[1, 0, manyKeys(95_000)]] }],
  'a question of as many': () => [kinds.question, { id: 1, q: 'greet', body: manyKeys(95_000) }],
  'many events of many names in one message': () => [
    kinds.items,
    { seen: 0, items: Array.from({ length: 16 }, (_, i) => [i + 1, 0, manyKeys(24_000)]) },
  ],
  'a thousand events in one message': () => [
    kinds.items,
    { seen: 0, items: Array.from({ length: 1000 }, (_, i) => [i + 1, 0, Buffer.from([0x80])]) },
  ],
};

for (const [what, make] of Object.entries(fat)) {
  test(`denial: ${what}, refused before it is decoded`, async (t) => {
    const { master, minion } = await standing(t);
    const bad = await rogue(t, master, 'bad');
    const [kind, body] = make();
    const refused = () => count(master, 'refused.undecodable') + count(master, 'items.undecodable');
    const frame = bad.channel.seal(kind, body);
    await bad.send(frame);
    await until('it is refused', () => refused() === 1);
    master.applicants.splice(1);
    await untouched(t, master, minion);
  });
}

test('denial: a minion whose messages are much work, is read later, and others are not', (t) => {
  const clock = fakeClock();
  const read: number[] = [];
  // Each frame of this one takes a quarter of a second.
  const intake = new Intake({
    clock,
    messagesPerSecond: 1000,
    bytesPerSecond: 1 << 20,
    workPerSecond: 100,
    take: ([n = 0]) => {
      read.push(n);
      clock.advance(250);
    },
    delayed: () => {},
    overflow: () => t.fail(),
  });
  for (let n = 1; n <= 10; n++) intake.received(Buffer.from([n]));
  t.deepEqual(read, [1]);
  const before = clock.monotonic();
  while (read.length < 10) clock.advance(20);
  t.deepEqual(read, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const share = (9 * 250) / (clock.monotonic() - before);
  t.true(share < 0.2, `${share} of the time`);
});

// By itself: what is between them has to be quick enough for a handshake of theirs.
test.serial('denial: strangers send more than is read and are gone while the master is busy, it lives', async (t) => {
  const child = fork(path.join(import.meta.dirname, 'busy-master-child.js'));
  t.teardown(() => void (child.connected && child.disconnect()));
  const [{ port, publicKey }] = (await once(child, 'message')) as [{ port: number; publicKey: string }];
  const told = Promise.race([once(child, 'message'), once(child, 'exit')]);
  // What is between them can end a connection the hard way.
  const lines: Socket[] = [];
  const between = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    near.on('error', () => {});
    far.on('error', () => {});
    near.pipe(far).pipe(near);
    lines.push(far);
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  t.teardown(() => void between.close());
  const key = Buffer.from(publicKey, 'hex');
  const { port: there } = between.address() as AddressInfo;
  const { hello } = new MinionHandshake(generateIdentity(), Buffer.alloc(32));
  // One that is answered is connected, which takes a master that is not busy yet.
  const answered = (): Promise<MinionSockets> =>
    new Promise((resolve, reject) => {
      const peer = openMinionSockets('127.0.0.1', there, key, {
        received: () => resolve(peer),
        published: () => {},
        ended: (reason) => reject(new Error(reason)),
      });
      peer.then((sockets) => sockets.send(hello)).catch(reject);
    });
  const peers = await Promise.all([answered(), answered(), answered()]);
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-busy-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const over = path.join(directory, 'over');
  child.send(over);
  for (const peer of peers) for (let i = 0; i < 20_000; i++) peer.send(Buffer.alloc(1000));
  await eventually(() => lines.length === 3 && lines.every((line) => line.writableNeedDrain));
  for (const line of lines) line.resetAndDestroy();
  // ZeroMQ's own timers have to cope with a connection that is gone and not yet read to its end.
  await Promise.race([told, sleep(systemClock, 6000)]);
  writeFileSync(over, '');
  for (const peer of peers) peer.stop();
  t.is((await told)[0], 'still here');
});
