import { backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { BusEvent } from '../../lib/contracts/events.ts';
import type { Reactor, Skipped } from '../../lib/contracts/reactor.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import { isPermanent, reactorErrors } from '../../lib/errors/reactor.ts';
import type { Log } from '../../lib/log.ts';
import { reactorContext } from './context.ts';
import { ending } from './ending.ts';
import { lanes, type Place } from './lanes.ts';
import type { Ledger } from './ledger.ts';
import { mayLeave, openIn, type Memo, type Position } from './position.ts';
import type { Decision, Deed, EventSource, ReactionRecord, ReactorPowers } from './types.ts';

export interface ConsumerOptions {
  /** Unique among the reactors of a master, and the same after a restart. */
  readonly name: string;
  readonly matches: (tag: string) => boolean;
  readonly reactor: Reactor;
  readonly events: EventSource;
  readonly ledger: Ledger;
  readonly powers: ReactorPowers;
  readonly clock: Clock;
  readonly log: Log;
  /** Events of this depth or deeper are not reacted to. */
  readonly maxDepth: number;
  /** Deliveries at once, of different minions. */
  readonly atOnce: number;
  /** Deliveries held in memory; what is beyond is read from the event log when there is room again. */
  readonly bound: number;
  readonly random?: () => number;
}

export interface Consumer {
  readonly name: string;
  /** Goes on where the last run of the master stopped. */
  start(): Promise<void>;
  /** A new event reached the disk. */
  offer(event: BusEvent): void;
  /** Takes a dead letter up again. */
  redeliver(event: BusEvent): void;
  stop(): void;
  counters(): Readonly<Record<string, number>>;
}

const page = 500;
/** One for all: an error with a stack for each reaction that ends would cost as much as the rest of it. */
const overReason = reactorErrors.over(undefined);

/** One reactor's reading of the event log: every event that its glob matches, at least once, on its own. */
export function consumer(options: ConsumerOptions): Consumer {
  const { name, reactor, events, ledger, clock, log, bound } = options;
  const position: Position = ledger.position(name, events.head());
  // What to end when the master stops; a set, for an abort signal's listeners are a list.
  const endings = new Set<() => void>();
  let stopped = false;
  const counters = { matched: 0, ran: 0, skipped: 0, retries: 0, failed: 0, dead: 0, lagged: 0 };
  // Behind: events are read from the log, page by page, instead of taken as they come.
  let behind = true;
  let newest = 0;
  // What was fired before this start counts as not read until it is.
  const before = events.head();
  let catching = false;
  const queue = lanes<BusEvent>(options.atOnce, deliver, readOn);

  function consider(event: BusEvent): void {
    position.cursor = event.seq;
    if (!options.matches(event.tag)) return;
    if (position.done.delete(event.seq)) return;
    counters.matched++;
    openIn(position, event.seq);
    queue.push(laneOf(event), event);
  }

  async function catchUp(): Promise<void> {
    while (behind && !stopped && queue.size() < bound) {
      tellForgotten();
      const offered = newest;
      const found = await events.read(position.cursor, Math.min(page, bound));
      for (const event of found) consider(event);
      // What was offered before the log was read, and is not there, is forgotten.
      if (found.length > 0 || newest > offered) continue;
      // Nothing can be offered between this look and the end of this turn.
      behind = false;
      position.done.clear();
    }
  }

  /** Since this start, for what was read before it is not told. */
  function tellForgotten(): void {
    const [from, to] = [position.cursor + 1, events.first() - 1];
    if (counters.lagged === 0 || to < from) return;
    log('error', 'events were forgotten before a reactor could read them', { reactor: name, from, to });
    position.cursor = to;
  }

  /** Reads on from the log if that is needed and not under way. */
  function readOn(): void {
    if (!behind || catching || stopped || queue.size() > bound / 2) return;
    catching = true;
    void catchUp().then(
      () => {
        catching = false;
        // The queue may have emptied since it was found full.
        readOn();
      },
      (error: unknown) => {
        catching = false;
        log('error', 'reading events for a reactor failed', { reactor: name, error: messageOf(error) });
        clock.after(1_000, readOn);
      },
    );
  }

  async function deliver(event: BusEvent, place: Place): Promise<void> {
    const delivery = openIn(position, event.seq);
    const waits = backoff(reactor.retry.firstMs, reactor.retry.longestMs, options.random);
    for (let before = 0; before < delivery.attempts; before++) waits.next();
    while (!stopped) {
      const outcome = await attempt(event, delivery.memos);
      // A stopping master leaves it open: the next one takes it up.
      if (stopped && outcome.error !== undefined) return;
      const attempts = delivery.attempts + 1;
      const decision = decide(outcome, attempts);
      ledger.record(recordOf(event, decision, attempts, outcome));
      if (outcome.error !== undefined) complain(event, decision, attempts, outcome.error);
      if (decision !== 'retrying') break;
      counters.retries++;
      if (mayLeave(position, delivery)) place.leave();
      await pause(waits.next());
      await place.enter();
    }
  }

  async function attempt(event: BusEvent, memos: ReadonlyMap<string, Memo>): Promise<Outcome> {
    const did: Deed[] = [];
    const started = clock.monotonic();
    const spent = () => Math.round((clock.monotonic() - started) * 100) / 100;
    if (event.depth >= options.maxDepth) {
      if (event.depth === options.maxDepth) await cut(event);
      return { did, ms: spent(), skipped: `a chain of ${event.depth} reactions led here (reactor_max_depth)` };
    }
    const over = ending(overReason);
    let giveUp: (reason: Error) => void = () => {};
    const late = new Promise<never>((_, reject) => (giveUp = reject));
    const end = () => {
      over.end();
      giveUp(overReason);
    };
    endings.add(end);
    const cancel = clock.after(reactor.timeoutMs, () => giveUp(reactorErrors.timeout({ ms: reactor.timeoutMs })));
    try {
      const context = reactorContext({
        reactor: name,
        event,
        clock,
        log,
        memos,
        events,
        powers: options.powers,
        ending: over,
        remember: (key, value) => ledger.remember(name, event.seq, key, value),
        did: (deed) => did.push(deed),
      });
      const answer: void | Skipped = await Promise.race([reactor.react(event, context), late]);
      return answer ? { did, ms: spent(), skipped: answer.skipped } : { did, ms: spent() };
    } catch (error) {
      return { did, ms: spent(), error };
    } finally {
      cancel();
      endings.delete(end);
      over.end();
    }
  }

  function decide(outcome: Outcome, attempts: number): Decision {
    if (outcome.skipped !== undefined) return 'skipped';
    if (outcome.error === undefined) return 'ran';
    if (outcome.error instanceof TsaltError && isPermanent(outcome.error.code)) return 'failed';
    return attempts >= reactor.retry.tries ? 'dead' : 'retrying';
  }

  function recordOf(event: BusEvent, decision: Decision, attempts: number, outcome: Outcome): ReactionRecord {
    if (decision !== 'retrying') counters[decision]++;
    return {
      event: event.seq,
      reactor: name,
      decision,
      attempts,
      ms: outcome.ms,
      at: new Date(clock.now()).toISOString(),
      ...(outcome.skipped === undefined ? {} : { reason: outcome.skipped }),
      ...(outcome.error === undefined ? {} : { error: messageOf(outcome.error) }),
      did: outcome.did,
    };
  }

  /** Says so by events: at a delivery's first failure, and when it becomes a dead letter. */
  function complain(event: BusEvent, decision: Decision, attempts: number, error: unknown): void {
    const facts = { reactor: name, event: event.seq, tag: event.tag, attempts, error: messageOf(error) };
    const final = decision !== 'retrying';
    log(
      final ? 'error' : 'warning',
      final ? 'a reaction failed for good' : 'a reaction failed and is tried again',
      facts,
    );
    if (attempts === 1) void tell('tsalt/reactor/failed', event, facts);
    if (final) void tell('tsalt/reactor/dead', event, facts);
  }

  function cut(event: BusEvent): Promise<void> {
    return tell('tsalt/reactor/loop', event, { reactor: name, event: event.seq, tag: event.tag, depth: event.depth });
  }

  async function tell(tag: string, event: BusEvent, facts: Record<string, string | number>): Promise<void> {
    try {
      await events.fire({ tag, data: { ...facts }, cause: event.seq, depth: event.depth + 1 });
    } catch (error) {
      log('error', 'an event of the reactor could not be fired', { tag, error: messageOf(error) });
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, done);
      function done() {
        cancel();
        endings.delete(done);
        resolve();
      }
      endings.add(done);
    });
  }

  return {
    name,
    async start() {
      let open = [...position.open.keys()].filter((seq) => seq <= position.cursor).sort((a, b) => a - b);
      for (let [first] = open; first !== undefined; [first] = open) {
        const found = await events.read(first - 1, page);
        const bySeq = new Map(found.map((event) => [event.seq, event]));
        const end = found.at(-1)?.seq ?? Infinity;
        for (const seq of open.filter((one) => one <= end)) {
          const event = bySeq.get(seq);
          if (event) queue.push(laneOf(event), event);
          else ledger.record(lost(name, seq, clock.now()));
        }
        open = open.filter((seq) => seq > end);
      }
      readOn();
    },
    offer(event) {
      newest = event.seq;
      if (event.seq <= position.cursor) return;
      if (!behind && queue.size() < bound) return consider(event);
      if (!behind) counters.lagged++;
      behind = true;
      readOn();
    },
    redeliver: (event) => queue.push(laneOf(event), event),
    stop() {
      stopped = true;
      for (const end of endings) end();
    },
    counters: () => ({
      ...counters,
      open: position.open.size,
      running: queue.running(),
      lag: behind ? Math.max(0, newest - position.cursor, before - position.cursor) : 0,
    }),
  };
}

interface Outcome {
  readonly did: readonly Deed[];
  readonly ms: number;
  readonly skipped?: string;
  readonly error?: unknown;
}

/** One minion's events are handled in order; of what is no minion's, events of one tag. */
function laneOf(event: BusEvent): string {
  const id = event.data['id'];
  return typeof id === 'string' ? `id ${id}` : `tag ${event.tag}`;
}

/** The record of a delivery whose event is gone. */
export function lost(reactor: string, seq: number, now: number): ReactionRecord {
  const error = reactorErrors.lostEvent({ seq }).message;
  return {
    event: seq,
    reactor,
    decision: 'failed',
    attempts: 0,
    ms: 0,
    at: new Date(now).toISOString(),
    error,
    did: [],
  };
}
