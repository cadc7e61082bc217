import type { Clock } from '../lib/clock.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { JobRunner } from './agent.ts';
import { collectorJobs } from './collectors/schedule.ts';
import { mineJobs, type MineConfig } from './mine/timed.ts';
import type { ScheduledJob } from './schedule.ts';
import { scheduler } from './scheduler.ts';

export interface TimetableOptions {
  readonly config: Pick<MinionConfig, 'id' | 'collectors' | 'schedule'> & MineConfig;
  readonly run: JobRunner['run'];
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
  stop(): void;
}

/** Runs the collectors' jobs, over them those of the pillar's `schedule`, and over both those of the config's. */
export function startTimetable({ config, run, sendEvent, clock, log }: TimetableOptions): Timetable {
  const timed = scheduler({ id: config.id, clock, log, run: runScheduled });
  let known: string | undefined;
  let ofPillar: JsonMap = {};
  let ofMine: JsonMap = {};
  let ofConfig = config.schedule as JsonMap;
  set();

  function set(): void {
    const text = JSON.stringify([ofMine, ofPillar, ofConfig]);
    if (text === known) return;
    known = text;
    const { errors, warnings } = timed.set({
      ...collectorJobs(config.collectors),
      ...ofMine,
      ...ofPillar,
      ...ofConfig,
    });
    for (const { message } of errors) log('error', message);
    for (const { message } of warnings) log('warning', message);
  }

  async function runScheduled(job: ScheduledJob): Promise<void> {
    const order = { jid: '', fun: job.fun, arg: job.args, kwarg: job.kwargs, user: 'schedule' };
    const outcome = await run(order, { term: new AbortController().signal });
    const { return: value, success, retcode } = outcome;
    if (!success) log('warning', 'a scheduled job failed', { job: job.name, fun: job.fun });
    if (job.event !== undefined && success && isMap(value)) await sendEvent(job.event, value as JsonMap);
    if (job.returnJob)
      await sendEvent('schedule/return', { schedule: job.name, fun: job.fun, return: value, success, retcode });
  }

  return {
    pillar(pillar) {
      const { schedule } = pillar;
      ofMine = mineJobs(config, pillar);
      ofPillar = isMap(schedule) ? (schedule as JsonMap) : {};
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
    stop: () => timed.stop(),
  };
}
