/** Time, as it is handed in: tests hand their own. */
export interface Clock {
  /** Milliseconds since 1970 (UTC); may jump. For stamps and for people. */
  now(): number;
  /** Milliseconds since some fixed moment; never jumps. For time-outs and durations. */
  monotonic(): number;
  /** Calls back once after `ms`; the result cancels. A pending timer keeps the process alive only when it is to `hold` it. */
  after(ms: number, callback: () => void, hold?: boolean): () => void;
}

/** Timers beyond this would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback, hold = false) {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
    if (!hold) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` of the clock's time. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve, true));
}

/**
 * A clock whose `now` is the wall clock's of this moment, and goes on from there as time passes: for what ends after a
 * while, which the wall clock that jumps would end at once, or never.
 */
export function steady(clock: Clock): Clock {
  const ahead = clock.now() - clock.monotonic();
  return {
    now: () => ahead + clock.monotonic(),
    monotonic: () => clock.monotonic(),
    after: (ms, callback, hold) => clock.after(ms, callback, hold),
  };
}
