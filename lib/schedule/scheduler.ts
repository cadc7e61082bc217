import type { Clock } from '../clock.ts';
import type { Finding } from '../config/option.ts';
import { messageOf } from '../errors/error.ts';
import type { JsonMap } from '../json.ts';
import type { Log } from '../log.ts';
import type { ScheduledJob } from './job.ts';
import { readSchedule, type Whens } from './read.ts';
import type { JobStatus, Tally } from './status.ts';
import { keepTime, type Timed } from './timed.ts';

export interface SchedulerOptions {
  /** Of who keeps the schedule: of many minions, each is put off by its own splay, the same one after every start. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The time zone by name; by default the machine's own. */
  readonly zone?: string;
  /** Runs one job to its end, and does with its return what the job says. Gives whether it went well. */
  readonly run: (job: ScheduledJob) => Promise<boolean>;
}

/** What all jobs together have come to since the start. */
export type ScheduleCounts = Readonly<Record<'jobs' | 'running' | 'runs' | 'failed' | 'skipped' | 'missed', number>>;

export interface Scheduler {
  /**
   * Takes a schedule in place of the one before. Jobs whose times are the same keep their rhythm. Gives what was wrong; jobs
   * that are wrong are left out.
   */
  set(schedule: JsonMap, whens?: Whens): readonly Finding[];
  status(): readonly JobStatus[];
  counts(): ScheduleCounts;
  /** Runs a job now, whatever its times and limits; false when there is none of that name, or too many of it run. */
  runNow(name: string): boolean;
  /** Nothing starts any more; what runs is left running. */
  stop(): void;
}

/** Runs Salt's `schedule:`. */
export function scheduler(options: SchedulerOptions): Scheduler {
  let timed = new Map<string, Timed>();
  /** Of jobs that are no more, of which runs are still under way: set again, they go on. */
  const leaving = new Map<string, Tally>();
  const gone = { runs: 0, failed: 0, skipped: 0, missed: 0 };

  /** Counts those among what is gone whose last run is over. */
  function settle(): void {
    for (const [name, tally] of leaving) {
      if (tally.running > 0) continue;
      leaving.delete(name);
      for (const key of ['runs', 'failed', 'skipped', 'missed'] as const) gone[key] += tally[key];
    }
  }

  return {
    set(schedule, whens = {}) {
      settle();
      const { jobs, findings } = readSchedule(schedule, whens);
      const before = timed;
      timed = new Map();
      for (const job of jobs) {
        const old = before.get(job.name);
        before.delete(job.name);
        if (old?.take(job) === true) {
          timed.set(job.name, old);
          continue;
        }
        old?.stop();
        timed.set(job.name, keepTime(job, options, old?.tally ?? leaving.get(job.name)));
        leaving.delete(job.name);
      }
      for (const [name, old] of before) {
        old.stop();
        leaving.set(name, old.tally);
      }
      settle();
      return findings;
    },
    status: () => [...timed.values()].map((one) => one.status()),
    counts() {
      settle();
      const all = [...timed.values()].map((one) => one.status());
      const tallies = [...all, ...leaving.values()];
      const sum = (key: 'running' | keyof typeof gone): number => tallies.reduce((total, one) => total + one[key], 0);
      return {
        jobs: all.filter(({ enabled }) => enabled).length,
        running: sum('running'),
        runs: gone.runs + sum('runs'),
        failed: gone.failed + sum('failed'),
        skipped: gone.skipped + sum('skipped'),
        missed: gone.missed + sum('missed'),
      };
    },
    runNow: (name) => timed.get(name)?.runNow() ?? false,
    stop() {
      for (const one of timed.values()) one.stop();
      timed = new Map();
    },
  };
}

/** Tells what was wrong with a schedule, at the level it deserves. */
export function tellFindings(findings: readonly Finding[], log: Log): void {
  for (const { isHarmless, error } of findings) log(isHarmless ? 'warning' : 'error', messageOf(error()));
}
