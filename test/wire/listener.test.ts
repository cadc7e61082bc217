import test from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import type { Channel } from '../../wire/channel.ts';
import { encodeJson, type WireMap } from '../../wire/codec.ts';
import { kinds, type Kind } from '../../wire/envelope.ts';
import { MinionHandshake } from '../../wire/handshake.ts';
import { generateCurveKeys, generateIdentity, sha256 } from '../../wire/keys.ts';
import { listen } from '../../wire/listen.ts';
import type { MasterSocketEvents } from '../../wire/sockets.ts';
import type { Verdict } from '../../wire/types.ts';

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
      missed: () => told.push('missed'),
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

test('master: every message in every stage of a connection has one defined outcome', async (t) => {
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
