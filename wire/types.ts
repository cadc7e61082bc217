import type { Json, JsonMap } from '../lib/json.ts';
import type { Clock } from '../lib/clock.ts';
import type { Jid, MinionId } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { CurveKeys, Identity } from './keys.ts';
import type { MasterKey } from './master-key.ts';
import type { OpenMasterSockets } from './sockets.ts';
import type { EnrolmentToken } from './token.ts';

/*
 * What master and minion see of the wire. How it travels (sockets, CURVE, handshake, signatures, numbers) is behind
 * `listen` (master) and `connect` (minion); docs/design/wire.md tells all of it.
 */

/** A minion that has proved to hold its key, and asks to be let in. */
export interface Applicant {
  readonly id: MinionId;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** SHA-256 of the public key, as colon-separated hex. */
  readonly fingerprint: string;
  /** Random name of the minion's process: another one is another incarnation. */
  readonly incarnation: string;
  /** Counts the minion's processes, kept on its disk: of two with the same key, the higher one is the newer. */
  readonly generation: number;
  /** Names the sequence that the minion's outbox numbers belong to; changes when its store was lost. */
  readonly outbox: string;
  /** Which enrolment token it says it holds. */
  readonly tokenId: string | undefined;
  /** Its version of tsalt; those of 0.1.0 say none. */
  readonly version?: string | undefined;
  /** Whether it proved to hold this token secret, bound to this handshake and its key. */
  proves(secret: Buffer): boolean;
}

/** What becomes of an applicant. A pending or rejected one stays connected and is told when that changes. */
export type Verdict =
  /** `durable`: the highest number of its outbox that is on the master's disk already. */
  | { readonly act: 'accept'; readonly durable: number }
  | { readonly act: 'pend' | 'reject' | 'denied' | 'full'; readonly reason: string };

/** An accepted minion's connection, as the master sees it. */
export interface MasterSession {
  readonly id: MinionId;
  readonly fingerprint: string;
  readonly incarnation: string;
  readonly generation: number;
  readonly outbox: string;
  /** As much was published to it as may be without its minion confirming any: it takes no more until `room` is told. */
  readonly isFull: boolean;
}

/** Something the minion sends once and keeps until the master has it on disk. */
export interface UpItem {
  /** Its number in the minion's outbox: 1, 2, 3, ... */
  readonly n: number;
  readonly kind: 'event' | 'accepted' | 'progress' | 'return';
  readonly body: JsonMap;
}

/** A job, signed once for all its targets; arguments travel sealed beside it. */
export interface JobManifest {
  readonly jid: Jid;
  readonly fun: string;
  /** Milliseconds since 1970 by the master's clock; not run afterwards. */
  readonly expires: number;
  /** Who asked for it, for the minion's log: `root`, `reactor`, ... */
  readonly user: string;
}

export interface JobArguments {
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
}

export interface ListenOptions {
  /** The address to bind, such as `0.0.0.0` or `::`. */
  readonly interface: string;
  /** 0 for any. */
  readonly publishPort: number;
  readonly requestPort: number;
  readonly identity: Identity;
  readonly curve: CurveKeys;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ListenLimits>;
  /** Makes the sockets; ZeroMQ's own unless a test has others. */
  readonly sockets?: OpenMasterSockets;
}

export interface ListenLimits {
  /** Milliseconds between a minion's beats; after three without a word it is gone. */
  readonly beatMs: number;
  /** Applicants that wait for a verdict, and handshakes half done. */
  readonly waiting: number;
  /** Handshakes begun in a second, by all together. */
  readonly hellosPerSecond: number;
  /** What one peer may send in a second; more is read later, much more ends its session. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Milliseconds of the master's main thread in a second. */
  readonly workPerSecond: number;
  /** Frames that were published to a session and not confirmed by it: they are kept, and no more are taken. */
  readonly unconfirmedFrames: number;
  readonly unconfirmedBytes: number;
  /** Questions of one session under work at a time. */
  readonly questions: number;
}

export interface ConnectOptions {
  /** The master's name or address, and its request port. */
  readonly master: string;
  readonly port: number;
  readonly masterKey: MasterKey;
  readonly id: MinionId;
  readonly identity: Identity;
  /** Random name of this process, and of the sequence its outbox numbers: up to 64 of `A-Za-z0-9_-`. */
  readonly incarnation: string;
  readonly generation: number;
  readonly outbox: string;
  readonly token?: EnrolmentToken | undefined;
  /** Of tsalt; a master refuses those that are too old for it. */
  readonly version?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ConnectLimits>;
  /** The numeric addresses of a name, asked at each attempt; the system's resolver unless given. */
  readonly lookup?: (name: string) => Promise<readonly string[]>;
}

