import type { Clock } from '../lib/clock.ts';
import type { PlaceOf } from '../lib/config/check.ts';
import { didYouMean, messageOf } from '../lib/errors/error.ts';
import { scheduleErrors } from '../lib/errors/schedule.ts';
import type { Jid } from '../lib/ids.ts';
import { asText, isMap, type Json, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { reasonIn } from '../lib/returns.ts';
import { nearest } from '../lib/nearest.ts';
import { scheduledRunEvent } from '../lib/salt-events.ts';
import type { ScheduledJob } from '../lib/schedule/job.ts';
import { scheduler, tellFindings, type ScheduleCounts } from '../lib/schedule/scheduler.ts';
import type { JobStatus } from '../lib/schedule/status.ts';
import type { EventBus } from './bus.ts';
import type { Runners } from './runners.ts';

export interface MasterScheduleOptions {
  /** The config's `schedule`. */
  readonly schedule: JsonMap;
  /** Where a part of the config is said. */
  readonly placeOf?: PlaceOf | undefined;
  readonly runners: Pick<Runners, 'list' | 'knows' | 'call'>;
  /** Names of those of the master's config. */
  readonly returners: readonly string[];
  readonly bus: Pick<EventBus, 'fire'>;
  readonly newJid: () => Jid;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the master does by the clock. */
export interface MasterSchedule {
  /** Until then nothing runs: a job may run at the start, and call for any part of the master. */
  start(): void;
  list(): readonly JobStatus[];
  counters(): ScheduleCounts;
  stop(): void;
}

/**
 * Calls runner functions by Salt's `schedule:`; each run ends with an event `salt/scheduler/<jid>/ret`. Raises
 * `TS_SCHEDULE_UNKNOWN_FUNCTION` and `TS_SCHEDULE_UNKNOWN_RETURNER` for what the master does not have, before anything runs.
 */
export function masterSchedule(options: MasterScheduleOptions): MasterSchedule {
  const { schedule, placeOf, runners, returners, bus, newJid, clock, log } = options;
  for (const [job, written] of Object.entries(schedule)) {
    for (const returner of isMap(written) ? [written['returner'] ?? []].flat().map(asText) : []) {
      if (returners.includes(returner)) continue;
      const hint = didYouMean(nearest(returner, returners)) ?? `there are ${returners.join(', ') || 'none'}`;
      const place = placeOf?.(['schedule', job, 'returner']);
      throw scheduleErrors.unknownReturner({ job, returner }, { place, hint });
    }
    const fun = isMap(written) ? written['function'] : job === 'skip_function' ? written : undefined;
    if (typeof fun !== 'string' || runners.knows(fun)) continue;
    const names = runners.list('runner').map(({ name }) => name);
    const place = placeOf?.(isMap(written) ? ['schedule', job, 'function'] : ['schedule', job]);
    throw scheduleErrors.unknownFunction({ job, fun }, { place, hint: didYouMean(nearest(fun, names)) });
  }
  let isStopped = false;
  const timed = scheduler({ id: 'master', clock, log, run });

  async function run(job: ScheduledJob): Promise<boolean> {
    const { name, fun, args, kwargs, metadata, returnJob, returners: named, event } = job;
    const jid = newJid();
    log('info', 'scheduled job begins', { job: name, fun, jid });
    const { value, success, began } = await outcomeOf(job);
    // What the master's end has cut short is no outcome: an orchestration goes on at the next start.
    if (isStopped) return success;
    if (!success)
      log('warning', 'a scheduled job failed', {
        job: name,
        fun,
        jid,
        reason: reasonIn(value) ?? 'its return says why',
      });
    if (event !== undefined && success && isMap(value)) await bus.fire({ tag: event, data: value as JsonMap });
    if (returnJob === 'no') return success;
    const funArgs = Object.keys(kwargs).length > 0 ? [...args, kwargs] : [...args];
    const facts = { jid, fun: `runner.${fun}`, fun_args: funArgs, user: 'schedule' };
    const { tag, data } = scheduledRunEvent(facts, name, value, success);
    await bus.fire({
      tag,
      data: {
        ...data,
        ...(began !== undefined && { run: began }),
        ...(metadata && { metadata }),
        ...(named && { returner: [...named] }),
      },
    });
    return success;
  }

  async function outcomeOf({ fun, args, kwargs }: ScheduledJob) {
    let began: string | undefined;
    try {
      const call = { client: 'runner', fun, arg: args, kwarg: kwargs } as const;
      const value = await runners.call(call, { user: 'schedule', began: (jid) => (began = jid) });
      return { value, success: isGood(value), began };
    } catch (thrown) {
      return { value: messageOf(thrown), success: false, began };
    }
  }

  return {
    start: () => tellFindings(timed.set(schedule), log),
    list: () => timed.status(),
    counters: () => timed.counts(),
    stop() {
      isStopped = true;
      timed.stop();
    },
  };
}

/** An orchestration says by a code how it went; of others what is no error went well. */
const isGood = (value: Json): boolean => !isMap(value) || (value['retcode'] ?? 0) === 0;
