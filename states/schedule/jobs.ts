import { Cron } from 'croner';
import * as v from 'valibot';
import { readDocument } from '../../lib/config/document.ts';
import { editMinionFile, minionFile, type MinionFile } from '../../lib/config/minion-file.ts';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { isJson, isJsonMap, type Json, type JsonMap } from '../../lib/json.ts';
import { jsonMap } from '../../lib/schema/json.ts';

/*
 * What the functions of `schedule` have in common: jobs in `minion.d/_schedule.conf`, where Salt keeps them, too. A minion
 * that runs takes them within seconds.
 */

export const jobName = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((name) => !['enabled', '__proto__'].includes(name), 'the name of a job'),
);

const amount = v.optional(v.pipe(v.number(), v.gtValue(0, 'a number above 0')));
const seconds = v.pipe(v.number(), v.minValue(0, 'a number of seconds'));

export const jobArgs = {
  name: jobName,
  function: v.pipe(v.string(), v.regex(/^\w+\.\w+$/, 'a function, such as state.highstate')),
  job_args: v.optional(v.array(v.custom<Json>(isJson, 'a value'))),
  job_kwargs: v.optional(jsonMap),
  seconds: amount,
  minutes: amount,
  hours: amount,
  days: amount,
  cron: v.optional(v.string()),
  splay: v.optional(v.union([seconds, v.strictObject({ start: seconds, end: seconds })], 'seconds or {start, end}')),
  maxrunning: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  enabled: v.optional(v.boolean(), true),
  run_on_start: v.optional(v.boolean()),
  return_job: v.optional(v.boolean()),
  /** The tag of an event whose data is to be the return. */
  event: v.optional(v.string()),
};

const schema = v.strictObject(jobArgs);
export type JobArgs = v.InferOutput<typeof schema>;

export function checkJob(given: JobArgs): string | undefined {
  const { cron } = given;
  const hasInterval = [given.seconds, given.minutes, given.hours, given.days].some((one) => one !== undefined);
  if (hasInterval === (cron !== undefined)) return 'either seconds, minutes, hours and days, or cron is expected';
  if (cron === undefined) return undefined;
  try {
    // Without a callback nothing is scheduled: only the line is read.
    new Cron(cron);
    return undefined;
  } catch (thrown) {
    return `cron '${cron}' can't be read: ${messageOf(thrown)}`;
  }
}

/** The job as it stands in a config. */
export function jobOf(given: JobArgs): JsonMap {
  const { name: _, job_args: args, job_kwargs: kwargs, function: fun, ...rest } = given;
  const job: JsonMap = { function: fun };
  if (args !== undefined) job['args'] = args;
  if (kwargs !== undefined) job['kwargs'] = kwargs;
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) job[key] = value;
  return job;
}

export interface JobFacts {
  readonly file: MinionFile;
  /** The job in the file; undefined when it has none of that name. */
  readonly own: JsonMap | undefined;
  /** The job in some other file of the config. */
  readonly elsewhere: JsonMap | undefined;
}

/** Raises what is wrong with the file: `TS_CONFIG_SYNTAX`, `TS_CONFIG_NOT_A_MAP`, `TS_TEXT_NOT_UTF8`. */
export function readJob({ name }: { readonly name: string }, machine: Reading): JobFacts {
  const file = minionFile(machine, 'minion.d/_schedule.conf', 'Jobs of the schedule');
  const { values } = readDocument(file.path, file.text);
  const own = jobIn(values['schedule'], name);
  return { file, own, elsewhere: own === undefined ? jobIn(machine.opts['schedule'], name) : undefined };
}

function jobIn(schedule: unknown, name: string): JsonMap | undefined {
  const job = isJsonMap(schedule) && Object.hasOwn(schedule, name) ? schedule[name] : undefined;
  return isJsonMap(job) ? job : undefined;
}

/** Why a job can't be changed here. */
export function whyFixed({ file, elsewhere }: JobFacts, name: string): string | undefined {
  if (file.problem !== undefined) return file.problem;
  return elsewhere === undefined
    ? undefined
    : `Job ${name} is set in another file of the config than ${file.path}: it has to be changed there`;
}

export function writeJob({ file }: JobFacts, name: string, job: JsonMap | undefined): Step[] {
  return editMinionFile(file, ['schedule', name], job);
}

/** Two jobs that do the same at the same times. */
export function isSameJob(a: JsonMap | undefined, b: JsonMap): boolean {
  return a !== undefined && JSON.stringify(complete(a)) === JSON.stringify(complete(b));
}

/** With what counts where nothing is said, in one order. Names and the like, which Salt writes, too, mean nothing here. */
function complete(job: JsonMap): [string, Json][] {
  const { name: _name, jid_include: _jid, ...rest } = job;
  const whole = { enabled: true, maxrunning: 1, return_job: true, run_on_start: false, splay: 0, args: [], kwargs: {} };
  return Object.entries({ ...whole, ...rest }).sort(([a], [b]) => (a < b ? -1 : 1));
}
