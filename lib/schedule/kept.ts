import * as v from 'valibot';
import { readDocument } from '../config/document.ts';
import { editMinionFile, minionFile, type MinionFile } from '../config/minion-file.ts';
import type { FileStep, Reading } from '../contracts/machine.ts';
import { isJsonMap, type Json, type JsonMap } from '../json.ts';
import { jsonList, jsonMap } from '../schema/json.ts';
import { jobOptions } from './options.ts';
import { scheduleIn, whatIsWrong } from './read.ts';

/*
 * What states and functions of `schedule` have in common: jobs in `minion.d/_schedule.conf`, where Salt keeps them, too. A
 * minion that runs takes them within seconds.
 */

export const jobName = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((name) => !reserved.includes(name), 'the name of a job'),
);
const reserved = ['enabled', 'splay', 'skip_during_range', 'skip_function', '__proto__'];

export const someFunction = v.pipe(v.string(), v.regex(/^\w+\.\w+$/, 'a function, such as state.highstate'));

/** What a job is made of, but for its name and function. */
const { name: _, ...options } = jobOptions;
export const jobArgs = {
  job_args: v.optional(jsonList),
  job_kwargs: v.optional(jsonMap),
  ...options,
  maxrunning: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  enabled: v.optional(v.boolean(), true),
};

const schema = v.strictObject({ name: jobName, function: someFunction, ...jobArgs });
export type JobArgs = v.InferOutput<typeof schema>;

/** What is wrong with a job, as a sentence. */
export const checkJob = (given: JobArgs, whens?: JsonMap): string | undefined =>
  whatIsWrong(given.name, jobOf(given), whens);

/** Why the function of a job can't be called on this machine with what the job gives it; undefined where nobody can say. */
export async function whyNotCalled({ functions }: Reading, given: JobArgs): Promise<string | undefined> {
  return functions?.whyNot(given.function, given.job_args ?? [], given.job_kwargs ?? {});
}

/** The job as it stands in a config. */
export function jobOf(given: JobArgs): JsonMap {
  const { name: _name, job_args: args, job_kwargs: kwargs, function: fun, ...rest } = given;
  const job: JsonMap = { function: fun };
  if (args !== undefined) job['args'] = args;
  if (kwargs !== undefined) job['kwargs'] = kwargs;
  // It came as JSON, and still is.
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) job[key] = value as Json;
  return job;
}

export interface KeptSchedule {
  readonly file: MinionFile;
  /** What is in the file. */
  readonly own: JsonMap;
  /** That of the whole config. */
  readonly configured: JsonMap;
  readonly ofPillar: JsonMap;
  /** Names of times. */
  readonly whens: JsonMap;
}

/** Raises what is wrong with the file: `TS_CONFIG_SYNTAX`, `TS_CONFIG_NOT_A_MAP`, `TS_TEXT_NOT_UTF8`. */
export function readKept(_: unknown, machine: Reading): KeptSchedule {
  const file = minionFile(machine, 'minion.d/_schedule.conf', 'Jobs of the schedule');
  const { values } = readDocument(file.path, file.text);
  const own = mapOf(values['schedule']);
  return {
    file,
    own,
    configured: { ...mapOf(machine.opts['schedule']), ...own },
    ofPillar: scheduleIn(machine.pillar),
    whens: { ...mapOf(machine.grains['whens']), ...mapOf(machine.pillar['whens']) },
  };
}

const mapOf = (value: unknown): JsonMap => (isJsonMap(value) ? value : {});

/** The job of this name, wherever it is set; undefined when there is none. */
export function jobAt({ configured, ofPillar }: Pick<KeptSchedule, 'configured' | 'ofPillar'>, name: string) {
  const all = { ...ofPillar, ...configured };
  const job = Object.hasOwn(all, name) ? all[name] : undefined;
  return isJsonMap(job) ? job : undefined;
}

/** Why a job can't be changed here. */
export function whyFixed({ file, own, configured, ofPillar }: KeptSchedule, name: string): string | undefined {
  if (file.problem !== undefined) return file.problem;
  if (Object.hasOwn(own, name)) return undefined;
  if (Object.hasOwn(configured, name))
    return `Job ${name} is set in another file of the config than ${file.path}: it has to be changed there`;
  return Object.hasOwn(ofPillar, name) ? `Job ${name} is set in the pillar: it has to be changed there` : undefined;
}

/** The steps that have the file hold an entry; undefined: none of that name. */
export function writeEntry(file: MinionFile, name: string, entry: Json | undefined): FileStep[] {
  return editMinionFile(file, ['schedule', name], entry);
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
