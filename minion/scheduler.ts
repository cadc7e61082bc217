import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import type { Clock } from '../lib/clock.ts';
import { messageOf, type TsaltError } from '../lib/errors/error.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { parseSchedule, type ScheduledJob } from './schedule.ts';

export interface SchedulerOptions {
  /** The minion's id: of many minions, each is put off by its own splay, the same one after every start. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs one job to its end, and does with its return what the job says. */
  readonly run: (job: ScheduledJob) => Promise<void>;
}

/** What a job has come to. */
export interface JobStatus {
  readonly name: string;
  readonly fun: string;
  /** Milliseconds since 1970, by the clock as it is now. */
  readonly next: number;
  readonly running: number;
  readonly runs: number;
  /** Left out because `maxrunning` runs of it were still under way. */
  readonly skipped: number;
  /** Passed by while this process could not run (suspended, stopped). */
  readonly missed: number;
}

export interface Scheduler {
  /**
   * Takes a schedule in place of the one before. Jobs that did not change keep their rhythm. Gives what was wrong; jobs
   * that are wrong are left out.
   */
  set(schedule: JsonMap): { readonly errors: readonly TsaltError[]; readonly warnings: readonly TsaltError[] };
  status(): readonly JobStatus[];
  /** Nothing starts any more; what runs is left running. */
  stop(): void;
}

interface Timed {
  readonly job: ScheduledJob;
  readonly status: () => JobStatus;
  readonly stop: () => void;
}

/** Long waits are cut, so that a wall clock that was set is noticed. */
const longestWaitMs = 30_000;

/** Runs Salt's `schedule:`. */
export function scheduler(options: SchedulerOptions): Scheduler {
  let timed = new Map<string, Timed>();
  return {
    set(schedule) {
      const { jobs, errors, warnings } = parseSchedule(schedule);
      const before = timed;
      timed = new Map();
      for (const job of jobs) {
        const old = before.get(job.name);
        const same = old !== undefined && JSON.stringify(old.job) === JSON.stringify(job);
        timed.set(job.name, same ? old : keep(job, options));
        if (same) before.delete(job.name);
      }
      for (const { stop } of before.values()) stop();
      return { errors, warnings };
    },
    status: () => [...timed.values()].map(({ status }) => status()),
    stop() {
      for (const { stop } of timed.values()) stop();
      timed = new Map();
    },
  };
}

/** Keeps one job running at its times until stopped. */
function keep(job: ScheduledJob, { id, clock, log, run }: SchedulerOptions): Timed {
  const counts = { running: 0, runs: 0, skipped: 0, missed: 0 };
  const beat = 'cron' in job.every ? cronBeat(job.every.cron, splayOf(id, job), clock) : intervalBeat(job, id, clock);

  const fire = () => {
    if (counts.running >= job.maxrunning) {
      counts.skipped++;
      log('warning', 'scheduled job still running, left out this time', { job: job.name, running: counts.running });
      return;
    }
    counts.running++;
    counts.runs++;
    void run(job)
      .catch((error: unknown) => log('error', 'scheduled job failed', { job: job.name, reason: messageOf(error) }))
      .finally(() => counts.running--);
  };

  let cancel = () => {};
  const arm = () => {
    cancel = clock.after(Math.min(beat.wait(), longestWaitMs), () => {
      const due = beat.due();
      if (due) counts.missed += due.missed;
      // Armed first: a job that sets a new schedule stops this one.
      arm();
      if (due) fire();
    });
  };
  arm();
  if (job.runOnStart) fire();
  return {
    job,
    status: () => ({ name: job.name, fun: job.fun, next: clock.now() + beat.wait(), ...counts }),
    stop: () => cancel(),
  };
}

/** When a job is due. */
interface Beat {
  /** Milliseconds until it is. */
  wait(): number;
  /** Whether it is now, and how many times it has passed by unnoticed; goes on to the next time. */
  due(): { readonly missed: number } | undefined;
}

/** Multiples of the interval since the start, by the monotonic clock: lateness of one run moves none of the others. */
function intervalBeat(job: ScheduledJob, id: string, clock: Clock): Beat {
  const interval = 'intervalMs' in job.every ? job.every.intervalMs : Number.POSITIVE_INFINITY;
  const start = clock.monotonic() + splayOf(id, job);
  let count = 1;
  return {
    wait: () => Math.max(0, start + count * interval - clock.monotonic()),
    due() {
      const passed = Math.floor((clock.monotonic() - start) / interval);
      if (passed < count) return undefined;
      const missed = passed - count;
      count = passed + 1;
      return { missed };
    },
  };
}

/** A cron line's times, by the wall clock as it is. */
function cronBeat(line: string, splayMs: number, clock: Clock): Beat {
  const cron = new Cron(line);
  const after = (ms: number) => cron.nextRun(new Date(ms - splayMs))?.getTime() ?? Number.POSITIVE_INFINITY;
  let next = after(clock.now()) + splayMs;
  return {
    wait: () => Math.max(0, next - clock.now()),
    due() {
      const now = clock.now();
      const isDue = now >= next;
      // Also when it is not: the clock may have been set back.
      next = isDue ? after(now) + splayMs : Math.min(next, after(now) + splayMs);
      return isDue ? { missed: 0 } : undefined;
    },
  };
}

/** How long this minion puts this job off: by a hash, so that it is the same each time and another one for each minion. */
function splayOf(id: string, { name, splay }: ScheduledJob): number {
  const fraction = createHash('sha256').update(`${id}\0${name}`).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(splay.from + fraction * (splay.to - splay.from));
}
