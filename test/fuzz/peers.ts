import { parseMinionId } from '../../lib/ids.ts';
import type { Channel } from '../../wire/channel.ts';
import { kinds, sealMessage } from '../../wire/envelope.ts';
import { MinionHandshake } from '../../wire/handshake.ts';
import { encode } from '../../wire/codec.ts';
import { generateIdentity } from '../../wire/keys.ts';
import type { MasterKey } from '../../wire/master-key.ts';
import { openMinionSockets, type MinionSockets } from '../../wire/sockets.ts';
import { eventually } from '../kit/eventually.ts';
import { corpus, said } from './bodies.ts';
import { mutated } from './bytes.ts';
import type { Random } from './random.ts';

/** Where the master is. */
export interface Address {
  readonly port: number;
  readonly masterKey: MasterKey;
}

/** A peer that sends what should not be sent, a burst at a time. */
export interface Peer {
  /** Sends so many frames, and waits until the master has read them, or has closed the connection. */
  burst(frames: number): Promise<void>;
  stop(): void;
}

/** How many of its last frames a peer may say again. */
const remembered = 50;
/** How long an answer may take, in ms, before the session is taken for over. */
const silenceMs = 5000;

/** A minion with a key of its own, which waits to be accepted or was: its messages are right up to what is in them, mostly. */
export async function rogue(
  { port, masterKey }: Address,
  id: string,
  random: Random,
): Promise<Peer & { readonly sessions: () => number }> {
  const identity = generateIdentity();
  const recorded: Buffer[] = [];
  let sockets: MinionSockets | undefined;
  let channel: Channel | undefined;
  let handshake: MinionHandshake | undefined;
  let counter = 0n;
  let beats = 0;
  let acknowledged = 0;
  let number = 0;
  let sessions = 0;

  function received(frame: Buffer): void {
    if (handshake && !channel) {
      const claim = { id: parseMinionId(id), incarnation: 'i', generation: 1, outbox: 'o' };
      const answer = handshake.answer(frame, claim);
      if ('refused' in answer) throw new Error(answer.refused);
      channel = answer.channel;
      counter = 0n;
      sessions++;
      return sockets?.send(answer.proof);
    }
    const opened = channel?.open(frame);
    if (!opened || 'refused' in opened) return;
    if (opened.kind === kinds.beat) beats++;
    if (opened.kind === kinds.ack && typeof opened.body['n'] === 'number') acknowledged = opened.body['n'];
    if (opened.kind === kinds.verdict && typeof opened.body['durable'] === 'number')
      acknowledged = opened.body['durable'];
    if (opened.kind === kinds.bye) ended();
  }

  function ended(): void {
    sockets?.stop();
    sockets = undefined;
    channel = undefined;
  }

  async function open(): Promise<Channel> {
    while (!channel) {
      handshake = new MinionHandshake(identity, masterKey.fingerprint);
      sockets = await openMinionSockets('127.0.0.1', port, masterKey.curve, { received, published: () => {}, ended });
      sockets.send(handshake.hello);
      const began = performance.now();
      // A master that takes no hello for now takes one later.
      await eventually(() => channel !== undefined || !sockets || performance.now() - began > 2000);
      if (!channel) ended();
    }
    return channel;
  }

  function sealed(open: Channel, kind: number, body: Buffer): Buffer {
    counter += 1n;
    const header = { kind, session: open.keys.session, direction: 'up', counter } as const;
    return sealMessage(header, open.keys.up, identity, body);
  }

  function frame(open: Channel): Buffer {
    if (random.oneIn(4) && recorded.length > 0) {
      // Whatever is changed in it, and said again as it was.
      const before = random.pick(recorded);
      return random.oneIn(5) ? before : mutated(random, before, corpus);
    }
    // A gap: the session is over then.
    if (random.oneIn(3000)) counter += 1n;
    const { kind, body } = said(random, { next: () => ++number });
    const made = sealed(open, kind, body);
    if (made.length < 4096 && recorded.push(made) > remembered) recorded.shift();
    return made;
  }

  return {
    sessions: () => sessions,
    async burst(frames) {
      let open_ = await open();
      for (let sent = 0; sent < frames; sent++) {
        sockets?.send(frame(open_));
        if (sent % 50 === 49) {
          // One that is right has its answer: everything before it was read.
          const wanted = beats + 1;
          sockets?.send(sealed(open_, kinds.beat, encode({ seen: 0 })));
          const asked = performance.now();
          await eventually(() => beats >= wanted || channel !== open_ || performance.now() - asked > silenceMs);
          // Who is closed for a gap is told nothing.
          if (beats < wanted && channel === open_) ended();
          open_ = await open();
          // From here on what it numbers is right, until something of it is refused.
          number = acknowledged;
        }
      }
    },
    stop: ended,
  };
}

/** Connections that have no session: noise, hellos and proofs with something of them another. */
export function strangers({ port, masterKey }: Address, random: Random): Peer {
  const kept: MinionSockets[] = [];
  return {
    async burst(frames) {
      const sockets = await openMinionSockets('127.0.0.1', port, masterKey.curve, {
        received: () => {},
        published: () => {},
        ended: () => {},
      });
      kept.push(sockets);
      if (kept.length > 20) kept.shift()?.stop();
      const { hello } = new MinionHandshake(generateIdentity(), masterKey.fingerprint);
      for (let sent = 0; sent < frames; sent++) {
        const base = random.oneIn(2) ? hello : random.bytes(random.below(200));
        sockets.send(random.oneIn(10) ? base : mutated(random, base, corpus));
      }
      // Nobody answers them; what is to be read is that of the others, too.
      await new Promise((resolve) => setTimeout(resolve, 50));
    },
    stop: () => kept.forEach((sockets) => sockets.stop()),
  };
}
