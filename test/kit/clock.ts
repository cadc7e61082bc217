import type { Clock } from '../../lib/clock.ts';

export interface FakeClock extends Clock {
  /** Lets `ms` pass: what falls due is called in order, each at its own moment. */
  advance(ms: number): void;
  /** Sets the wall clock; timers don't notice. */
  jump(to: number): void;
  readonly waiting: number;
}

/** A clock that stands still until told. */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsed = 0;
  let offset = start;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    after(ms, callback) {
      const timer = { at: elapsed + Math.max(0, ms), callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        elapsed = next.at;
        next.callback();
      }
      elapsed = end;
    },
    jump(to) {
      offset = to - elapsed;
    },
    get waiting() {
      return timers.length;
    },
  };
}
