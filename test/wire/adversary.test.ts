import { randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Context, Dealer, Subscriber } from 'zeromq';
import { systemClock } from '../../lib/clock.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { Channel } from '../../wire/channel.ts';
import { kinds } from '../../wire/envelope.ts';
import { MinionHandshake } from '../../wire/handshake.ts';
import { generateCurveKeys, generateIdentity, sha256 } from '../../wire/keys.ts';
import { z85 } from '../../wire/z85.ts';
import { accepted, manifest, startMaster, startMinion, tap, until, type TestMaster, type TestMinion } from './kit.ts';

const context = new Context({ blocky: false, maxSockets: 4096 });

type Skin = 'right' | 'wrong' | 'none';

/** What a peer of CURVE needs: the master's public key, another one, or none at all. */
function skin(master: TestMaster, which: Skin) {
  if (which === 'none') return { context, linger: 0 };
  const own = generateCurveKeys();
  const server = which === 'right' ? master.curve : generateCurveKeys();
  return {
    context,
    linger: 0,
    curveServerKey: z85(server.publicKey),
    curvePublicKey: z85(own.publicKey),
    curveSecretKey: z85(own.secretKey),
  };
}

interface Raw {
  send(frame: Buffer): Promise<void>;
  readonly answers: Buffer[];
  close(): void;
}

/** A peer that says whatever it likes to the request port. */
function raw(t: ExecutionContext, master: TestMaster, which: Skin = 'right'): Raw {
  const dealer = new Dealer(skin(master, which));
  dealer.connect(`tcp://127.0.0.1:${master.link.ports.request}`);
  t.teardown(() => dealer.close());
  const answers: Buffer[] = [];
  void (async () => {
    for await (const [frame] of dealer) if (frame) answers.push(frame);
  })();
  return { answers, send: (frame) => dealer.send(frame), close: () => dealer.close() };
}

/** A minion built by hand, with the right keys, that can say anything inside its session. */
async function rogue(t: ExecutionContext, master: TestMaster, id: string): Promise<Raw & { channel: Channel }> {
  const peer = raw(t, master);
  const handshake = new MinionHandshake(generateIdentity(), sha256(master.identity.publicKey));
  await peer.send(handshake.hello);
  const challenge = await until('a challenge', () => peer.answers[0]);
  const claim = { id: parseMinionId(id), incarnation: 'rogue', generation: 1, outbox: 'box' };
  const answer = handshake.answer(challenge, claim);
  if ('refused' in answer) throw new Error(answer.refused);
  await peer.send(answer.proof);
  await until('a verdict', () => peer.answers[1]);
  return { ...peer, channel: answer.channel };
}

const count = (master: TestMaster, name: string) => master.link.stats()[name] ?? 0;

async function standing(t: ExecutionContext, given: Parameters<typeof startMaster>[1] = {}) {
  const tapped = tap();
  const master = await startMaster(t, { sockets: tapped.sockets, ...given });
  const minion = startMinion(t, master, 'good');
  await accepted(minion);
  return { tapped, master, minion };
}

