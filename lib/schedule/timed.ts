import { createHash } from 'node:crypto';
import { messageOf } from '../errors/error.ts';
import { intervalBeat, wallBeat, type Beat, type Due } from './beat.ts';
import type { ScheduledJob } from './job.ts';
import { gateOf } from './limits.ts';
import type { SchedulerOptions } from './scheduler.ts';
import type { JobStatus, SkipReason, Tally } from './status.ts';
import { timesOf } from './times.ts';

/** One job that runs at its times until stopped. */
export interface Timed {
  readonly tally: Tally;
  /** Goes on as this job; false when its times are others. */
  take(job: ScheduledJob): boolean;
  status(): JobStatus;
  /** Runs it now; false when too many of it run. */
  runNow(): boolean;
  stop(): void;
}

/** Long waits are cut, so that a wall clock that was set is noticed. */
const LONGEST_WAIT_MS = 30_000;
/** A run after a range that is left out comes as much later than its end. */
const AFTER_SKIP_MS = 1000;
/** Explicit skips are said in seconds. */
const SAME_MS = 1500;

/** `tally` is that of the same job with other times, if there was one: its runs go on, and count. */
export function keepTime(first: ScheduledJob, options: SchedulerOptions, tally: Tally = noRuns()): Timed {
  const { id, clock, log, zone, run } = options;
  let job = first;
  const main = beatOf();
  let besides = extrasOf();
  let gate = gateOf(job.limits, zone);
  /** One run is owed at that time of the wall clock. */
  let owed = Infinity;
  let cancel = (): void => {};

  function beatOf(): Beat {
    const splay = splayOf(id, first);
    const { every } = first;
    return 'lines' in every ? wallBeat(every.lines, splay, clock, zone) : intervalBeat(every.intervalMs, splay, clock);
  }

  function extrasOf(): Beat | undefined {
    return job.extras.length === 0 ? undefined : wallBeat(job.extras, 0, clock, zone);
  }

  const wait = (): number => Math.min(main.wait(), besides?.wait() ?? Infinity, Math.max(0, owed - clock.now()));

  function arm(): void {
    cancel = clock.after(Math.min(wait(), LONGEST_WAIT_MS), () => {
      const due = dueNow();
      // Armed first: a job that sets a new schedule stops this one.
      arm();
      if (due) decide(due);
    });
  }

  /** All that is due at once is one run. */
  function dueNow(): Due | undefined {
    const all = [main.due(), besides?.due()].filter((due) => due !== undefined);
    if (clock.now() >= owed) {
      all.push({ missed: 0, at: owed });
      owed = Infinity;
    }
    for (const { missed } of all) tally.missed += missed;
    return all[0];
  }

  function decide({ at }: Due): void {
    // A run that is late by less than a second is on time.
    const reason = isSkipped(at) ? 'skip_explicit' : gate.reason(clock.now() - (clock.now() % 1000));
    if (reason === undefined) return void fire(job);
    skip(reason);
    const isForRange = reason === 'in_skip_range' || reason === 'not_in_range';
    if (reason === 'in_skip_range' && job.runAfterSkip) owed = gate.skipEnds(clock.now()) + AFTER_SKIP_MS;
    if (job.skipFunction !== undefined && (isForRange || reason === 'skip_explicit'))
      fire({ ...job, fun: job.skipFunction });
  }

  const isSkipped = (at: number): boolean =>
    job.skips.some((line) => {
      const skip = timesOf([line], zone).after(at - SAME_MS);
      return skip <= at + SAME_MS / 3;
    });

  function skip(reason: SkipReason): void {
    tally.skipped++;
    tally.lastSkip = { reason, at: clock.now() };
    const level = reason === 'maxrunning' ? 'warning' : 'debug';
    const message = reason === 'maxrunning' ? 'still running, left out this time' : 'left out this time';
    log(level, `scheduled job ${message}`, { job: job.name, reason, running: tally.running });
  }

  function fire(what: ScheduledJob): boolean {
    if (tally.running >= job.maxrunning) {
      skip('maxrunning');
      return false;
    }
    tally.runs++;
    tally.lastRun = clock.now();
    if (what.dryRun) {
      log('info', 'scheduled job with dry_run, not called', { job: what.name, fun: what.fun });
      return true;
    }
    tally.running++;
    void run(what)
      .catch((error: unknown) => {
        log('error', 'scheduled job failed', { job: what.name, reason: messageOf(error) });
        return false;
      })
      .then((isGood) => {
        tally.running--;
        if (!isGood) tally.failed++;
      });
    return true;
  }

  if (job.enabled) {
    arm();
    if (job.runOnStart) fire(job);
  }
  return {
    tally,
    take(now) {
      if (timesIn(now) !== timesIn(job)) return false;
      const isOther = JSON.stringify(now.extras) !== JSON.stringify(job.extras);
      job = now;
      gate = gateOf(job.limits, zone);
      if (!isOther) return true;
      besides = extrasOf();
      cancel();
      if (job.enabled) arm();
      return true;
    },
    status() {
      const next = job.enabled ? clock.now() + wait() : Infinity;
      return {
        name: job.name,
        fun: job.fun,
        enabled: job.enabled,
        ...(next !== Infinity && { next }),
        ...tally,
      };
    },
    runNow: () => fire(job),
    stop: () => cancel(),
  };
}

const noRuns = (): Tally => ({ running: 0, runs: 0, failed: 0, skipped: 0, missed: 0 });

/** What makes the rhythm of a job, as text. */
const timesIn = ({ every, splay, enabled }: ScheduledJob): string => JSON.stringify([every, splay, enabled]);

/** How long this one puts this job off: by a hash, so that it is the same each time and another one for each minion. */
function splayOf(id: string, { name, splay }: ScheduledJob): number {
  const fraction = createHash('sha256').update(`${id}\0${name}`).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(splay.from + fraction * (splay.to - splay.from));
}
