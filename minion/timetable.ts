import type { Clock } from '../lib/clock.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import type { SeenSchedule } from '../lib/contracts/execution.ts';
import { isMap, type Json, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { reasonIn } from '../lib/returns.ts';
import type { ScheduledJob } from '../lib/schedule/job.ts';
import { scheduleIn } from '../lib/schedule/read.ts';
import { scheduler, tellFindings } from '../lib/schedule/scheduler.ts';
import type { JobRunner } from './agent.ts';
import { collectorJobs } from './collectors/schedule.ts';
import type { JobReturn } from './jobs/messages.ts';
import { mineJobs, type MineConfig } from './mine/timed.ts';

export interface TimetableOptions {
  readonly config: Pick<MinionConfig, 'id' | 'collectors' | 'schedule'> & MineConfig;
  /** May name times (`whens`). */
  readonly grains: () => JsonMap;
  readonly run: JobRunner['run'];
  /** What came of a run, for the master. */
  readonly sendReturn: (job: ScheduledJob, outcome: JobReturn) => Promise<void>;
  readonly sendEvent: (tag: string, data: JsonMap) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the minion does by the clock. */
export interface Timetable {
  /** Takes the `schedule` of a pillar that was just made; one like the last changes nothing. */
  pillar(pillar: JsonMap): void;
  /** Takes the config's `schedule`, which was read anew. */
  config(schedule: JsonMap): void;
  /** The master is there: what is of use to it alone begins. */
  accepted(): void;
  /** Sets one entry until the minion stops, over all others; null takes it away, undefined forgets what was set so. */
  override(name: string, entry: Json | undefined): void;
  seen(): SeenSchedule;
  /** Runs a job now; false when there is none of that name, or too many of it run. */
  runNow(name: string): boolean;
  stop(): void;
}

/** Runs the jobs of collectors and of the mine, over them those of the pillar's `schedule`, and over both those of the config's. */
export function startTimetable({
  config,
  grains,
  run,
  sendReturn,
  sendEvent,
  clock,
  log,
}: TimetableOptions): Timetable {
  const timed = scheduler({ id: config.id, clock, log, run: runScheduled });
  const ofCollectors = collectorJobs(config.collectors);
  let known: string | undefined;
  let ofPillar: JsonMap = {};
  let ofMine: JsonMap = {};
  let pillarWhens: JsonMap = {};
  let ofConfig = config.schedule as JsonMap;
  const unsaved = new Map<string, Json>();
  set();

  function set(): void {
    const entries = { ...ofCollectors, ...ofMine, ...ofPillar, ...ofConfig, ...Object.fromEntries(unsaved) };
    const schedule = Object.fromEntries(Object.entries(entries).filter(([, entry]) => entry !== null));
    const usesNames = Object.values(schedule).some((job) => isMap(job) && 'when' in job);
    // Grains are asked for when something may name a time of theirs.
    const whens = usesNames ? { ...mapIn(grains(), 'whens'), ...pillarWhens } : {};
    const text = JSON.stringify([schedule, whens]);
    if (text === known) return;
    known = text;
    tellFindings(timed.set(schedule, whens), log);
  }

  async function runScheduled(job: ScheduledJob): Promise<boolean> {
    const { name: schedule, fun, args, kwargs, event, returnJob } = job;
    const order = { jid: '', fun, arg: args, kwarg: kwargs, user: 'schedule' };
    const outcome = await run(order, { term: new AbortController().signal });
    const { return: value, success } = outcome;
    if (!success)
      log('warning', 'a scheduled job failed', {
        job: schedule,
        fun,
        reason: reasonIn(value) ?? `retcode ${outcome.retcode}`,
      });
    if (event !== undefined && success && isMap(value)) await sendEvent(event, value as JsonMap);
    if (returnJob !== 'no') await sendReturn(job, outcome);
    return success;
  }

  return {
    pillar(pillar) {
      ofMine = mineJobs(config, pillar);
      ofPillar = scheduleIn(pillar);
      pillarWhens = mapIn(pillar, 'whens');
      set();
    },
    config(schedule) {
      ofConfig = schedule;
      set();
    },
    accepted() {
      // Until a pillar is there, which may say more.
      if (Object.keys(ofMine).length > 0) return;
      ofMine = mineJobs(config, {});
      set();
    },
    override(name, entry) {
      if (entry === undefined) unsaved.delete(name);
      else unsaved.set(name, entry);
      set();
    },
    seen: () => ({
      ofMinion: { ...ofCollectors, ...ofMine },
      unsaved: Object.fromEntries(unsaved),
      status: timed.status(),
    }),
    runNow: (name) => timed.runNow(name),
    stop: () => timed.stop(),
  };
}

function mapIn(values: JsonMap, key: string): JsonMap {
  const value = values[key];
  return isMap(value) ? (value as JsonMap) : {};
}
