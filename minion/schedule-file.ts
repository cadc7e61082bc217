import { statSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { loadMinionConfig } from '../lib/config/load.ts';
import { messageOf } from '../lib/errors/error.ts';
import { isJsonMap, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';

export interface ScheduleFileOptions {
  readonly configDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes the schedule of the whole config, as it is now. */
  readonly changed: (schedule: JsonMap) => void;
}

const LOOK_EVERY_MS = 5000;

/**
 * Looks every five seconds whether the file that the states of `schedule` write is another one than before; then reads the
 * config's schedule anew. A config that can't be read changes nothing. Gives what ends it.
 */
export function watchScheduleFile({ configDir, clock, log, changed }: ScheduleFileOptions): () => void {
  const file = path.join(configDir, 'minion.d', '_schedule.conf');
  let known = stampOf(file);
  let cancel = () => {};
  const look = (): void => {
    cancel = clock.after(LOOK_EVERY_MS, look);
    const now = stampOf(file);
    if (now === known) return;
    known = now;
    try {
      const { schedule } = loadMinionConfig({ configDir, env: process.env }).config;
      if (isJsonMap(schedule)) changed(schedule);
    } catch (thrown) {
      log('warning', "the config's schedule can't be read anew", { file, reason: messageOf(thrown) });
    }
  };
  cancel = clock.after(LOOK_EVERY_MS, look);
  return () => cancel();
}

/** Another text for another file; empty for none. */
function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : '';
}
