import { systemClock } from '../../lib/clock.ts';
import { parseJid, parseMinionId } from '../../lib/ids.ts';
import { Counters } from '../../wire/counters.ts';
import type { WireMap } from '../../wire/codec.ts';
import { encodeJson } from '../../wire/codec.ts';
import { kinds } from '../../wire/envelope.ts';
import { MasterHandshake, MinionHandshake, type Chance, type Claim, type Proven } from '../../wire/handshake.ts';
import { signJob } from '../../wire/jobs.ts';
import { identityFromSeed, sha256, type Identity } from '../../wire/keys.ts';
import { itemParts, LiveSession } from '../../wire/session.ts';
import type { JobArguments, JobManifest, UpItem } from '../../wire/types.ts';

/** All that a conversation of a minion and its master depends on, as hex: the same makes the same bytes. */
export interface Inputs {
  readonly version: string;
  readonly master: {
    readonly seed: string;
    readonly publicKey: string;
    readonly secretKey: string;
    readonly nonce: string;
  };
  readonly minion: {
    readonly seed: string;
    readonly publicKey: string;
    readonly secretKey: string;
    readonly nonce: string;
  };
  readonly time: number;
  readonly salt: string;
  readonly claim: {
    readonly incarnation: string;
    readonly generation: number;
    readonly outbox: string;
    readonly version?: string;
  };
}

/** What is on the line of it, as hex; `job` is on the publish port. */
export interface Frames {
  readonly hello: string;
  readonly challenge: string;
  readonly proof: string;
  readonly verdict: string;
  readonly job: string;
  readonly greeting: string;
  readonly items: string;
}

export interface Conversation {
  readonly inputs: Inputs;
  readonly frames: Frames;
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const chanceOf = ({ publicKey, secretKey, nonce }: Inputs['master']): Chance => ({
  keys: { publicKey: bytes(publicKey), secretKey: bytes(secretKey) },
  nonce: bytes(nonce),
});
export const identitiesOf = ({ master, minion }: Inputs): { master: Identity; minion: Identity } => ({
  master: identityFromSeed(bytes(master.seed)),
  minion: identityFromSeed(bytes(minion.seed)),
});

export const id = parseMinionId('web1');
export const job: JobManifest = {
  jid: parseJid('20261126120000000000'),
  fun: 'test.echo',
  user: 'root',
  expires: 1.8e12,
};
export const jobArguments: JobArguments = { arg: ['said once'], kwarg: { times: 2 } };
export const greeting: WireMap = {
  id: 1,
  q: 'greet',
  body: encodeJson({ grains: { os: 'Debian' }, version: '0.1.0' }),
};
/** That it took the job, and what came of it, which is JSON text in parts. */
export const items: readonly UpItem[] = [
  { n: 1, kind: 'accepted', body: { jid: job.jid, fun: job.fun } },
  { n: 2, kind: 'event', body: { tag: 'web/ready', data: { port: 80 }, ts: 1_795_000_000 } },
  {
    n: 3,
    kind: 'return',
    body: {
      jid: job.jid,
      fun: job.fun,
      success: true,
      retcode: 0,
      out: 'nested',
      parts: 1,
      part: 1,
      text: '"said once"',
    },
  },
];

/** The master's side of the handshake, as this version does it. */
export function masterOf(inputs: Inputs, hello: Buffer): MasterHandshake {
  const { master } = identitiesOf(inputs);
  const handshake = MasterHandshake.begin(hello, master, inputs.time, chanceOf(inputs.master));
  if (!handshake) throw new Error('the hello was refused');
  return handshake;
}

export function provenOf(handshake: MasterHandshake, proof: Buffer): Proven {
  const proven = handshake.judge(proof);
  if ('refused' in proven) throw new Error(`the proof was refused: ${proven.refused}`);
  return proven;
}

/** The frame of the job, as this version's master publishes it in that session. */
export function jobFrame(inputs: Inputs, { channel, publicKey }: Proven): Buffer {
  const targets = [{ fingerprint: sha256(publicKey), args: jobArguments }];
  return signJob(job, targets, identitiesOf(inputs).master, () => bytes(inputs.salt)).frame(0, channel.keys, 1n);
}

export const verdictOf = ({ channel }: Proven): Buffer =>
  channel.seal(kinds.verdict, { act: 'accept', durable: 0, publish: 4505, beatMs: 5000 });

/** Both sides of the conversation, as this version speaks. */
export function converse(inputs: Inputs): Frames {
  const { master, minion } = identitiesOf(inputs);
  const one = new MinionHandshake(minion, sha256(master.publicKey), chanceOf(inputs.minion));
  const other = masterOf(inputs, one.hello);
  const claim: Omit<Claim, 'tokenId'> = { id, ...inputs.claim };
  const answered = one.answer(other.challenge, claim);
  if ('refused' in answered) throw new Error(answered.refused);
  const { proof, channel } = answered;
  const proven = provenOf(other, proof);
  const frames = {
    hello: one.hello,
    challenge: other.challenge,
    proof,
    verdict: verdictOf(proven),
    job: jobFrame(inputs, proven),
    greeting: channel.seal(kinds.question, greeting),
    items: channel.seal(kinds.items, { seen: 1, items: items.map((item) => itemParts(item, encodeJson(item.body))) }),
  };
  return Object.fromEntries(
    Object.entries(frames).map(([name, frame]) => [name, frame.toString('hex')]),
  ) as unknown as Frames;
}

/** The master's session after that handshake, and what it was told. */
export function sessionOf(proven: Proven) {
  const received: UpItem[] = [];
  const asked: { readonly question: string; readonly body: unknown }[] = [];
  const counters = new Counters();
  const session = new LiveSession(proven, 0, {
    handlers: {
      admit: () => ({ act: 'accept', durable: 0 }),
      opened: () => {},
      received: (_, more) => void received.push(...more),
      asked: async (_, question, body) => {
        asked.push({ question, body });
        return {};
      },
      room: () => {},
      closed: () => {},
    },
    limits: {
      beatMs: 5000,
      waiting: 10,
      hellosPerSecond: 10,
      messagesPerSecond: 100,
      workPerSecond: 100,
      bytesPerSecond: 1 << 20,
      unconfirmedFrames: 10,
      unconfirmedBytes: 1 << 20,
      questions: 10,
    },
    counters,
    clock: systemClock,
    send: () => {},
  });
  return {
    received,
    asked,
    counters,
    take(frame: Buffer): void {
      const opened = session.channel.open(frame);
      if ('refused' in opened) throw new Error(`a message was refused: ${opened.refused}`);
      session.take(opened.kind, opened.body);
    },
  };
}
