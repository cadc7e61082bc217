import { lookup as lookupAll } from 'node:dns/promises';
import { isIP } from 'node:net';
import { backoff, type Backoff } from '../lib/backoff.ts';
import { messageOf } from '../lib/errors/error.ts';
import { wireErrors } from '../lib/errors/wire.ts';
import type { Channel } from './channel.ts';
import type { WireMap, WireValue } from './codec.ts';
import type { Counters } from './counters.ts';
import { kinds, type Kind } from './envelope.ts';
import { MinionHandshake } from './handshake.ts';
import { Inbox, type SeenJobs } from './inbox.ts';
import { Outlet } from './outlet.ts';
import type { Questions } from './questions.ts';
import { openMinionSockets, type MinionSockets } from './sockets.ts';
import type { ConnectLimits, ConnectOptions, MinionHandlers, MinionLinkState } from './types.ts';

const earlyFrames = 256;

export interface AttemptNeeds {
  readonly options: ConnectOptions;
  readonly limits: ConnectLimits;
  readonly handlers: MinionHandlers;
  readonly counters: Counters;
  readonly questions: Questions;
  readonly seen: SeenJobs;
  /** Counts the attempts: each takes the next of a name's addresses. */
  readonly turn: number;
  changed(state: MinionLinkState): void;
}

/** Why it is over: what for, and whether to stay away for long. */
export interface AttemptEnd {
  readonly reason: string;
  readonly state: 'lost' | 'denied' | 'full';
}

/** One connection to the master, from looking up its name to its end. */
export class Attempt {
  /** Resolves when it is over. */
  readonly over: Promise<AttemptEnd>;
  readonly #needs: AttemptNeeds;
  readonly #handshake: MinionHandshake;
  readonly #again: Backoff;
  #end: (end: AttemptEnd) => void = () => {};
  #done = false;
  #sockets: MinionSockets | undefined;
  #channel: Channel | undefined;
  #inbox: Inbox | undefined;
  #outlet: Outlet | undefined;
  #durable = 0;
  #state: 'greeting' | 'waiting' | 'subscribing' | 'accept' = 'greeting';
  readonly #early: Buffer[] = [];
  #masterAhead = 0;
  #heardAt: number;
  #beatMs = 5000;
  #cancelDeadline: () => void = () => {};

