import type { Clock } from '../clock.ts';
import { perTurn } from '../per-turn.ts';

/** Timers that fall due together go on for so many ms before others have their turn. */
const SLICE_MS = 5;

/**
 * The clock, with timers of which thousands may fall due at once. Where those of one turn of the event loop, with what they
 * begin, have taken 5 ms by the `stopwatch`, the others wait for the next turn, which has 5 ms again; in order.
 */
export function slicedTimers(clock: Clock, stopwatch: () => number = () => performance.now()): Clock {
  const waiting = new Set<() => void>();
  const turnBegan = perTurn(stopwatch);
  let isToGoOn = false;

  function isTimeUp(): boolean {
    const began = turnBegan();
    return stopwatch() - began >= SLICE_MS;
  }

  function goOn(): void {
    if (isToGoOn || waiting.size === 0) return;
    isToGoOn = true;
    setImmediate(() => {
      isToGoOn = false;
      runNext();
    });
  }

  function runNext(): void {
    const [next] = waiting;
    if (!next) return;
    if (isTimeUp()) return goOn();
    waiting.delete(next);
    // After what this one begins: it takes time, too.
    queueMicrotask(() => process.nextTick(runNext));
    next();
  }

  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(ms, callback, hold) {
      const once = (): void => callback();
      const cancel = clock.after(
        ms,
        () => {
          if (waiting.size === 0 && !isTimeUp()) return once();
          waiting.add(once);
          goOn();
        },
        hold,
      );
      return () => {
        cancel();
        waiting.delete(once);
      };
    },
  };
}