export interface ConnectLimits {
  /** First and longest wait between attempts, in ms. */
  readonly retryFirstMs: number;
  readonly retryLongestMs: number;
  /** Longest wait between asking again while not accepted, in ms. */
  readonly askAgainMs: number;
  /** From the attempt's begin to the verdict, and from there to the subscription, in ms. */
  readonly handshakeMs: number;
  /** Items on their way, not acknowledged yet. */
  readonly window: number;
  /** Questions on their way. */
  readonly questions: number;
}

export interface MasterHandlers {
  /**
   * Asked for each handshake whose signatures are right; and for one that waits, when it asks again (after 1 s, then ever
   * more seldom) and by `reconsider`.
   */
  admit(applicant: Applicant): Verdict;
  /** A session stands, and its subscription to published jobs with it. */
  opened(session: MasterSession): void;
  /** Verified and decoded, in order, without gaps. Acknowledge by `link.acknowledge` once they are on disk. */
  received(session: MasterSession, items: readonly UpItem[]): void;
  /** A question that wants an answer now. What it throws goes back as an error. */
  asked(session: MasterSession, question: string, body: JsonMap): Promise<JsonMap>;
  /** The session was full, and is at most half full now: what could not be published to it meanwhile may be now. */
  room(session: MasterSession): void;
  closed(session: MasterSession, reason: string): void;
  /** A process was kept out, for a newer one with the same key is connected: somebody has copied the key. */
  fenced?(id: MinionId, reason: string): void;
}

export interface MasterLink {
  /** The ports really bound. */
  readonly ports: { readonly publish: number; readonly request: number };
  /** Ask `admit` again for the waiting applicants of this id, and push them the answer at once. */
  reconsider(id: MinionId): void;
  /**
   * Publishes one job to some sessions: the manifest is signed once over the hashes of each target's arguments; each frame
   * carries its session's next number and the arguments sealed for it alone. Sessions that are closed by now, or full, are left
   * out.
   * Raises `TS_WIRE_UNFIT` when some arguments cannot travel; then nothing was published.
   */
  publish(manifest: JobManifest, targets: readonly { session: MasterSession; args: JobArguments }[]): void;
  /** All of the session's items up to `n` are on disk: one signed, cumulative answer. */
  acknowledge(session: MasterSession, n: number): void;
  /** Ends a session or a wait; the minion is told the reason. */
  close(id: MinionId, reason: string): void;
  /** The sessions that are open. */
  readonly sessions: ReadonlyMap<MinionId, MasterSession>;
  /** Counters by name: messages refused by reason, bytes, frames, gaps, queue lengths. */
  stats(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

export type MinionLinkState =
  | { readonly state: 'connecting' }
  | { readonly state: 'pend' | 'reject' | 'denied' | 'full'; readonly reason: string }
  /** `durable`: send again everything of the outbox above it. May come again while a session stands. */
  | { readonly state: 'accept'; readonly durable: number }
  | { readonly state: 'lost'; readonly reason: string };

export interface MinionHandlers {
  changed(state: MinionLinkState): void;
  /** A job for this minion, verified; each jid once a process. */
  job(manifest: JobManifest, args: JobArguments): void;
  /** Everything up to `n` is safe with the master. */
  acknowledged(n: number): void;
}

export interface MinionLink {
  /**
   * Sends an outbox item if a session stands; pipelined, order kept. Never blocks: the outbox keeps what is not acknowledged.
   * False when it was not taken: no session, or as much as may be is on its way. In the latter case `changed` says `accept`
   * once more as soon as there is room. Raises `TS_WIRE_UNFIT` for a body that no message can hold (see `encodeJson`).
   */
  send(item: UpItem): boolean;
  /** Asks the master; raises `TS_WIRE_NO_SESSION`, `TS_WIRE_TIMEOUT`, or what the master answered as an error. */
  ask(question: string, body: JsonMap, timeoutMs?: number): Promise<JsonMap>;
  readonly state: MinionLinkState;
  /** Ends the session, if there is one, and connects anew. */
  renew(reason: string): void;
  stats(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}
