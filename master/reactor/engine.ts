import type { Clock } from '../../lib/clock.ts';
import type { BusEvent } from '../../lib/contracts/events.ts';
import type { Reactor } from '../../lib/contracts/reactor.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import type { Log } from '../../lib/log.ts';
import { returnerConsumer, type ReadyReturner, type ReturnerStanding } from '../returner/consumer.ts';
import { consumer, type Consumer } from './consumer.ts';
import { openLedger } from './ledger.ts';
import type { EventSource, ReactionRecord, ReactionStore, ReactorPowers } from './types.ts';

/** One entry of `reactor:` in the master's config. */
export interface ReactorEntry {
  /** Tag glob, as Python's fnmatch reads it. */
  readonly tag: string;
  readonly files: readonly string[];
}

export interface ReactorEngineOptions {
  readonly entries: readonly ReactorEntry[];
  /** Makes the reactor that a file of an entry names; called once for each. */
  readonly open: (file: string) => Promise<Reactor>;
  /** What takes events elsewhere. */
  readonly returners?: readonly ReadyReturner[];
  readonly events: EventSource;
  readonly store: ReactionStore;
  readonly powers: ReactorPowers;
  readonly clock: Clock;
  readonly log: Log;
  /** `reactor_max_depth`. */
  readonly maxDepth?: number;
  /** Deliveries at once to one reactor, of different minions; the reactor's own number unless given. */
  readonly atOnce?: number;
  /** Deliveries to one reactor held in memory; more stay in the event log until there is room. */
  readonly bound?: number;
  readonly random?: () => number;
}

export interface ReactorListing {
  /** What records and counters call it. */
  readonly name: string;
  readonly tag: string;
  readonly file: string;
  readonly counters: Readonly<Record<string, number>>;
}

export interface ReactorEngine {
  /** `reactor.list`: every (entry, file) in config order. */
  list(): readonly ReactorListing[];
  /** `returner.list`. */
  returners(): readonly ReturnerStanding[];
  /** `reactor.why`: which reactors got this event, and what they did. */
  why(event: number): Promise<readonly ReactionRecord[]>;
  /** Deliveries given up, oldest first. */
  deadLetters(): readonly ReactionRecord[];
  /** Delivers a dead letter again. Raises `TS_REACTOR_NO_SUCH_REACTION`, `TS_REACTOR_LOST_EVENT`. */
  redeliver(event: number, reactor: string): Promise<void>;
  /** Events up to this number no reactor needs any more. */
  needless(): number;
  counters(): Readonly<Record<string, number>>;
  /** Ends all reactions; what was under way is delivered again by the next start. */
  stop(): Promise<void>;
}

const checkpointMs = 5_000;

/**
 * Starts the reactors: each matched event goes to every matching (config entry, file) at least once, each on its own
 * (`docs/design/reactors.md`). Resolves when all have taken up where the last run stopped. Raises what `open` raises.
 */
export async function startReactorEngine(options: ReactorEngineOptions): Promise<ReactorEngine> {
  const { events, clock, log } = options;
  const ledger = await openLedger({ store: options.store });
  const names = new Map<string, number>();
  const running: { readonly entry: ReactorListing; readonly consumer: Consumer; readonly reactor: Reactor }[] = [];
  const maxDepth = options.maxDepth ?? 8;
  const more = options.random ? { random: options.random } : {};
  for (const { tag, files } of options.entries) {
    for (const file of files) {
      const reactor = await options.open(file).catch(async (error: unknown) => {
        await Promise.all(running.map(async (opened) => opened.reactor.close?.()));
        throw error;
      });
      const base = `${tag} ${file}`;
      const nth = (names.get(base) ?? 0) + 1;
      names.set(base, nth);
      const name = nth === 1 ? base : `${base} #${nth}`;
      const consumes = consumer({
        name,
        reactor,
        events,
        ledger,
        clock,
        log,
        powers: options.powers,
        matches: fnmatch(tag),
        maxDepth,
        atOnce: options.atOnce ?? reactor.atOnce ?? 100,
        bound: options.bound ?? 10_000,
        ...more,
      });
      running.push({ entry: { name, tag, file, counters: {} }, consumer: consumes, reactor });
    }
  }
  const returners = (options.returners ?? []).map((returner) =>
    returnerConsumer({ returner, events, ledger, clock, log, maxDepth, ...more }),
  );
  const consumers = [...running.map(({ consumer: one }) => one), ...returners];
  const forgotten = ledger.keepOnly(new Set(consumers.map(({ name }) => name)));
  if (forgotten > 0)
    log('warning', 'deliveries to reactors no longer configured are dropped', { deliveries: forgotten });
  const unsubscribe = events.subscribe((event: BusEvent) => {
    for (const one of consumers) one.offer(event);
  });
  const unrecorded = (error: unknown) => log('error', 'reactions could not be recorded', { error: messageOf(error) });
  await ledger.welcome().catch(unrecorded);
  await Promise.all(consumers.map((one) => one.start()));

  const checkpoint = () => ledger.checkpoint().catch(unrecorded);
  let cancelTimer = () => {};
  let recorded = 0;
  const tick = () => {
    const { records = 0 } = ledger.counters();
    if (records !== recorded) void checkpoint();
    recorded = records;
    cancelTimer = clock.after(checkpointMs, tick);
  };
  tick();

  return {
    list: () => running.map(({ entry, consumer: one }) => ({ ...entry, counters: one.counters() })),
    returners: () => returners.map((one) => one.standing()),
    why: (event) => ledger.why(event),
    deadLetters: () => ledger.dead(),
    async redeliver(seq, reactor) {
      const one = consumers.find(({ name }) => name === reactor);
      if (!one || !ledger.dead().some((letter) => letter.event === seq && letter.reactor === reactor)) {
        throw reactorErrors.noSuchReaction({ seq, reactor });
      }
      const [event] = await events.read(seq - 1, 1);
      if (event?.seq !== seq) throw reactorErrors.lostEvent({ seq });
      if (ledger.revive(reactor, seq)) one.redeliver(event);
    },
    needless: () => ledger.needless(),
    counters: () => ledger.counters(),
    async stop() {
      cancelTimer();
      unsubscribe();
      for (const one of consumers) one.stop();
      await Promise.all(running.map(async ({ reactor }) => reactor.close?.()));
      await Promise.all((options.returners ?? []).map(async (returner) => returner.close?.()));
      await checkpoint();
    },
  };
}
