import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { messageOf } from '../lib/errors/error.ts';
import { logOf, type Log } from '../lib/log.ts';
import type { Change } from '../store/codec.ts';
import { tellMended } from '../store/mended.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventBus, type EventBus } from './bus.ts';
import { minionFacts, type MinionFacts } from './facts.ts';
import { instanceRegistry, type Instances } from './instances.ts';
import { jobLedger, type Jobs } from './jobs/ledger.ts';
import { orchestrationBook, type OrchestrationBook } from './orchestrate/book.ts';
import { keyBook, type Keys } from './keys.ts';
import { mineBook, type MineBook } from './mine/book.ts';
import { minionBook, type MinionBook } from './minions.ts';
import { bringUpToDate } from './schema.ts';
import { tokens as tokenBook, type Tokens } from './tokens.ts';

/** Everything that a master remembers, over its one store. */
export interface Books {
  readonly store: Store;
  readonly bus: EventBus;
  readonly minions: MinionBook;
  readonly tokens: Tokens;
  readonly keys: Keys;
  readonly jobs: Jobs;
  readonly instances: Instances;
  readonly facts: MinionFacts;
  readonly mine: MineBook;
  readonly orchestrations: OrchestrationBook;
}

/** A gigabyte is in about a hundred files. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

/** Opens the books below `cachedir`. Raises as `openStore` and `bringUpToDate`. What was mended or lost is told to the log. */
export async function openBooks(config: MasterConfig, clock: Clock, log: Log): Promise<Books> {
  const directory = path.join(config.cachedir, 'store');
  const store = await openStore({
    directory,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    purpose: 'master',
    segmentBytes: SEGMENT_BYTES,
  });
  try {
    await bringUpToDate(store, directory);
  } catch (error) {
    await store.close();
    throw error;
  }
  const ofStore = logOf(log, 'store');
  tellMended('the store', store.found, ofStore);
  const { missing, regained } = store.found;
  if (missing > 0)
    ofStore('error', "records at the beginning or the end of the store's log are missing", { records: missing });
  if (regained > 0)
    ofStore('warning', "what the store's log had lost was in its table and is kept", { values: regained });
  if (store.found.rebuilt) ofStore('info', "the store's table was made again from its log");
  const bus = eventBus({ store, clock, log: logOf(log, 'events') });
  const minions = minionBook(store);
  const tokens = tokenBook({ store, clock });
  const mine = mineBook(store);
  const jobs = jobLedger({ store, bus, clock });
  const facts = minionFacts(store, (cause) =>
    ofStore('error', 'grains could not be kept', { reason: messageOf(cause) }),
  );
  const keys = keyBook({
    store,
    bus,
    tokens,
    minions,
    belongings: belongingsOf({ jobs, facts, mine }),
    clock,
    log: logOf(log, 'keys'),
    maxMinions: config.max_minions,
  });
  return {
    store,
    bus,
    minions,
    tokens,
    keys,
    mine,
    jobs,
    instances: instanceRegistry({ store, bus, clock }),
    orchestrations: orchestrationBook({ store, bus, clock }),
    facts,
  };
}

/** What is kept under an id beside its key: jobs that it has not returned, and what it told of itself and to others. */
export function belongingsOf({ jobs, facts, mine }: Pick<Books, 'jobs' | 'facts' | 'mine'>): (id: string) => Change[] {
  const reason = 'its key was deleted, or another took its place';
  return (id) => [...jobs.abandon(id, reason), ...facts.forget(id), ...mine.forgotten(id)];
}
