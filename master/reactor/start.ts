import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { PlaceOf } from '../../lib/config/check.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { openJournal } from '../../store/journal.ts';
import { tellMended } from '../../store/mended.ts';
import type { Trees } from '../own-code.ts';
import type { RenderPool } from '../pool/render-pool.ts';
import type { ReadyReturner } from '../returner/consumer.ts';
import { openReturners } from '../returner/open.ts';
import { startReactorEngine, type ReactorEngine, type ReactorEntry } from './engine.ts';
import { reactorOpener } from './open.ts';
import type { EventSource, ReactorPowers } from './types.ts';

export interface ReactorsOptions {
  /** Of the master's config. */
  readonly entries: readonly ReactorEntry[];
  readonly maxDepth: number;
  /** `returners` of the master's config. */
  readonly returners: JsonMap;
  /** Where a part of the config is said. */
  readonly placeOf?: PlaceOf | undefined;
  /** State trees, for returners that are named and in them; `mayGrow`: more may come with what is not fetched yet. */
  readonly trees: Trees;
  readonly mayGrow: boolean;
  /** Salt's id of the master. */
  readonly master: string;
  /** Renders YAML reactors. */
  readonly pool: RenderPool;
  /** All of the master's config, for the built-in reactors. */
  readonly config: JsonMap;
  readonly cachedir: string;
  /** Where relative reactor files are. */
  readonly directory: string;
  /** Where reactions are recorded, below it. */
  readonly storeDirectory: string;
  readonly events: EventSource;
  readonly powers: ReactorPowers;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts a master's reactors and returners with all they need of their own. Raises as `reactorOpener`, `openReturners` and
 * `openJournal`; nothing runs then.
 */
export async function startReactors(options: ReactorsOptions): Promise<ReactorEngine> {
  const { entries, maxDepth, pool, config, cachedir, directory, events, powers, clock, log } = options;
  const records = await openJournal({
    directory: path.join(options.storeDirectory, 'reactions'),
    now: () => clock.now(),
    purpose: 'reactions',
  });
  tellMended('the ledger of reactions', records.found, log);
  let returners: readonly ReadyReturner[] = [];
  try {
    returners = await openReturners({ ...options, written: options.returners });
    const engine = await startReactorEngine({
      entries,
      returners,
      maxDepth,
      open: reactorOpener({ config, cachedir, directory, clock, log, pool }),
      events,
      store: records,
      powers,
      clock,
      log,
    });
    return {
      ...engine,
      async stop() {
        await engine.stop();
        await records.close();
      },
    };
  } catch (error) {
    await Promise.all(returners.map(async (one) => one.close?.()));
    await records.close();
    throw error;
  }
}
