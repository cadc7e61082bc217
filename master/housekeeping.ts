import type { Clock } from '../lib/clock.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { messageOf } from '../lib/errors/error.ts';
import type { Log } from '../lib/log.ts';
import type { EventBus } from './bus.ts';
import type { Instances } from './instances.ts';
import type { Jobs } from './jobs/ledger.ts';
import type { Keys } from './keys.ts';
import type { OrchestrationBook } from './orchestrate/book.ts';
import type { Tokens } from './tokens.ts';

export interface HousekeepingOptions {
  readonly config: MasterConfig;
  readonly bus: EventBus;
  readonly jobs: Jobs;
  readonly tokens: Tokens;
  readonly keys: Keys;
  readonly instances: Instances;
  readonly orchestrations: OrchestrationBook;
  /** Events up to this number no reactor needs any more. */
  readonly needless: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Jobs that nobody took in time are noticed this soon, in ms. */
const OFTEN_MS = 1000;
/** Old events, tokens and instances are cleared away this often. */
const SELDOM_MS = 60_000;
const MIB = 1024 * 1024;

/** Lets expire what is due and forgets what is old, now and then. The answer ends it. */
export function housekeeping({
  config,
  bus,
  jobs,
  tokens,
  keys,
  instances,
  orchestrations,
  needless,
  clock,
  log,
}: HousekeepingOptions): () => void {
  let cancel = (): void => {};
  let ended = false;
  let lastSeldom = clock.monotonic();

  async function tidy(): Promise<void> {
    await jobs.expire();
    if (clock.monotonic() - lastSeldom < SELDOM_MS) return;
    lastSeldom = clock.monotonic();
    const bytes = config.keep_mb * MIB;
    await jobs.forget(config.keep_jobs_seconds * 1000, bytes / 2);
    await orchestrations.forget(config.keep_jobs_seconds * 1000);
    await tokens.sweep();
    await keys.sweep();
    await instances.sweep(config.keep_events_seconds * 1000);
    await bus.trim({ ageMs: config.keep_events_seconds * 1000, bytes, needless: needless() });
  }

  function again(): void {
    if (ended) return;
    cancel = clock.after(OFTEN_MS, () => {
      tidy()
        .catch((cause: unknown) => log('error', 'clearing up failed', { reason: messageOf(cause) }))
        .finally(again);
    });
  }
  again();
  return () => {
    ended = true;
    cancel();
  };
}
