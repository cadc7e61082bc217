import type { Clock } from '../lib/clock.ts';

export interface BatchRun {
  readonly minions: readonly string[];
  /** Most minions that have the job at a time. */
  readonly atOnce: number;
  /** How long the place of a minion that is done stays empty, in ms. */
  readonly waitMs: number;
  /** Most minions that may fail: with more, no further one begins. */
  readonly mostFailed: number;
  /** Publishes a job for these, and tells of each once when it is over there; resolves when it is on all. */
  readonly publish: (ids: readonly string[], over: (succeeded: boolean) => void) => Promise<void>;
  readonly clock: Clock;
  /** Aborted: no further one begins. */
  readonly stopped: AbortSignal;
}

/**
 * Has a job done by so many minions at a time: as in Salt, the place of one that is done goes to the next. Gives the
 * minions that it was not begun on, because too many failed or it was stopped; raises what publishing raises.
 */
export async function runInBatches(run: BatchRun): Promise<readonly string[]> {
  const { atOnce, waitMs, mostFailed, publish, clock, stopped } = run;
  const waiting = [...run.minions];
  const jobs: Promise<void>[] = [];
  const broken: unknown[] = [];
  let free = atOnce;
  let failed = 0;
  let wake = (): void => {};

  function over(succeeded: boolean): void {
    if (!succeeded) failed++;
    if (waitMs > 0) clock.after(waitMs, release);
    else free++;
    wake();
  }

  function release(): void {
    free++;
    wake();
  }

  const onStop = (): void => wake();
  stopped.addEventListener('abort', onStop);
  const mayBegin = (): boolean => waiting.length > 0 && failed <= mostFailed && !stopped.aborted && broken.length === 0;
  while (mayBegin()) {
    if (free > 0) {
      const ids = waiting.splice(0, free);
      free -= ids.length;
      jobs.push(
        publish(ids, over).catch((thrown: unknown) => {
          broken.push(thrown);
          wake();
        }),
      );
    }
    if (mayBegin() && free === 0) await new Promise<void>((resolve) => (wake = resolve));
  }
  stopped.removeEventListener('abort', onStop);
  await Promise.all(jobs);
  if (broken.length > 0) throw broken[0];
  return waiting;
}
