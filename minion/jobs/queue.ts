import { jobErrors } from '../../lib/errors/jobs.ts';

/** Lets state runs in one by one, in the order they came; others at once, up to so many at a time. */
export interface JobQueue {
  /**
   * Resolves to the work's result once it had its turn. Raises `TS_JOB_TOO_MANY` when too many wait already, and the
   * signal's reason when that is aborted before the turn.
   */
  run<T>(exclusive: boolean, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly running: number;
  readonly waiting: number;
}

/** Jobs that may wait for their turn. */
const MOST_WAITING = 1000;

/** A queue that runs at most `most` jobs at once. */
export function jobQueue(most: number): JobQueue {
  const waiting: { readonly exclusive: boolean; readonly start: () => void }[] = [];
  let running = 0;
  let exclusiveRuns = false;

  function startNext(): void {
    while (running < most) {
      const index = waiting.findIndex(({ exclusive }) => !(exclusive && exclusiveRuns));
      const [next] = index < 0 ? [] : waiting.splice(index, 1);
      if (!next) return;
      running += 1;
      if (next.exclusive) exclusiveRuns = true;
      next.start();
    }
  }

  return {
    get running() {
      return running;
    },
    get waiting() {
      return waiting.length;
    },
    async run(exclusive, work, signal) {
      if (waiting.length >= MOST_WAITING) throw jobErrors.tooMany({ most: MOST_WAITING });
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(own), 1);
          reject(signal?.reason as Error);
        };
        const own = {
          exclusive,
          start() {
            signal?.removeEventListener('abort', leave);
            resolve();
          },
        };
        waiting.push(own);
        signal?.addEventListener('abort', leave, { once: true });
        startNext();
      });
      try {
        return await work();
      } finally {
        running -= 1;
        if (exclusive) exclusiveRuns = false;
        startNext();
      }
    },
  };
}
