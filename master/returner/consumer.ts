import { backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { BusEvent } from '../../lib/contracts/events.ts';
import type { OpenReturner } from '../../lib/contracts/returner.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { isRefusal, returnerErrors } from '../../lib/errors/returners.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { msOfStamp } from '../../lib/stamp.ts';
import { lost, type Consumer } from '../reactor/consumer.ts';
import type { Ledger } from '../reactor/ledger.ts';
import type { Decision, EventSource } from '../reactor/types.ts';
import { jsonBytes } from '../../lib/json.ts';

/** A returner of the master's config, ready to be sent to. */
export interface ReadyReturner extends OpenReturner {
  /** As config calls it. */
  readonly name: string;
  /** What it is of: `influxdb`, or a file. */
  readonly kind: string;
  /** Tag globs of what it is sent. */
  readonly tags: readonly string[];
  readonly matches: (tag: string) => boolean;
  /** Events in one batch at most. */
  readonly batch: number;
  /** Milliseconds that one batch may take. */
  readonly timeoutMs: number;
}

/** How a returner is doing, for `returner.list` and the metrics. */
export interface ReturnerStanding {
  readonly name: string;
  readonly kind: string;
  readonly events: readonly string[];
  /** `waiting` for events, `sending`, or `away`: the last try failed, `error` says how. */
  readonly state: 'waiting' | 'sending' | 'away';
  readonly error?: string;
  /** Every matching event up to this number is over there, or a dead letter, or lost. */
  readonly place: number;
  /** Numbers of the log that it has not been through. Other records than events have numbers, too. */
  readonly behind: number;
  /** Age of the oldest event that it still has to send. */
  readonly behindSeconds: number;
  readonly sent: number;
  /** Tries that failed. */
  readonly failed: number;
  /** Events that the far side will never take: dead letters. */
  readonly refused: number;
  /** Numbers of the log that were gone before it came to them. */
  readonly lost: number;
}

export interface ReturnerConsumer extends Consumer {
  standing(): ReturnerStanding;
}

export interface ReturnerConsumerOptions {
  readonly returner: ReadyReturner;
  readonly events: EventSource;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  /** Events of this depth or deeper are not sent: they are of a chain that feeds itself. */
  readonly maxDepth: number;
  readonly random?: () => number;
}

const firstWaitMs = 1_000;
const longestWaitMs = 60_000;
/** Bytes of event data in one batch; a batch has one event at least. */
const batchBytes = 4 * 1024 * 1024;
/** A returner that has nothing to send notes its place each time the log has grown by so many numbers. */
const noteEvery = 500;

/**
 * One returner's reading of the event log: every event that its globs match, in order, a batch at a time, at least once. It holds
 * one batch in memory; all else waits in the log. While the far side is away the same batch is sent again, ever more seldom.
 */
export function returnerConsumer(options: ReturnerConsumerOptions): ReturnerConsumer {
  const { returner, events, ledger, clock, log, maxDepth } = options;
  const name = unitOf(returner.name);
  const position = ledger.position(name, events.head());
  const counters = { sent: 0, failed: 0, refused: 0, lost: 0 };
  const stopping = new AbortController();
  /** Dead letters that are taken up again. */
  const again: BusEvent[] = [];
  let newest = events.head();
  /** How many events were offered that it wants. */
  let offered = 0;
  let underway: readonly BusEvent[] = [];
  /** Everything up to this number is done with, or in the batch under way. */
  let inHand = position.cursor;
  let away: string | undefined;
  let wake: (() => void) | undefined;

  const wanted = ({ tag, data, depth }: BusEvent): boolean =>
    (returner.matches(tag) || isNamed(tag, data)) &&
    depth < maxDepth &&
    !(tag.startsWith('tsalt/returner/') && data['returner'] === returner.name);
  /** A scheduled job names it. Events of these tags are the master's own. */
  const isNamed = (tag: string, { schedule, returner: named }: JsonMap): boolean =>
    /^salt\/(?:job|scheduler)\//.test(tag) &&
    schedule !== undefined &&
    Array.isArray(named) &&
    named.includes(returner.name);
  const isOver = (): boolean => stopping.signal.aborted;

  async function run(): Promise<void> {
    while (!isOver()) {
      try {
        const [letter] = again;
        const before = offered;
        underway = letter ? [letter] : await nextBatch();
        await deliver(underway);
        if (isOver()) return;
        if (letter) again.shift();
        else if (inHand > position.cursor && underway.length > 0) note(inHand);
        const isIdle = underway.length === 0 && again.length === 0 && offered === before;
        underway = [];
        if (isIdle) await sleep();
      } catch (error) {
        // Of the log itself; what the far side does is seen to in `deliver`.
        log('error', 'events for a returner could not be read', { returner: returner.name, error: messageOf(error) });
        [underway, inHand] = [[], position.cursor];
        await pause(firstWaitMs);
      }
    }
  }

  /** What comes next in the log; empty when nothing does. */
  async function nextBatch(): Promise<BusEvent[]> {
    inHand = Math.max(inHand, position.cursor);
    countLost();
    const found: BusEvent[] = [];
    let bytes = 0;
    for await (const event of events.history(inHand)) {
      if (wanted(event)) {
        bytes += jsonBytes(event.data);
        if (found.length > 0 && bytes > batchBytes) break;
        found.push(event);
      }
      inHand = event.seq;
      if (found.length === 0) noteNow(inHand);
      if (found.length >= returner.batch || isOver()) break;
    }
    return found;
  }

  /** Sends until they are all over there, or dead letters, or the master stops. */
  async function deliver(batch: readonly BusEvent[]): Promise<void> {
    const waits = backoff(firstWaitMs, longestWaitMs, options.random);
    while (batch.length > 0 && !isOver()) {
      try {
        await inTime(batch);
        if (isOver()) return;
        counters.sent += batch.length;
        if (away !== undefined) log('info', 'a returner sends again', { returner: returner.name });
        away = undefined;
        return settle(batch);
      } catch (error) {
        if (isOver()) return;
        const [first] = batch;
        if (isRefusal(error) && first) {
          if (batch.length === 1) return giveUp(first, error);
          const middle = batch.length >> 1;
          await deliver(batch.slice(0, middle));
          return deliver(batch.slice(middle));
        }
        counters.failed++;
        failed(messageOf(error));
        await pause(waits.next());
        countLost();
      }
    }
  }

  async function inTime(batch: readonly BusEvent[]): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    stopping.signal.addEventListener('abort', end, { once: true });
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      const tooSlow = returnerErrors.tooSlow({ seconds: returner.timeoutMs / 1000 });
      over.signal.addEventListener('abort', () => reject(tooSlow), { once: true });
      cancel = clock.after(returner.timeoutMs, end);
    });
    try {
      await Promise.race([returner.send(batch, over.signal), late]);
    } finally {
      cancel();
      stopping.signal.removeEventListener('abort', end);
    }
  }

  /** The far side is away: said once, until it is back. */
  function failed(error: string): void {
    const isNew = away === undefined;
    away = error;
    if (!isNew) return log('debug', 'a returner is still away', { returner: returner.name, error });
    log('warning', 'a returner is away; its events wait in the log', { returner: returner.name, error });
    void tell('tsalt/returner/failed', { error });
  }

  function giveUp(event: BusEvent, error: unknown): void {
    counters.refused++;
    away = undefined;
    const facts = { event: event.seq, tag: event.tag, error: messageOf(error) };
    log('error', 'a returner was refused an event: it is a dead letter', { returner: returner.name, ...facts });
    record(event, 'failed', facts.error);
    if (event.seq > position.cursor) note(event.seq);
    void tell('tsalt/returner/refused', facts, event);
  }

  /** What the log has forgotten before it came to it. */
  function countLost(): void {
    const first = events.first();
    if (first <= inHand + 1) return;
    const facts = { from: inHand + 1, to: first - 1 };
    counters.lost += first - 1 - inHand;
    inHand = first - 1;
    log('error', 'events were forgotten before a returner could send them', { returner: returner.name, ...facts });
    if (underway.length === 0) note(inHand);
    void tell('tsalt/returner/lost', facts);
  }

  async function tell(tag: string, facts: JsonMap, cause?: BusEvent): Promise<void> {
    const led = cause ? { cause: cause.seq, depth: cause.depth + 1 } : {};
    try {
      await events.fire({ tag, data: { returner: returner.name, ...facts }, ...led });
    } catch (error) {
      log('error', 'an event of a returner could not be fired', { tag, error: messageOf(error) });
    }
  }

  function settle(batch: readonly BusEvent[]): void {
    for (const event of batch) if (position.open.has(event.seq)) record(event, 'ran');
    const last = batch.at(-1)?.seq ?? 0;
    if (last > position.cursor) note(last);
  }

  function record({ seq }: BusEvent, decision: Decision, error?: string): void {
    const at = new Date(clock.now()).toISOString();
    const why = error === undefined ? {} : { error };
    ledger.record({ event: seq, reactor: name, decision, attempts: 1, ms: 0, at, did: [], ...why });
  }

  function note(seq: number): void {
    position.done.clear();
    void ledger.move(name, seq);
  }

  /** Notes its place where there was nothing to send, now and then. */
  function noteNow(seq: number): void {
    if (seq >= position.cursor + noteEvery) note(seq);
  }

  function sleep(): Promise<void> {
    return new Promise((resolve) => {
      wake = () => {
        wake = undefined;
        resolve();
      };
    });
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        stopping.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.after(ms, end);
      stopping.signal.addEventListener('abort', end, { once: true });
    });
  }

  return {
    name,
    async start() {
      // A new one begins here, also when it is killed before it has sent anything.
      await ledger.move(name, position.cursor);
      for (const seq of [...position.open.keys()].sort((a, b) => a - b)) {
        const [event] = await events.read(seq - 1, 1);
        if (event?.seq === seq) again.push(event);
        else ledger.record(lost(name, seq, clock.now()));
      }
      void run();
    },
    offer(event) {
      newest = event.seq;
      if (wanted(event)) {
        offered++;
        wake?.();
      } else if (wake) {
        inHand = event.seq;
        noteNow(inHand);
      }
    },
    redeliver(event) {
      again.push(event);
      wake?.();
    },
    stop() {
      stopping.abort();
      wake?.();
    },
    counters: () => ({ ...counters, open: position.open.size }),
    standing() {
      const isIdle = wake !== undefined;
      const [oldest] = underway;
      return {
        name: returner.name,
        kind: returner.kind,
        events: returner.tags,
        state: away === undefined ? (isIdle ? 'waiting' : 'sending') : 'away',
        ...(away === undefined ? {} : { error: away }),
        place: position.cursor,
        behind: isIdle ? 0 : Math.max(0, newest - position.cursor),
        behindSeconds: oldest ? Math.max(0, (clock.now() - msOfStamp(oldest.data['_stamp'])) / 1000) : 0,
        ...counters,
      };
    },
  };
}

/** What ledger and dead letters call a returner. A reactor's name has a blank in it. */
const unitOf = (name: string): string => `returner:${name}`;
