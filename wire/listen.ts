import { messageOf } from '../lib/errors/error.ts';
import { failpoint } from '../lib/failpoint.ts';
import type { MinionId } from '../lib/ids.ts';
import { Budget } from './budget.ts';
import { read, type Unverified } from './channel.ts';
import { Counters } from './counters.ts';
import { kinds } from './envelope.ts';
import { MasterHandshake, type Proven } from './handshake.ts';
import { Intake } from './intake.ts';
import { signJob } from './jobs.ts';
import { fingerprintOf } from './keys.ts';
import { LiveSession } from './session.ts';
import { openMasterSockets, type MasterSockets } from './sockets.ts';
import type {
  Applicant,
  JobArguments,
  JobManifest,
  ListenLimits,
  ListenOptions,
  MasterHandlers,
  MasterLink,
  MasterSession,
  Verdict,
} from './types.ts';
import { Verifying, VerifyingThreads } from './verifying.ts';

const defaults: ListenLimits = {
  beatMs: 5000,
  waiting: 1000,
  hellosPerSecond: 500,
  messagesPerSecond: 2500,
  bytesPerSecond: 16 << 20,
  workPerSecond: 400,
  unconfirmedFrames: 256,
  unconfirmedBytes: 1 << 20,
  questions: 32,
};
const remindMs = 1000;
const againPerSecond = 2;

/** Binds the two ports and serves minions. Raises `TS_WIRE_CANNOT_BIND`. */
export async function listen(options: ListenOptions, handlers: MasterHandlers): Promise<MasterLink> {
  const master = new Listener(options, handlers);
  await master.open();
  return master;
}

/** How far a connection has come. Each message has one meaning in each of these, or none. */
type Stage =
  | { readonly at: 'challenged'; readonly handshake: MasterHandshake }
  | {
      readonly at: 'waiting';
      readonly applicant: Applicant;
      readonly proven: Proven;
      readonly again: Budget;
      verdict: Verdict;
    }
  | { readonly at: 'session'; readonly session: LiveSession };

interface Peer {
  readonly route: string;
  readonly intake: Intake;
  heardAt: number;
  stage: Stage;
  verifying?: Verifying;
}

class Listener implements MasterLink {
  readonly sessions = new Map<MinionId, LiveSession>();
  /** Those of `sessions`, and those whose subscription has not been seen yet. */
  readonly #accepted = new Map<MinionId, LiveSession>();
  readonly #options: ListenOptions;
  readonly #handlers: MasterHandlers;
  readonly #limits: ListenLimits;
  readonly #counters = new Counters();
  readonly #peers = new Map<string, Peer>();
  readonly #challenged = new Set<Peer>();
  readonly #waiting = new Set<Peer>();
  readonly #topics = new Map<string, LiveSession>();
  readonly #routes = new Map<LiveSession, string>();
  readonly #hellos: Budget;
  readonly #threads = new VerifyingThreads();
  #sockets: MasterSockets | undefined;
  #stopped = false;

  constructor(options: ListenOptions, handlers: MasterHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#limits = { ...defaults, ...options.limits };
    this.#hellos = new Budget(options.clock, this.#limits.hellosPerSecond);
  }

