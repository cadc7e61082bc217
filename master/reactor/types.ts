import type { BusEvent, NewEvent } from '../../lib/contracts/events.ts';
import type { Instance } from '../../lib/contracts/instances.ts';
import type { JobOutcome, PublishRequest, ReactorContext } from '../../lib/contracts/reactor.ts';
import type { Json, JsonMap } from '../../lib/json.ts';

/*
 * What the reactor engine stands on. Nothing here knows how events or records are kept.
 */

/** The durable, numbered events. */
export interface EventSource {
  /** The number of the newest event on disk; 0 before the first. */
  head(): number;
  /** Events with a number above `after`, oldest first, at most `limit`. */
  read(after: number, limit: number): Promise<readonly BusEvent[]>;
  /** Everything on disk above `after`, oldest first, read as it is asked for. */
  history(after: number): AsyncIterable<BusEvent>;
  /** The oldest number whose event may still be read. */
  first(): number;
  /** Calls back for every event that reaches the disk from now on, in order. The answer ends it. */
  subscribe(listener: (event: BusEvent) => void): () => void;
  /** Resolves when the event is on disk. */
  fire(event: NewEvent): Promise<unknown>;
}

/** An append-only log of small records, for the engine alone. */
export interface ReactionStore {
  /**
   * Resolves with the last one's position when the records are on disk, all of them or none; many calls at once share one
   * commit. Order is kept.
   */
  append(...records: readonly JsonMap[]): Promise<number>;
  /** All that is kept, oldest first. */
  replay(): AsyncIterable<{ readonly position: number; readonly record: JsonMap }>;
  /** What stands before `position` is no longer needed. */
  trim(position: number): Promise<void>;
}

/** What led to an effect of a reaction; its own events carry it. */
export interface Origin {
  readonly cause: number;
  readonly depth: number;
}

/** What the rest of the master lets reactions do. */
export interface ReactorPowers {
  readonly jobs: {
    /** Publishes once for each key: when the ledger has a job of that key, nothing happens and the answer is that job's. */
    publish(once: string, request: PublishRequest, origin: Origin): Promise<{ jid: string; minions: string[] }>;
    delivered(jid: string, id: string, signal: AbortSignal): Promise<boolean>;
    outcome(jid: string, id: string, signal: AbortSignal): Promise<JobOutcome>;
  };
  call(
    client: 'runner' | 'wheel',
    fun: string,
    arg: readonly Json[],
    kwarg: JsonMap,
    origin: Origin & { readonly once: string },
  ): Promise<Json>;
  readonly keys: Pick<ReactorContext['keys'], 'accept' | 'reject'> & {
    tokenOf(id: string, fingerprint: string): 'good' | 'bad' | 'missing' | 'none';
  };
  readonly instances: Pick<ReactorContext['instances'], 'moved' | 'ran'> & { find(id: string): Instance | undefined };
}

/** One thing a reaction did, for `reactor.why`. */
export interface Deed extends JsonMap {
  do: string;
}

/**
 * What became of an event at a reactor: `ran`; `skipped` (with the reason); `retrying` (an attempt failed, another comes);
 * `failed` (a mistake in the file: not tried again) and `dead` (all tries used up) are the dead letters.
 */
export type Decision = 'ran' | 'skipped' | 'retrying' | 'failed' | 'dead';

export interface ReactionRecord {
  readonly event: number;
  readonly reactor: string;
  readonly decision: Decision;
  readonly attempts: number;
  /** Milliseconds of the last attempt. */
  readonly ms: number;
  /** UTC ISO time of the decision. */
  readonly at: string;
  readonly reason?: string;
  readonly error?: string;
  readonly did: readonly Deed[];
}
