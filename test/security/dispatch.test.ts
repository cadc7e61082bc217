import { randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import test from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import { topsOf } from '../../lib/tops.ts';
import { loadMasterConfig } from '../../lib/config/load.ts';
import { filesOf } from '../kit/files.ts';
import { bundleStore } from '../../master/bundles.ts';
import { questions } from '../../master/questions.ts';
import type { Channel } from '../../wire/channel.ts';
import { encodeJson, type WireMap } from '../../wire/codec.ts';
import { kinds, type Kind } from '../../wire/envelope.ts';
import { MinionHandshake } from '../../wire/handshake.ts';
import { generateCurveKeys, generateIdentity, sha256 } from '../../wire/keys.ts';
import { listen } from '../../wire/listen.ts';
import type { MasterSocketEvents } from '../../wire/sockets.ts';
import type { MasterSession, Verdict } from '../../wire/types.ts';
import { books } from '../master/books.ts';
import { folder } from '../store/folder.ts';
import { until } from '../wire/kit.ts';
import { count, raw, standing, untouched } from './kit.ts';

/* What can be reached by a message is what stands in a table, at the stage that the table says, and nothing else. */

const identity = generateIdentity();
const body = encodeJson({ a: 1 });

/** A body that fits the kind, so that only the kind and the moment decide. */
const bodies: Partial<Record<Kind, WireMap>> = {
  [kinds.items]: { seen: 0, items: [[1, 0, body]] },
  [kinds.question]: { id: 1, q: 'ping', body },
  [kinds.fetch]: { from: 1 },
  [kinds.beat]: { seen: 0 },
};

const stages = ['nothing', 'challenged', 'waiting', 'session'] as const;
type Stage = (typeof stages)[number];

/** A master without sockets, and a peer that has come as far as that stage. */
async function at(stage: Stage) {
  let events: MasterSocketEvents | undefined;
  const sent: Buffer[] = [];
  const told: string[] = [];
  const verdict: Verdict = stage === 'session' ? { act: 'accept', durable: 0 } : { act: 'pend', reason: '' };
  const link = await listen(
    {
      interface: '',
      publishPort: 0,
      requestPort: 0,
      identity,
      curve: generateCurveKeys(),
      clock: systemClock,
      log: silent,
      sockets: (_options, given) => {
        events = given;
        return Promise.resolve({
          ports: { publish: 1, request: 2 },
          send: (_route, frame) => void sent.push(frame),
          publish: () => {},
          stop: () => Promise.resolve(),
        });
      },
    },
    {
      admit: () => (told.push('admit'), verdict),
      opened: () => told.push('opened'),
      received: () => told.push('received'),
      asked: () => (told.push('asked'), Promise.resolve({})),
      room: () => told.push('room'),
      closed: () => told.push('closed'),
    },
  );
  const say = (frame: Buffer) => events?.received('route', frame);
  const minion = new MinionHandshake(generateIdentity(), sha256(identity.publicKey));
  let channel: Channel | undefined;
  let proof: Buffer = Buffer.alloc(0);
  if (stage !== 'nothing') {
    say(minion.hello);
    const claim = { id: parseMinionId('m1'), incarnation: 'i', generation: 1, outbox: 'o' };
    const answer = minion.answer(sent[0] ?? Buffer.alloc(0), claim);
    if ('refused' in answer) throw new Error(answer.refused);
    ({ channel, proof } = answer);
    if (stage !== 'challenged') say(proof);
    if (stage === 'session') events?.subscribing(channel.keys.topic);
  }
  return { link, say, sent, told, minion, channel, proof };
}

/** What one message does there: handlers told, messages sent back, and why it was refused. */
async function outcome(stage: Stage, what: string, kind?: Kind): Promise<string> {
  const peer = await at(stage);
  const before = peer.link.stats();
  peer.told.length = 0;
  peer.sent.length = 0;
  if (what === 'hello') peer.say(peer.minion.hello);
  else if (what === 'proof') peer.say(peer.proof);
  else if (what === 'noise') peer.say(Buffer.from('GET / HTTP/1.1'));
  else if (kind !== undefined && peer.channel) peer.say(peer.channel.seal(kind, bodies[kind] ?? {}));
  else return '';
  await until('its signature is verified', () => peer.link.stats()['verifying'] === 0);
  await new Promise((resolve) => setImmediate(resolve));
  const after = peer.link.stats();
  const refused = Object.keys(after).filter((name) => name.startsWith('refused.') && after[name] !== before[name]);
  await peer.link.stop();
  // Where a message has its direction, these two have random bytes.
  const name = (reason: string) =>
    what === 'hello' || what === 'proof' ? reason.replace('foreign', 'malformed') : reason;
  return [...refused.map(name), ...peer.told, ...peer.sent.map(() => 'answer')]
    .filter((word) => word !== 'closed')
    .join(' ');
}

const row = async (what: string, kind?: Kind) =>
  [what, ...(await Promise.all(stages.map((stage) => outcome(stage, what, kind))))] as const;

test('dispatch: every message in every stage of a connection, one defined outcome', async (t) => {
  t.deepEqual(await row('hello'), ['hello', 'answer', 'refused.malformed', 'refused.malformed', 'refused.malformed']);
  t.deepEqual(await row('noise'), [
    'noise',
    'refused.stranger',
    'refused.malformed',
    'refused.malformed',
    'refused.malformed',
  ]);
  t.deepEqual(await row('proof'), [
    'proof',
    'refused.stranger',
    'admit answer',
    'refused.malformed',
    'refused.malformed',
  ]);
  const expected: Partial<Record<keyof typeof kinds, [string, string]>> = {
    beat: ['answer', 'answer'],
    again: ['admit', 'refused.unexpected'],
    items: ['refused.unexpected', 'received'],
    question: ['refused.unexpected', 'asked answer'],
    fetch: ['refused.unexpected', 'answer'],
    bye: ['', ''],
  };
  for (const [name, kind] of Object.entries(kinds)) {
    const [waiting, session] = expected[name as keyof typeof kinds] ?? ['refused.unexpected', 'refused.unexpected'];
    const challenged = kind === kinds.proof ? 'refused.altered' : 'refused.malformed';
    t.deepEqual(await row(`sealed ${name}`, kind), [`sealed ${name}`, '', challenged, waiting, session]);
  }
});

test('dispatch: bytes over plain TCP, plain ZeroMQ or with another CURVE key reach no line of ours', async (t) => {
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

test('dispatch: noise, cut and oversized messages of a stranger with the CURVE key, counted and without effect', async (t) => {
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

/** Everything else that has a name on a master, names that Salt's master answered to, and what any object has by birth. */
const names = [
  ['exec', 'run', 'status', 'targets', 'key.accept', 'key.list', 'event.send', 'instance.add', 'instance.gone'],
  ['jobs.lookup_jid', 'manage.up', 'state.orchestrate', 'wheel.key.accept', 'key.accept_all', 'config.values'],
  ['_prep_auth_info', '_send_pub', 'publish', 'wheel', 'runner', 'mk_token', 'get_token', 'ping', '_file_recv'],
  ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf', 'get'],
  ['', ' greet', 'greet ', 'Greet', 'pillar\0', 'files', 'files.', 'files.page.', 'manifest', 'chunk', 'learn'],
].flat();

test('dispatch: a minion asks for whatever has a name, only its own questions are answered', async (t) => {
  const { facts } = await books(t);
  const { config } = loadMasterConfig({ env: {} });
  const ask = questions({
    files: filesOf({ base: [folder(t)] }),
    bundles: bundleStore(folder(t)),
    facts,
    stateEvents: false,
    pillarOf: () => Promise.resolve({ pillar: { mine: true }, secrets: [], top: {} }),
    mine: {},
    tops: () => topsOf(config),
  });
  const session: MasterSession = {
    id: parseMinionId('web1'),
    fingerprint: '',
    incarnation: 'i',
    generation: 1,
    outbox: 'o',
    isFull: false,
  };
  for (const name of names) {
    for (const asked of [{}, { fun: 'cmd.run', arg: ['id'], tgt: '*', tgt_type: 'glob', match: '*' }]) {
      await t.throwsAsync(ask(session, name, asked), { code: 'TS_QUESTION_UNKNOWN' }, name);
    }
  }
  t.deepEqual(await ask(session, 'greet', {}), {});
  t.true('total' in (await ask(session, 'files.page', { env: 'base' })));
  t.like(await ask(session, 'pillar', {}), { pillar: { mine: true } });
  await t.throwsAsync(ask(session, 'files.chunk', {}), { code: 'TS_FILE_UNKNOWN_HASH' });
  await t.throwsAsync(ask(session, 'bundles.chunk', {}), { code: 'TS_UPGRADE_UNKNOWN_BUNDLE' });
});
