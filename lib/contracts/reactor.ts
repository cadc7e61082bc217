import type { Clock } from '../clock.ts';
import type { JsonMap, Json } from '../json.ts';
import type { Log } from '../log.ts';
import type { BusEvent } from './events.ts';
import type { Instance, InstanceState } from './instances.ts';

/*
 * A reactor in code: one file, a default export. Built-in ones are in `reactors/` and are named `builtin:<name>` in
 * config; an operator's are `.ts` or `.js` files beside YAML ones. Each gets every event it matches at least once.
 */

/** Salt's answer of a minion's return to a job. */
export interface JobOutcome {
  readonly jid: string;
  readonly id: string;
  /** `returned`, or why there is no return: `expired`, `lost`. */
  readonly state: 'returned' | 'expired' | 'lost';
  readonly reason?: string;
  readonly return?: Json;
  readonly success?: boolean;
  readonly retcode?: number;
}

export interface PublishRequest {
  readonly tgt: string | readonly string[];
  /** Salt's word for how `tgt` is read: glob, list, pcre, grain, compound, ... */
  readonly tgt_type?: string;
  readonly fun: string;
  readonly arg?: readonly Json[];
  readonly kwarg?: JsonMap;
  /** What whoever asks for it notes beside the job, to find it by; no minion sees it. */
  readonly metadata?: JsonMap;
}

/** What a reactor may do. */
export interface ReactorContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the reaction's time is up or the master stops. */
  readonly signal: AbortSignal;
  /**
   * Does `work` once for this event and key, however often the event is delivered: its answer is stored before it is given.
   * A crash between the work and the storing repeats the work. Raises `TS_REACTOR_ANSWER_TOO_LONG` when all answers for this
   * event take more than 256 KiB of JSON with their keys; the reaction has then failed and is not tried again.
   */
  once<T extends Json>(key: string, work: () => Promise<T>): Promise<T>;
  /** Publishes a job, the same one for each event, reactor and `key`: redelivery runs nothing twice. */
  publish(key: string, request: PublishRequest): Promise<{ jid: string; minions: string[] }>;
  /** Resolves when that minion has the job in its hands (acknowledged, or already returned); false when it has expired or was lost. */
  delivered(jid: string, id: string): Promise<boolean>;
  /** Resolves when that minion has returned, or never will. */
  outcome(jid: string, id: string): Promise<JobOutcome>;
  /**
   * A runner or wheel function of the master. What takes long (`state.orchestrate`) is only begun, once for each event,
   * reactor and `key`, which is the call itself where it is not given; the answer is then its jid.
   */
  call(client: 'runner' | 'wheel', fun: string, kwarg: JsonMap, arg?: readonly Json[], key?: string): Promise<Json>;
  /** Fires an event; its cause is the event reacted to. */
  fire(tag: string, data: JsonMap): Promise<void>;
  readonly keys: {
    /** Decides on a key that waits. `fingerprint` names the key, so that another one of the same id is not meant. Redeems the id's enrolment token in the same commit. */
    accept(id: string, fingerprint: string): Promise<boolean>;
    /** Holds for `auth.reject_seconds`, unlike an operator's: then the key waits again when its minion next asks. */
    reject(id: string, fingerprint: string, reason: string): Promise<boolean>;
    /** The applicant's proof of the enrolment token that was made for its id: `none` when no token was issued for it. */
    tokenOf(id: string, fingerprint: string): Promise<'good' | 'bad' | 'missing' | 'none'>;
  };
  readonly instances: {
    find(id: string): Promise<Instance | undefined>;
    moved(id: string, state: InstanceState, reason: string): Promise<void>;
    /** Keeps how a state run on it ended. */
    ran(id: string, run: { readonly jid: string; readonly success: boolean; readonly reason: string }): Promise<void>;
  };
}

export interface Skipped {
  readonly skipped: string;
}

export interface Reactor {
  readonly name: string;
  readonly summary: string;
  /** Milliseconds one delivery may take; finite. */
  readonly timeoutMs: number;
  /** Deliveries at once, of different minions; 100 unless given. */
  readonly atOnce?: number;
  /** Waits between tries double from `firstMs` to `longestMs`; after `tries` it is a dead letter. */
  readonly retry: { readonly tries: number; readonly firstMs: number; readonly longestMs: number };
  /** Throws to be asked again. Answers `{skipped}` when there was nothing to do, with the reason for the record. */
  react(event: BusEvent, context: ReactorContext): Promise<void | Skipped>;
  /** The master stops: let go of connections. */
  close?(): Promise<void>;
}

/** Keeps the types of a reactor in code; gives it back as it is. */
export function defineReactor(reactor: Reactor): Reactor {
  return reactor;
}

/** Makes a built-in reactor from the master's config. */
export type ReactorFactory = (options: {
  readonly config: JsonMap;
  readonly cachedir: string;
  readonly clock: Clock;
  readonly log: Log;
}) => Reactor;
