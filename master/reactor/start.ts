import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { openJournal } from '../../store/journal.ts';
import { renderPool } from '../pool/render-pool.ts';
import { startReactorEngine, type ReactorEngine, type ReactorEntry } from './engine.ts';
import { reactorOpener } from './open.ts';
import type { EventSource, ReactorPowers } from './types.ts';

export interface ReactorsOptions {
  /** Of the master's config. */
  readonly entries: readonly ReactorEntry[];
  readonly maxDepth: number;
  /** Rendering processes (`worker_threads`). */
  readonly workers: number;
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

/** Starts a master's reactors with all they need of their own. Raises as `reactorOpener` and `openJournal`; nothing runs then. */
export async function startReactors(options: ReactorsOptions): Promise<ReactorEngine> {
  const { entries, maxDepth, config, cachedir, directory, events, powers, clock, log } = options;
  const records = await openJournal({
    directory: path.join(options.storeDirectory, 'reactions'),
    now: () => clock.now(),
    purpose: 'reactions',
  });
  const pool = renderPool({ clock, log, size: options.workers });
  const end = async () => {
    pool.stop();
    await records.close();
  };
  try {
    const engine = await startReactorEngine({
      entries,
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
      counters: () => ({ ...engine.counters(), ...pool.counters() }),
      async stop() {
        await engine.stop();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