/** Nothing of what happened reached a handler, and the good minion works as before. */
async function untouched(t: ExecutionContext, master: TestMaster, minion: TestMinion) {
  const job = manifest();
  master.link.publish(job, [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  await until('the good minion has its job', () => minion.jobs.some((one) => one.manifest.jid === job.jid));
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
  t.deepEqual(master.items, []);
  t.is(minion.jobs.length, 1);
  t.deepEqual(
    minion.states.map(({ state }) => state),
    ['connecting', 'accept'],
  );
  t.is(master.applicants.length, 1);
}

test('outsider: bytes over plain TCP, plain ZeroMQ or with another CURVE key reach no line of ours', async (t) => {
  const { tapped, master, minion } = await standing(t);
  const before = tapped.up.length;
  for (let i = 0; i < 50; i++) {
    const port = i % 2 === 0 ? master.link.ports.request : master.link.ports.publish;
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.end(i % 3 === 0 ? Buffer.concat([Buffer.from([0x01, 0x00]), randomBytes(200)]) : randomBytes(300));
  }
  for (const which of ['none', 'wrong'] as const) {
    const hello = new MinionHandshake(generateIdentity(), Buffer.alloc(32)).hello;
    void raw(t, master, which).send(hello);
  }
  await untouched(t, master, minion);
  t.deepEqual(
    tapped.up.slice(before).filter(({ frame }) => frame.length <= 50),
    [],
  );
});

test('outsider: with the CURVE key, noise, cut and oversized messages are counted and have no effect', async (t) => {
  const { master, minion } = await standing(t);
  const { hello } = new MinionHandshake(generateIdentity(), Buffer.alloc(32));
  const peer = raw(t, master);
  const frames = [
    Buffer.alloc(0),
    ...Array.from({ length: 60 }, (_, i) => randomBytes(1 + i * 17)),
    ...Array.from({ length: 49 }, (_, i) => hello.subarray(0, i + 1)),
    Buffer.concat([hello, Buffer.alloc(1)]),
    Buffer.alloc(1 << 20, 1),
  ];
  for (const frame of frames) await peer.send(frame);
  await until('all are counted', () => count(master, 'refused.stranger') >= frames.length);
  t.deepEqual(peer.answers, []);
  await raw(t, master).send(Buffer.alloc(5 << 20));
  await untouched(t, master, minion);
});

test('outsider: listening to everything, or to a guessed topic, hears nothing', async (t) => {
  const { master, minion } = await standing(t);
  const subscriber = new Subscriber({ ...skin(master, 'right') });
  t.teardown(() => subscriber.close());
  subscriber.subscribe('', Buffer.from([0]), randomBytes(16));
  subscriber.connect(`tcp://127.0.0.1:${master.link.ports.publish}`);
  const heard: Buffer[][] = [];
  void (async () => {
    for await (const frame of subscriber) heard.push(frame);
  })();
  await until('the subscriptions are refused', () => count(master, 'refused.subscription') >= 3);
  await untouched(t, master, minion);
  t.deepEqual(heard, []);
});

test('outsider: a flood of handshakes is bounded, and sessions go on', async (t) => {
  const { master, minion } = await standing(t, { limits: { waiting: 5, hellosPerSecond: 5 } });
  const peers = Array.from({ length: 40 }, () => raw(t, master));
  for (const peer of peers) await peer.send(new MinionHandshake(generateIdentity(), Buffer.alloc(32)).hello);
  await until('some are turned away', () => count(master, 'refused.hurried') > 0);
  t.true(count(master, 'challenged') <= 5);
  await untouched(t, master, minion);
});

test('on the path: recorded messages, played again on any connection, have no effect', async (t) => {
  const { tapped, master, minion } = await standing(t);
  minion.link.send({ n: 1, kind: 'event', body: { a: 1 } });
  await until('an item is acknowledged', () => minion.acknowledged.length === 1);
  const recorded = [...tapped.up];
  const route = recorded[0]?.route ?? '';
  for (const { frame } of recorded) tapped.putUp(route, frame);
  t.is(
    count(master, 'refused.replayed') + count(master, 'refused.foreign') + count(master, 'refused.malformed'),
    recorded.length,
  );
  const other = raw(t, master);
  for (const { frame } of recorded) await other.send(frame);
  // The hello is a hello, whoever sends it: it gets a challenge that only the minion's ephemeral key can answer.
  await until(
    'they are counted',
    () => count(master, 'refused.altered') + count(master, 'refused.malformed') >= recorded.length - 1,
  );
  t.is(master.items.length, 1);
  t.is(master.applicants.length, 1);
  t.is(master.link.sessions.size, 1);
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
});

test('on the path: what was recorded of a master does nothing to its minion, in this session or the next', async (t) => {
  const { tapped, master, minion } = await standing(t);
  const publish = () =>
    master.link.publish(manifest(), [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  publish();
  await until('a job has come', () => minion.jobs.length === 1);
  await minion.link.ask('ping', {});
  const play = () => {
    const route = tapped.up.at(-1)?.route ?? '';
    const topic = tapped.published.at(-1)?.topic ?? Buffer.alloc(0);
    for (const { frame } of tapped.down) tapped.putDown(route, frame);
    for (const { frame } of tapped.published) tapped.putPublished(topic, frame);
    return tapped.down.length + tapped.published.length;
  };
  const refused = () =>
    Object.entries(minion.link.stats())
      .filter(([name]) => name.startsWith('refused.'))
      .reduce((sum, [, number]) => sum + number, 0);
  const played = play();
  await until('all are refused', () => refused() >= played);
  master.link.close(master.session('good').id, 'for the test');
  await until('there is another session', () => master.opened.length === 2 && minion.link.state.state === 'accept');
  publish();
  await until('another job has come', () => minion.jobs.length === 2);
  const [before, again] = [refused(), play()];
  await until('all are refused again', () => refused() >= before + again);
  t.is(minion.jobs.length, 2);
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
});

test('on the path: altered copies before each message and repeats after it change nothing', async (t) => {
  const { tapped, master, minion } = await standing(t);
  tapped.becomes = (frame) => {
    const altered = Array.from({ length: 20 }, (_, i) => {
      const copy = Buffer.from(frame);
      const at = (i * 31) % frame.length;
      copy[at] = (copy[at] ?? 0) ^ (1 << (i % 8));
      return copy;
    });
    return [...altered, frame, frame, frame.subarray(0, -1)];
  };
  const before = tapped.up.length;
  for (let i = 0; i < 10; i++) t.deepEqual(await minion.link.ask('ping', { i }), { question: 'ping', i });
  const frames = tapped.up.length - before;
  t.true(count(master, 'refused.altered') >= frames * 10);
  t.true(count(master, 'refused.replayed') >= frames * 2);
  tapped.putUp('nobody', tapped.up.at(-1)?.frame ?? Buffer.alloc(0));
  t.is(count(master, 'refused.stranger'), 1);
  tapped.becomes = (frame) => [frame];
  await untouched(t, master, minion);
});

test('wrong master: a minion with another CURVE key or another fingerprint goes no further, and says why', async (t) => {
  const master = await startMaster(t);
  const limits = { retryFirstMs: 20, retryLongestMs: 50, handshakeMs: 2000 };
  const reason = async (minion: TestMinion) => {
    const lost = await until('it gives up', () => minion.states.find(({ state }) => state === 'lost'));
    return 'reason' in lost ? lost.reason : '';
  };
  const noCurve = startMinion(t, { ...master, curve: generateCurveKeys() }, 'm1', { limits });
  t.is(await reason(noCurve), 'there is no master there that holds the key in master_key');
  const noIdentity = startMinion(t, { ...master, identity: generateIdentity() }, 'm1', { limits });
  t.regex(await reason(noIdentity), /its key is not the one that master_key names/);
  t.true((noIdentity.link.stats()['refused.master'] ?? 0) > 0);
  await until('they keep trying', () => (noIdentity.link.stats()['attempts'] ?? 0) > 2);
  const nobody = startMinion(t, master, 'm1', { limits, port: 1 });
  t.is(await reason(nobody), 'the master cannot be reached');
  t.is(master.applicants.length, 0);
});

test('compromised minion: it cannot be another one, nor speak in another one’s session', async (t) => {
  const { tapped, master, minion } = await standing(t);
  master.admit = ({ id, fingerprint }) =>
    String(id) === 'good' && fingerprint !== minion.identity.fingerprint
      ? { act: 'denied', reason: 'another key is accepted for this id' }
      : { act: 'accept', durable: 0 };
  const impostor = startMinion(t, master, 'good');
  await until('it is denied', () => impostor.link.state.state === 'denied');
  const bad = await rogue(t, master, 'bad');
  const goodRoute = tapped.up[0]?.route ?? '';
  const said = bad.channel.seal(kinds.items, { seen: 0, items: [] });
  tapped.putUp(goodRoute, said);
  t.is(count(master, 'refused.foreign'), 1);
  await bad.send(said);
  await bad.send(
    bad.channel.seal(kinds.items, { seen: 0, items: [[1, 0, Buffer.from([0x80])], [7, 0, Buffer.from([0x80])], 'x'] }),
  );
  await until('its own item has come', () => master.items.length === 1);
  t.is(String(master.items[0]?.session.id), 'bad');
  t.is(count(master, 'items.gap'), 1);
  t.is(count(master, 'items.undecodable'), 1);
  t.is(master.session('good').fingerprint, minion.identity.fingerprint);
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
});

test('compromised minion: every kind of message with every kind of body, in a session and while waiting, harms nobody', async (t) => {
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

test('compromised minion: one that floods is slowed, then closed; another one’s questions do not wait for it', async (t) => {
  const { master, minion } = await standing(t, { limits: { messagesPerSecond: 100 } });
  const bad = await rogue(t, master, 'bad');
  for (let i = 0; i < 3000; i++) await bad.send(bad.channel.seal(kinds.beat, { seen: 0 }));
  await until('it is closed', () => count(master, 'peers') === 1);
  t.true(count(master, 'delayed') > 500);
  const began = systemClock.monotonic();
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
  t.true(systemClock.monotonic() - began < 1000);
});

test('compromised minion: asking for much work by little messages gets little of it', async (t) => {
  const { master, minion } = await standing(t);
  master.admit = ({ id }) => (String(id) === 'busy' ? { act: 'accept', durable: 0 } : { act: 'pend', reason: '' });
  const busy = await rogue(t, master, 'busy');
  for (let i = 0; i < 300; i++) await busy.send(busy.channel.seal(kinds.fetch, { from: 1 }));
  await until('it is held back', () => count(master, 'refused.hurried') > 100);
  t.true(count(master, 'fetches') <= 150);
  const waiting = await rogue(t, master, 'waiting');
  const before = master.applicants.length;
  for (let i = 0; i < 300; i++) await waiting.send(waiting.channel.seal(kinds.again, {}));
  await until('it is held back too', () => count(master, 'refused.hurried') > 380);
  t.true(master.applicants.length - before < 50);
  waiting.close();
  busy.close();
  await until('what they said is done with', () => count(master, 'peers') === 1);
  master.applicants.splice(1);
  await untouched(t, master, minion);
});

test('compromised minion: frames that are missing in its session close it', async (t) => {
  const { master } = await standing(t);
  const bad = await rogue(t, master, 'bad');
  bad.channel.seal(kinds.beat, {});
  await bad.send(bad.channel.seal(kinds.beat, {}));
  await until('it is closed', () => count(master, 'peers') === 1);
  t.is(count(master, 'refused.gap'), 1);
});
