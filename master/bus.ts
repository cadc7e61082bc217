import type { Clock } from '../lib/clock.ts';
import type { BusEvent, NewEvent } from '../lib/contracts/events.ts';
import { busErrors } from '../lib/errors/bus.ts';
import { messageOf } from '../lib/errors/error.ts';
import { parseTag, type Tag } from '../lib/ids.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { stampOf } from '../lib/stamp.ts';
import type { Change } from '../store/codec.ts';
import type { Store, StoredEvent } from '../store/store.ts';
import { jsonBytes } from '../lib/json.ts';

/** Salt's `max_event_size`, in bytes. */
export const MAX_EVENT_BYTES = 1024 * 1024;

export interface BusOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Retention {
  /** Events older than so many ms may go. */
  readonly ageMs: number;
  /** The oldest go when the store has more bytes than this. */
  readonly bytes: number;
  /** Events above this number somebody still needs; only `bytes` overrules it. */
  readonly needless?: number;
}

/** The master's events: numbered, on disk before anybody sees them, seen in order. */
export interface EventBus {
  /**
   * The event as a change, to be committed together with others; its data may have so many bytes, Salt's `max_event_size`
   * unless given. Raises `TS_ID_BAD_TAG`, `TS_EVENT_TOO_BIG`.
   */
  record(event: NewEvent, mostBytes?: number): Change;
  /** Resolves with the event when it is on disk. Raises as `record` and `Store.commit` do. */
  fire(event: NewEvent): Promise<BusEvent>;
  /** Calls back for every event that reaches the disk from now on, in order. The answer ends it. */
  subscribe(listener: (event: BusEvent) => void): () => void;
  /** No event on disk has a higher number. */
  head(): number;
  /** The oldest number whose event may still be read. */
  first(): number;
  /** Events with a number above `after`, oldest first, at most `limit`. */
  read(after: number, limit: number): Promise<BusEvent[]>;
  /** Everything on disk above `after`, oldest first. */
  history(after: number): AsyncGenerator<BusEvent>;
  /** Deletes what is too old or too much, by whole segments; the answer is how many bytes were freed. */
  trim(retention: Retention): Promise<number>;
  stats(): Readonly<Record<'fired' | 'listeners' | 'listenerFailures', number>>;
}

/** The event bus over a store. */
export function eventBus({ store, clock, log }: BusOptions): EventBus {
  const listeners = new Set<(event: BusEvent) => void>();
  const counters = { fired: 0, listenerFailures: 0 };

  store.onEvents((events) => {
    counters.fired += events.length;
    if (listeners.size === 0) return;
    for (const stored of events) {
      const event = busEvent(stored);
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (cause) {
          counters.listenerFailures++;
          log('error', 'a listener failed on an event', { tag: event.tag, seq: event.seq, error: messageOf(cause) });
        }
      }
    }
  });

  function record({ tag, data, cause, depth = 0 }: NewEvent, most = MAX_EVENT_BYTES): Change {
    const stamped: JsonMap = { ...data, _stamp: stampOf(clock.now()) };
    const event: JsonMap = { tag: parseTag(tag), data: stamped, depth };
    if (cause !== undefined) event['cause'] = cause;
    const bytes = jsonBytes(stamped);
    if (bytes > most) throw busErrors.tooBig({ tag, bytes, most });
    return { kind: 'event', event };
  }

  async function* history(after: number): AsyncGenerator<BusEvent> {
    for await (const piece of store.events(after)) for (const stored of piece) yield busEvent(stored);
  }

  return {
    record,
    async fire(event) {
      const change = record(event);
      const number = await store.commit([change]);
      return busEvent({ number, event: change.kind === 'event' ? change.event : {} });
    },
    subscribe(listener) {
      // A wrapper of its own: the same function may be there twice.
      const own = (event: BusEvent) => listener(event);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    head: () => store.head(),
    first: () => store.first(),
    async read(after, limit) {
      const events: BusEvent[] = [];
      for await (const event of history(after)) if (events.push(event) >= limit) break;
      return events;
    },
    history,
    async trim({ ageMs, bytes, needless = Infinity }) {
      const segments = store.segments();
      const oldest = clock.now() - ageMs;
      let excess = segments.reduce((sum, segment) => sum + segment.bytes, 0) - bytes;
      let keepFrom = 0;
      for (const [i, segment] of segments.entries()) {
        // Nothing in a segment is newer than the next one.
        const isOld = (segments[i + 1]?.made ?? Infinity) < oldest && segment.last <= needless;
        if (excess <= 0 && !isOld) break;
        excess -= segment.bytes;
        keepFrom = segment.last + 1;
      }
      return keepFrom > 0 ? store.trim(keepFrom) : 0;
    },
    stats: () => ({ ...counters, listeners: listeners.size }),
  };
}

function busEvent({ number, event }: StoredEvent): BusEvent {
  const { tag, data, depth, cause } = event as { tag: Tag; data: JsonMap; depth: number; cause?: number };
  return { seq: number, tag, data, depth, ...(cause === undefined ? {} : { cause }) };
}
