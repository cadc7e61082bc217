import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StartOptions } from '../../../kit/daemon.ts';
import { anyMachine, fault, goOn, startMaster } from '../nemesis.ts';
import type { Row } from '../row.ts';
import type { World } from '../world.ts';

/** Where Debian has it, below the directory of its architecture. */
const library = readdirSync('/usr/lib')
  .map((directory) => path.join('/usr/lib', directory, 'faketime/libfaketimeMT.so.1'))
  .find((file) => existsSync(file));
const missing = (): string | undefined => (library === undefined ? 'libfaketime is not installed' : undefined);

interface WallClock {
  readonly how: StartOptions;
  /** Seconds beside the true time. */
  set(seconds: number): void;
}

/** A wall clock of its own for what is started with it; the monotonic one is the system's. */
function wallClock(directory: string): WallClock {
  const file = path.join(directory, 'clock');
  const set = (seconds: number): void => {
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  const environment = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  return { how: { environment }, set };
}

const HOUR = 3_600;
const YEAR = 365 * 24 * HOUR;

const jumps = (who: 'master' | 'minion'): Row => ({
  name: `${who}-clock-jumps`,
  what: `the wall clock of a ${who} jumps by an hour and by a year, both ways`,
  missing,
  async faults(world: World) {
    const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-clock-'));
    try {
      const clock = wallClock(directory);
      await goOn(world, 200, 500);
      if (who === 'master') await startMaster(world, clock.how);
      else {
        const { minion } = anyMachine(world);
        await minion.kill9();
        minion.start(clock.how);
      }
      for (let n = 0; n < 3; n++) {
        await goOn(world, 1_500, 2_500);
        const seconds = world.random.pick([HOUR, -HOUR, YEAR, -YEAR, -10]);
        fault(world, `the clock of the ${who} is ${seconds} s beside the time`);
        clock.set(seconds);
      }
      await goOn(world, 1_500, 2_500);
      clock.set(0);
      await goOn(world, 1_500, 1_500);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
});

export const clockRows: readonly Row[] = [jumps('master'), jumps('minion')];
