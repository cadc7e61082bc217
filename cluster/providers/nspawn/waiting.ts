import { sleep, type Clock } from '../../../lib/clock.ts';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import { tryLock } from '../../../lib/process-lock.ts';

/** Asks again and again until the answer is neither undefined nor false. Raises `TS_NSPAWN_TOO_SLOW` after `seconds`. */
export async function until<T>(
  clock: Clock,
  what: string,
  seconds: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = clock.monotonic() + seconds * 1000;
  // The clock's timers keep no process alive, but somebody is waiting for this.
  const alive = setInterval(() => {}, 60_000);
  try {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      if (clock.monotonic() > end) throw nspawnErrors.tooSlow({ what, seconds });
      await sleep(clock, 20);
    }
  } finally {
    clearInterval(alive);
  }
}

/** Does something while holding a lock file, which processes and tasks of one process wait for. */
export async function withLock<T>(clock: Clock, file: string, purpose: string, work: () => Promise<T>): Promise<T> {
  const lock = await until(clock, `waiting for ${file}`, 600, () => {
    const attempt = tryLock(file, purpose);
    return attempt.held && attempt;
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