  async open(): Promise<void> {
    const open = this.#options.sockets ?? openMasterSockets;
    this.#sockets = await open(this.#options, {
      received: (route, frame) => this.#received(route, frame),
      subscribing: (topic) => this.#subscribing(topic),
      unreachable: (route, reason) => this.#unreachable(route, reason),
      routes: () => this.#peers.keys(),
      count: (name) => this.#counters.add(name),
    });
    this.#every(this.#limits.beatMs, () => this.#sweep());
    this.#every(remindMs, () => this.sessions.forEach((session) => session.remind()));
  }

  get ports(): MasterSockets['ports'] {
    return this.#sockets?.ports ?? { publish: 0, request: 0 };
  }

  reconsider(id: MinionId): void {
    for (const peer of this.#waiting) {
      if (peer.stage.at === 'waiting' && peer.stage.proven.id === id) this.#judge(peer, peer.stage.proven);
    }
  }

  publish(manifest: JobManifest, targets: readonly { session: MasterSession; args: JobArguments }[]): void {
    const open = targets.flatMap(({ session, args }) => {
      const found = this.sessions.get(session.id);
      return found === session ? [{ session: found, fingerprint: found.keyHash, args }] : [];
    });
    const live = open.filter(({ session }) => !session.isFull);
    this.#counters.add('publish.closed', targets.length - open.length);
    this.#counters.add('publish.full', open.length - live.length);
    if (live.length === 0) return;
    const job = signJob(manifest, live, this.#options.identity);
    live.forEach(({ session }, index) => {
      const { keys } = session.channel;
      failpoint('job-sending');
      this.#sockets?.publish(
        keys.topic,
        session.publish((number) => job.frame(index, keys, number)),
      );
    });
    this.#counters.add('published', live.length);
  }

  acknowledge(session: MasterSession, n: number): void {
    const live = this.sessions.get(session.id);
    if (live === session) live.acknowledge(n);
  }

  close(id: MinionId, reason: string): void {
    const session = this.#accepted.get(id);
    if (session) {
      session.bye('closed', reason);
      this.#end(session, reason);
    }
    for (const peer of this.#waiting) {
      if (peer.stage.at !== 'waiting' || peer.stage.proven.id !== id) continue;
      const { channel } = peer.stage.proven;
      this.#sockets?.send(peer.route, channel.seal(kinds.bye, { code: 'closed', reason }));
      this.#forget(peer);
    }
  }

  stats(): Record<string, number> {
    return {
      ...this.#counters.all(),
      peers: this.#peers.size,
      challenged: this.#challenged.size,
      waiting: this.#waiting.size,
      sessions: this.sessions.size,
      fullSessions: [...this.sessions.values()].filter(({ isFull }) => isFull).length,
      verifying: this.#threads.given,
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const session of this.#accepted.values()) this.#end(session, 'the master stops');
    this.#peers.clear();
    await this.#sockets?.stop();
  }

  #received(route: string, frame: Buffer): void {
    this.#counters.add('frames');
    this.#counters.add('bytes', frame.length);
    const peer = this.#peers.get(route);
    if (peer) peer.intake.received(frame);
    else this.#guard(() => this.#stranger(route, frame));
  }

  /** A connection that has said nothing yet can say hello, and nothing else. */
  #stranger(route: string, frame: Buffer): void {
    if (!this.#hellos.take(1)) return this.#refuse('hurried');
    const handshake = MasterHandshake.begin(frame, this.#options.identity, this.#options.clock.now());
    if (!handshake) return this.#refuse('stranger');
    const { clock } = this.#options;
    const intake = new Intake({
      clock,
      messagesPerSecond: this.#limits.messagesPerSecond,
      bytesPerSecond: this.#limits.bytesPerSecond,
      workPerSecond: this.#limits.workPerSecond,
      take: (next) => this.#take(peer, next),
      delayed: () => this.#counters.add('delayed'),
      overflow: () => this.#drop(peer, 'it sends more than it may'),
    });
    const peer: Peer = { route, intake, heardAt: clock.monotonic(), stage: { at: 'challenged', handshake } };
    const [oldest] = this.#challenged;
    if (oldest && this.#challenged.size >= this.#limits.waiting) this.#forget(oldest);
    this.#peers.set(route, peer);
    this.#challenged.add(peer);
    this.#sockets?.send(route, handshake.challenge);
  }

  #take(peer: Peer, frame: Buffer): void {
    this.#guarded(peer, () => {
      if (peer.stage.at === 'challenged') this.#prove(peer, peer.stage.handshake, frame);
      else this.#message(peer, peer.stage, frame);
    });
  }

  #guarded(peer: Peer, act: () => void): void {
    const done = this.#guard(act);
    // What was in it is not lost: the minion comes back, and sends what was not acknowledged again.
    if (!done && peer.stage.at === 'session') this.#drop(peer, 'the master could not take what it sent');
  }

  /** One peer's message, or a handler's fault on it, stops nobody else. */
  #guard(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#counters.add('failed');
      this.#options.log('error', 'a message could not be handled', { reason: messageOf(error) });
      return false;
    }
  }

  #prove(peer: Peer, handshake: MasterHandshake, frame: Buffer): void {
    const proven = handshake.judge(frame);
    if ('refused' in proven) return this.#refuse(proven.refused);
    this.#challenged.delete(peer);
    peer.heardAt = this.#options.clock.monotonic();
    this.#counters.add('handshakes');
    this.#judge(peer, proven);
  }

  /** Asks for the verdict, tells it, and does as it says. */
  #judge(peer: Peer, proven: Proven): void {
    const applicant = applicantOf(proven);
    const before = peer.stage.at === 'waiting' ? peer.stage.verdict : undefined;
    const asked = this.#fenced(applicant) ?? this.#handlers.admit(applicant);
    if (asked.act === 'accept') return this.#accept(peer, proven, asked.durable);
    // Who is let in needs no room to wait: however many strangers do, it is none of its business.
    const verdict = this.#room(peer) ?? asked;
    const again = peer.stage.at === 'waiting' ? peer.stage.again : new Budget(this.#options.clock, againPerSecond);
    peer.stage = { at: 'waiting', applicant, proven, again, verdict };
    this.#waiting.add(peer);
    if (before?.act === verdict.act && 'reason' in before && before.reason === verdict.reason) return;
    const { act, reason } = verdict;
    this.#sockets?.send(peer.route, proven.channel.seal(kinds.verdict, { act, reason, beatMs: this.#limits.beatMs }));
    if (act === 'full') this.#forget(peer);
  }

  #room(peer: Peer): Exclude<Verdict, { act: 'accept' }> | undefined {
    if (this.#waiting.has(peer) || this.#waiting.size < this.#limits.waiting) return undefined;
    this.#counters.add('full');
    return { act: 'full', reason: `${this.#waiting.size} minions wait to be accepted already` };
  }

  /** Of two processes with one key the newer generation wins; a copy of the same generation is the one that came later. */
  #fenced({ id, fingerprint, incarnation, generation }: Applicant): Verdict | undefined {
    const live = this.#accepted.get(id);
    if (!live || live.fingerprint !== fingerprint || live.incarnation === incarnation) return undefined;
    if (generation > live.generation) return undefined;
    this.#counters.add('fenced');
    const reason = `a newer process with the key of ${id} is connected`;
    this.#handlers.fenced?.(id, reason);
    return { act: 'denied', reason };
  }

  #accept(peer: Peer, proven: Proven, durable: number): void {
    const old = this.#accepted.get(proven.id);
    if (old && old.incarnation !== proven.incarnation) {
      const reason = 'a newer process of this minion has connected';
      old.bye('fenced', reason);
      this.#end(old, reason);
    } else if (old) {
      this.#end(old, 'it has connected anew');
    }
    this.#waiting.delete(peer);
    const session = new LiveSession(proven, durable, {
      handlers: this.#handlers,
      limits: this.#limits,
      counters: this.#counters,
      clock: this.#options.clock,
      send: (frame) => this.#sockets?.send(peer.route, frame),
    });
    peer.stage = { at: 'session', session };
    this.#accepted.set(session.id, session);
    this.#routes.set(session, peer.route);
    this.#topics.set(session.channel.keys.topic.toString('hex'), session);
    this.#sockets?.send(
      peer.route,
      proven.channel.seal(kinds.verdict, {
        act: 'accept',
        durable,
        publish: this.ports.publish,
        beatMs: this.#limits.beatMs,
      }),
    );
  }

  /** Only a session's own topic can be listened to, and only who came through its handshake knows it. */
  #subscribing(topic: Buffer): boolean {
    const session = this.#topics.get(topic.toString('hex'));
    if (!session) return false;
    if (!session.listens()) return true;
    this.sessions.set(session.id, session);
    this.#guard(() => this.#handlers.opened(session));
    return true;
  }

  /** What is the peer's, and whole, waits for its signature to be verified. */
  #message(peer: Peer, stage: Exclude<Stage, { at: 'challenged' }>, frame: Buffer): void {
    const { channel } = stage.at === 'session' ? stage.session : stage.proven;
    const unsealed = channel.unseal(frame);
    if ('refused' in unsealed) {
      this.#refuse(unsealed.refused);
      // Nothing gets lost on a connection: what is missing was taken out, and no order can be kept any more.
      if (unsealed.refused === 'gap') this.#drop(peer, 'messages of it are missing');
      return;
    }
    peer.heardAt = this.#options.clock.monotonic();
    peer.verifying ??= new Verifying(this.#threads, channel.peer, (message, signed) => {
      if (this.#peers.get(peer.route) === peer)
        peer.intake.work(() => this.#guarded(peer, () => this.#verified(peer, message, signed)));
    });
    peer.verifying.push(unsealed);
  }

  #verified(peer: Peer, message: Unverified, signed: boolean): void {
    const { stage } = peer;
    if (stage.at === 'challenged') return;
    if (!signed) {
      this.#refuse('unsigned');
      return this.#drop(peer, 'it has sent what it has not signed');
    }
    const opened = read(message);
    if ('refused' in opened) return this.#refuse(opened.refused);
    if (opened.kind === kinds.bye) return this.#drop(peer, 'it has said goodbye');
    if (stage.at === 'session') return stage.session.take(opened.kind, opened.body);
    if (opened.kind === kinds.again) {
      return stage.again.take(1) ? this.#judge(peer, stage.proven) : this.#refuse('hurried');
    }
    if (opened.kind === kinds.beat) {
      const { channel } = stage.proven;
      return this.#sockets?.send(peer.route, channel.seal(kinds.beat, { published: 0, subscribed: false }));
    }
    this.#refuse('unexpected');
  }

  #refuse(reason: string): void {
    this.#counters.add(`refused.${reason}`);
  }

  #unreachable(route: string, reason: string): void {
    const peer = this.#peers.get(route);
    if (peer) this.#drop(peer, reason);
  }

  #drop(peer: Peer, reason: string): void {
    if (peer.stage.at === 'session') this.#end(peer.stage.session, reason);
    else this.#forget(peer);
  }

  #end(session: LiveSession, reason: string): void {
    const route = this.#routes.get(session);
    const peer = route === undefined ? undefined : this.#peers.get(route);
    if (peer) this.#forget(peer);
    this.#routes.delete(session);
    this.#topics.delete(session.channel.keys.topic.toString('hex'));
    for (const map of [this.sessions, this.#accepted]) {
      if (map.get(session.id) === session) map.delete(session.id);
    }
    if (session.subscribed) this.#guard(() => this.#handlers.closed(session, reason));
  }

  #forget(peer: Peer): void {
    peer.intake.close();
    this.#peers.delete(peer.route);
    this.#challenged.delete(peer);
    this.#waiting.delete(peer);
  }

  /** Who has said nothing for three beats is gone. */
  #sweep(): void {
    const since = this.#options.clock.monotonic() - 3 * this.#limits.beatMs;
    for (const peer of this.#peers.values()) {
      if (peer.heardAt < since) this.#drop(peer, `nothing was heard of it for ${3 * this.#limits.beatMs} ms`);
    }
  }

  #every(ms: number, act: () => void): void {
    this.#options.clock.after(ms, () => {
      if (this.#stopped) return;
      act();
      this.#every(ms, act);
    });
  }
}

function applicantOf(proven: Proven): Applicant {
  const { id, publicKey, incarnation, generation, outbox, tokenId, version } = proven;
  const proves = (secret: Buffer) => proven.proves(secret);
  const fingerprint = fingerprintOf(publicKey);
  return { id, publicKey, fingerprint, incarnation, generation, outbox, tokenId, version, proves };
}
