import type { Clock } from '../clock.ts';
import { timesOf } from './times.ts';

/** When a job is due. */
export interface Beat {
  /** Milliseconds until it is; infinity: never again. */
  wait(): number;
  /** Whether it is due now, and goes on to the next time then. */
  due(): Due | undefined;
}

export interface Due {
  /** How many times passed by unnoticed before this one. */
  readonly missed: number;
  /** When it was to be, in milliseconds since 1970 by the clock as it is now. */
  readonly at: number;
}

/** Multiples of the interval since the start, by the monotonic clock: lateness of one run moves none of the others. */
export function intervalBeat(intervalMs: number, splayMs: number, clock: Clock): Beat {
  const start = clock.monotonic() + splayMs;
  let count = 1;
  return {
    wait: () => Math.max(0, start + count * intervalMs - clock.monotonic()),
    due() {
      const elapsed = clock.monotonic() - start;
      const passed = Math.floor(elapsed / intervalMs);
      if (passed < count) return undefined;
      const missed = passed - count;
      count = passed + 1;
      return { missed, at: clock.now() - (elapsed - passed * intervalMs) };
    },
  };
}

/** Of the times that were leapt over so many are counted: each has to be found, and a day of minutes has 1,440. */
const COUNTED = 100;
/** Timers and the two clocks differ by some milliseconds. */
const TOLERANCE_MS = 1000;

/**
 * Times of the wall clock. Set forward over some of them, it is due once. Set back, no time comes again that has been, unless
 * as much has passed since as lies between that time and the one after it: an hourly job waits for less than two hours,
 * wherever the clock is set.
 */
export function wallBeat(lines: readonly string[], splayMs: number, clock: Clock, zone?: string): Beat {
  const times = timesOf(lines, zone);
  /** The run before: by the wall clock as it was, and by the one that never jumps. */
  let last: { readonly wall: number; readonly monotonic: number } | undefined;
  /** How far the two clocks were apart when the next time was found. */
  let apart = 0;
  let next = upcoming();

  function upcoming(): number {
    const now = clock.now();
    apart = now - clock.monotonic();
    let at = times.after(now - splayMs);
    while (last !== undefined && at <= last.wall) {
      const following = times.after(at);
      const since = clock.monotonic() - last.monotonic + (at + splayMs - now);
      if (since + TOLERANCE_MS >= following - at) break;
      at = following;
    }
    return at + splayMs;
  }

  return {
    wait: () => Math.max(0, next - clock.now()),
    due() {
      const now = clock.now();
      if (now < next) {
        const wasSetBack = now - clock.monotonic() < apart - TOLERANCE_MS;
        if (wasSetBack) next = upcoming();
        return undefined;
      }
      const at = Math.max(next, times.latest(now - splayMs) + splayMs);
      let missed = 0;
      for (let time = next; time < at && missed < COUNTED; time = times.after(time - splayMs) + splayMs) missed++;
      last = { wall: now - splayMs, monotonic: clock.monotonic() };
      next = upcoming();
      return { missed, at };
    },
  };
}