  constructor(needs: AttemptNeeds) {
    this.#needs = needs;
    const { identity, masterKey, clock } = needs.options;
    this.#handshake = new MinionHandshake(identity, masterKey.fingerprint);
    this.#again = backoff(1000, needs.limits.askAgainMs);
    this.#heardAt = clock.monotonic();
    this.over = new Promise((resolve) => (this.#end = resolve));
  }

  async start(): Promise<void> {
    const { options, limits } = this.#needs;
    try {
      // No deadline: name servers that are waited for in vain, for one domain after the other, take as long as they take.
      this.#cancelDeadline = options.clock.after(limits.handshakeMs, () =>
        options.log('warning', 'the name of the master takes long to resolve', { name: options.master }),
      );
      const address = await resolveName(options, this.#needs.turn);
      if (this.#done) return;
      this.#deadline(limits.handshakeMs, `the master at ${options.master}:${options.port} does not answer`);
      const sockets = await openMinionSockets(address, options.port, options.masterKey.curve, {
        received: (frame) => this.#guard(() => this.#received(frame)),
        published: (frame) => this.#guard(() => this.#published(frame)),
        ended: (reason) => this.finish({ state: 'lost', reason }),
      });
      if (this.#done) return sockets.stop();
      this.#sockets = sockets;
      sockets.send(this.#handshake.hello);
    } catch (error) {
      this.finish({ state: 'lost', reason: messageOf(error) });
    }
  }

  /** Closes the connection; `bye` tells the master. */
  finish(end: AttemptEnd, bye = false): void {
    if (this.#done) return;
    if (bye && this.#channel) this.#say(kinds.bye, {});
    this.#done = true;
    this.#cancelDeadline();
    this.#needs.questions.close(end.reason);
    const sockets = this.#sockets;
    // The writer has its turn first.
    setImmediate(() => sockets?.stop());
    this.#end(end);
  }

  get outlet(): Outlet | undefined {
    return this.#state === 'accept' ? this.#outlet : undefined;
  }

  #received(frame: Buffer): void {
    if (this.#done) return;
    if (!this.#channel) return this.#challenged(frame);
    const opened = this.#channel.open(frame);
    if ('refused' in opened) {
      this.#needs.counters.add(`refused.${opened.refused}`);
      if (opened.refused === 'gap') this.finish({ state: 'lost', reason: "the master's messages have a gap" });
      return;
    }
    this.#heardAt = this.#needs.options.clock.monotonic();
    this.#message(opened.kind, opened.body);
  }

  /** The first ones may overtake, on their own connection, the word that the session is open. */
  #published(frame: Buffer): void {
    if (this.#state === 'accept') this.#inbox?.published(frame);
    else if (this.#early.length < earlyFrames) this.#early.push(frame);
  }

  #challenged(frame: Buffer): void {
    const { id, incarnation, generation, outbox, version, token, clock } = this.#needs.options;
    const answer = this.#handshake.answer(frame, { id, incarnation, generation, outbox, version }, token);
    if ('refused' in answer) {
      this.#needs.counters.add('refused.master');
      return this.finish({ state: 'lost', reason: `the master is not the one expected: ${answer.refused}` });
    }
    this.#channel = answer.channel;
    this.#masterAhead = answer.masterTime - clock.monotonic();
    this.#sockets?.send(answer.proof);
  }

  #message(kind: number, body: WireMap): void {
    switch (kind) {
      case kinds.verdict:
        return this.#verdict(body);
      case kinds.beat:
        return this.#beat(body);
      case kinds.ack:
        return this.#acknowledged(body);
      case kinds.answer:
        return this.#needs.questions.answered(body);
      case kinds.frames:
        return this.#frames(body);
      case kinds.bye:
        return this.finish({
          state: body['code'] === 'fenced' ? 'denied' : 'lost',
          reason: typeof body['reason'] === 'string' ? body['reason'] : 'the master closed the session',
        });
      default:
        this.#needs.counters.add('refused.unexpected');
    }
  }

  #verdict({ act, reason, durable, publish, beatMs }: WireMap): void {
    if (this.#state === 'subscribing' || this.#state === 'accept')
      return this.#needs.counters.add('refused.unexpected');
    if (typeof beatMs === 'number') this.#beatMs = beatMs;
    if (this.#state === 'greeting') this.#pulse();
    if (act === 'accept' && typeof durable === 'number' && typeof publish === 'number') {
      return this.#subscribe(durable, publish);
    }
    if (act !== 'pend' && act !== 'reject' && act !== 'denied' && act !== 'full') return;
    const why = typeof reason === 'string' ? reason : '';
    if (act === 'full') return this.finish({ state: 'full', reason: why });
    this.#cancelDeadline();
    if (this.#state === 'greeting') this.#askAgain();
    this.#state = 'waiting';
    this.#needs.changed({ state: act, reason: why });
  }

  #subscribe(durable: number, publish: number): void {
    const { options, limits, counters } = this.#needs;
    const channel = this.#channel;
    if (!channel) return;
    this.#state = 'subscribing';
    this.#durable = durable;
    this.#deadline(limits.handshakeMs, `nothing is heard from the master's publish port ${publish}`);
    this.#inbox = new Inbox({
      keys: channel.keys,
      master: channel.peer,
      self: options.identity.publicKey,
      counters,
      deliver: ({ manifest, args }) => {
        const fate = this.#needs.seen.admit(manifest.jid, manifest.expires, this.#masterNow());
        if (fate === 'new') this.#guard(() => this.#needs.handlers.job(manifest, args));
        else counters.add(`jobs.${fate}`);
      },
      fetch: (from) => this.#say(kinds.fetch, { from }),
    });
    this.#outlet = new Outlet(
      durable,
      limits.window,
      (items) => this.#items(items),
      (acknowledged) => this.#needs.changed({ state: 'accept', durable: acknowledged }),
    );
    this.#sockets?.subscribe(publish, channel.keys.topic);
  }

  #beat({ published, subscribed, now }: WireMap): void {
    if (typeof now === 'number') this.#masterAhead = now - this.#needs.options.clock.monotonic();
    if (this.#state === 'subscribing' && subscribed === true) {
      this.#state = 'accept';
      this.#cancelDeadline();
      this.#needs.questions.open((message) => this.#say(kinds.question, message));
      this.#needs.changed({ state: 'accept', durable: this.#durable });
      for (const frame of this.#early.splice(0)) this.#inbox?.published(frame);
    }
    if (typeof published === 'number') this.#inbox?.announced(published);
  }

  #acknowledged({ n, published }: WireMap): void {
    if (typeof n === 'number' && this.#outlet?.acknowledged(n)) {
      this.#needs.handlers.acknowledged(n);
      this.#outlet.offer();
    }
    if (typeof published === 'number') this.#inbox?.announced(published);
  }

  #frames({ from, frames, published }: WireMap): void {
    if (typeof from !== 'number' || typeof published !== 'number' || !Array.isArray(frames)) return;
    this.#inbox?.fetched(
      from,
      frames.filter((frame) => Buffer.isBuffer(frame)),
      published,
    );
  }

  #items(items: WireValue[]): void {
    this.#say(kinds.items, { seen: this.#inbox?.seen ?? 0, items });
  }

  #say(kind: Kind, body: WireMap): void {
    if (this.#done || !this.#channel) return;
    this.#sockets?.send(this.#channel.seal(kind, body));
  }

  /** A beat now and then; and when the master has been silent for three, it is gone. */
  #pulse(): void {
    const { clock } = this.#needs.options;
    clock.after(this.#beatMs, () => {
      if (this.#done) return;
      const silence = clock.monotonic() - this.#heardAt;
      if (silence > 3 * this.#beatMs) {
        return this.finish({ state: 'lost', reason: `nothing was heard of the master for ${Math.round(silence)} ms` });
      }
      this.#say(kinds.beat, { seen: this.#inbox?.seen ?? 0 });
      this.#pulse();
    });
  }

  /** The master pushes a changed verdict by itself; asking is for the case that nobody told it to. */
  #askAgain(): void {
    this.#needs.options.clock.after(this.#again.next(), () => {
      if (this.#done || this.#state !== 'waiting') return;
      this.#say(kinds.again, {});
      this.#askAgain();
    });
  }

  #deadline(ms: number, reason: string): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#needs.options.clock.after(ms, () => this.finish({ state: 'lost', reason }));
  }

  #masterNow(): number {
    return this.#masterAhead + this.#needs.options.clock.monotonic();
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#needs.counters.add('failed');
      this.#needs.options.log('error', 'a message of the master could not be handled', { reason: messageOf(error) });
    }
  }
}

async function resolveName({ master, lookup }: ConnectOptions, turn: number): Promise<string> {
  if (isIP(master) !== 0) return master;
  const addresses = await (lookup ?? systemAddresses)(master);
  return addresses[turn % addresses.length] ?? master;
}

async function systemAddresses(name: string): Promise<string[]> {
  try {
    return (await lookupAll(name, { all: true })).map(({ address }) => address);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : messageOf(cause);
    throw wireErrors.unknownName({ name, reason }, { cause });
  }
}
