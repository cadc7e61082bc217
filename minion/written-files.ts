import { statSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { loadMinionConfig } from '../lib/config/load.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import { messageOf } from '../lib/errors/error.ts';
import type { Log } from '../lib/log.ts';

export interface WrittenFilesOptions {
  readonly configDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes the whole config, as it is now. */
  readonly changed: (config: MinionConfig) => void;
}

export interface WrittenFiles {
  /** Reads the config anew, whatever has changed. */
  readonly reread: () => void;
  stop(): void;
}

const LOOK_EVERY_MS = 5000;
/** What states and functions of `schedule` and `beacons` write. */
const names = ['_schedule.conf', 'beacons.conf'];

/**
 * Looks every five seconds whether a file that states write is another one than before; then reads the config anew. A config
 * that can't be read changes nothing.
 */
export function watchWrittenFiles({ configDir, clock, log, changed }: WrittenFilesOptions): WrittenFiles {
  const files = names.map((name) => path.join(configDir, 'minion.d', name));
  const stamp = (): string => files.map(stampOf).join();
  let known = stamp();
  let cancel = () => {};
  const look = (): void => {
    cancel = clock.after(LOOK_EVERY_MS, look);
    if (stamp() !== known) reread();
  };
  const reread = (): void => {
    known = stamp();
    try {
      changed(loadMinionConfig({ configDir, env: process.env }).config);
    } catch (thrown) {
      log('warning', "the config's schedule and beacons can't be read anew", { reason: messageOf(thrown) });
    }
  };
  cancel = clock.after(LOOK_EVERY_MS, look);
  return { reread, stop: () => cancel() };
}

/** Another text for another file; empty for none. */
function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : '';
}
