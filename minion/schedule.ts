import { Cron } from 'croner';
import * as v from 'valibot';
import { describe } from '../lib/describe.ts';
import { didYouMean, messageOf, type TsaltError } from '../lib/errors/error.ts';
import { scheduleErrors } from '../lib/errors/schedule.ts';
import { isJson, isJsonMap, isMap, type Json, type JsonMap } from '../lib/json.ts';
import { isTag, type Tag } from '../lib/ids.ts';
import { nearest } from '../lib/nearest.ts';

/** One job of Salt's `schedule:`, checked. */
export interface ScheduledJob {
  readonly name: string;
  readonly fun: string;
  readonly args: readonly Json[];
  readonly kwargs: JsonMap;
  /** Milliseconds between two runs, or a cron line in local time. */
  readonly every: { readonly intervalMs: number } | { readonly cron: string };
  /** A run is put off by something between these, in milliseconds. */
  readonly splay: { readonly from: number; readonly to: number };
  /** So many runs of it at once; one that would be more is left out. */
  readonly maxrunning: number;
  readonly runOnStart: boolean;
  /** Its return is sent to the master as a job's. */
  readonly returnJob: boolean;
  /** Its return is sent as the data of an event with this tag. */
  readonly event?: Tag;
}

export interface ParsedSchedule {
  readonly jobs: readonly ScheduledJob[];
  /** Each is about one job, which is then left out; the others run. */
  readonly errors: readonly TsaltError[];
  readonly warnings: readonly TsaltError[];
}

const someFunction = 'a function, such as state.highstate';
const positive = 'a number above 0';
const amount = v.optional(
  v.pipe(
    v.number(positive),
    v.check((value) => value > 0, positive),
  ),
);
const flag = (fallback: boolean) => v.optional(v.boolean('true or false'), fallback);
const seconds = v.pipe(v.number('a number of seconds'), v.minValue(0, 'a number of seconds'));

const options = {
  // Said to be empty when it is missing, for the sake of the complaint.
  function: v.optional(v.pipe(v.string(someFunction), v.nonEmpty(someFunction)), ''),
  args: v.optional(v.array(v.unknown(), 'a list'), []),
  kwargs: v.optional(v.record(v.string(), v.unknown(), 'a map'), {}),
  seconds: amount,
  minutes: amount,
  hours: amount,
  days: amount,
  cron: v.optional(v.string('a cron line')),
  splay: v.optional(
    v.union([seconds, v.strictObject({ start: seconds, end: seconds })], 'a number of seconds or {start, end}'),
    0,
  ),
  maxrunning: v.optional(
    v.pipe(
      v.number('a whole number from 1'),
      v.integer('a whole number from 1'),
      v.minValue(1, 'a whole number from 1'),
    ),
    1,
  ),
  enabled: flag(true),
  run_on_start: flag(false),
  return_job: flag(true),
  event: v.optional(v.custom<Tag>(isTag, 'an event tag')),
};
const jobSchema = v.object(options);

/** Salt's own: without these a job would run when it should not. */
const salt = [
  'when',
  'whens',
  'once',
  'once_fmt',
  'range',
  'skip_during_range',
  'run_after_skip_range',
  'until',
  'after',
];
/** Salt's own: without these a job runs all the same. */
const harmless = [
  'returner',
  'return_config',
  'return_kwargs',
  'jid_include',
  'metadata',
  'dry_run',
  'persist',
  'name',
];

/** Reads Salt's `schedule:` map; `enabled: false` in it switches all jobs off. */
export function parseSchedule(schedule: JsonMap): ParsedSchedule {
  const jobs: ScheduledJob[] = [];
  const errors: TsaltError[] = [];
  const warnings: TsaltError[] = [];
  for (const [name, written] of Object.entries(schedule)) {
    if (name === 'enabled' && typeof written === 'boolean') continue;
    const problem = strangers(name, written, warnings);
    const parsed = problem ?? parseJob(name, written);
    if (parsed instanceof Error) errors.push(parsed);
    else if (parsed) jobs.push(parsed);
  }
  return { jobs: schedule.enabled === false ? [] : jobs, errors, warnings };
}

function strangers(job: string, written: Json, warnings: TsaltError[]): TsaltError | undefined {
  if (!isMap(written)) return undefined;
  for (const option of Object.keys(written)) {
    if (Object.hasOwn(options, option)) continue;
    if (salt.includes(option)) return scheduleErrors.notInTsalt({ job, option });
    if (!harmless.includes(option)) {
      const hint = didYouMean(nearest(option, [...Object.keys(options), ...salt]));
      return scheduleErrors.unknownOption({ job, option }, { hint });
    }
    warnings.push(scheduleErrors.noEffect({ job, option }));
  }
  return undefined;
}

/** The job, nothing for one that is not enabled, or what is wrong with it. */
function parseJob(job: string, written: Json): ScheduledJob | TsaltError | undefined {
  const parsed = v.safeParse(jobSchema, written);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    const option = (issue.path ?? []).map(({ key }) => String(key)).join(': ');
    const expected = option ? issue.message : 'a map of options';
    return scheduleErrors.badJob({ job, option, expected, got: describe(issue.input) });
  }
  const { output } = parsed;
  const intervalMs = intervalOf(output);
  if (output.cron === undefined && intervalMs === 0) return scheduleErrors.noTime({ job });
  if (output.cron !== undefined && intervalMs > 0) return scheduleErrors.twoTimes({ job });
  const badCron = output.cron === undefined ? undefined : cronProblem(job, output.cron);
  if (badCron || !output.enabled) return badCron;
  const splay = typeof output.splay === 'number' ? { start: 0, end: output.splay } : output.splay;
  return {
    name: job,
    fun: output.function,
    // It came as JSON, and still is.
    args: output.args.filter(isJson),
    kwargs: isJsonMap(output.kwargs) ? output.kwargs : {},
    every: output.cron === undefined ? { intervalMs } : { cron: output.cron },
    splay: { from: splay.start * 1000, to: Math.max(splay.start, splay.end) * 1000 },
    maxrunning: output.maxrunning,
    runOnStart: output.run_on_start,
    returnJob: output.return_job,
    ...(output.event === undefined ? {} : { event: output.event }),
  };
}

/** As in Salt, amounts of several units add up. */
function intervalOf({ seconds = 0, minutes = 0, hours = 0, days = 0 }: Intervals): number {
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000;
}

interface Intervals {
  seconds?: number | undefined;
  minutes?: number | undefined;
  hours?: number | undefined;
  days?: number | undefined;
}

function cronProblem(job: string, cron: string): TsaltError | undefined {
  try {
    // Without a callback nothing is scheduled: only the line is read.
    new Cron(cron);
    return undefined;
  } catch (error) {
    return scheduleErrors.badCron({ job, cron, reason: messageOf(error).replace(/^CronPattern: /, '') });
  }
}
