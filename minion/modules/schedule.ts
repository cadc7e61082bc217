import * as v from 'valibot';
import { stringify } from 'yaml';
import { defineFunction, defineModule, type ExecContext, type SeenSchedule } from '../../lib/contracts/execution.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import {
  checkJob,
  isSameJob,
  jobArgs,
  jobName,
  jobOf,
  readKept,
  someFunction,
  whyFixed,
  whyNotCalled,
  writeEntry,
  type JobArgs,
  type KeptSchedule,
} from '../../lib/schedule/kept.ts';
import { commonNames } from '../../lib/schedule/options.ts';
import { dateOf } from '../../lib/schedule/read.ts';
import { timesOf } from '../../lib/schedule/times.ts';
import { HIDDEN } from '../../lib/secrets/redactor.ts';
import { strftime } from '../../lib/strftime.ts';

/** What these functions give, as Salt's do. */
interface Answer {
  readonly comment: string | readonly string[];
  readonly result: boolean;
  readonly changes?: JsonMap;
}

/** Where a change goes to. */
interface Way {
  /** Into the file; else it holds until the minion stops. */
  readonly persist: boolean;
  /** Into the file, whether a minion runs or not. */
  readonly offline: boolean;
  readonly test: boolean;
}

interface View {
  readonly kept: KeptSchedule;
  /** Undefined with no minion. */
  readonly seen: SeenSchedule | undefined;
  /** All entries that count, but for the minion's own. */
  readonly all: JsonMap;
}

const name = jobName;
const flag = v.optional(v.boolean(), false);
const way = { persist: v.optional(v.boolean(), true), offline: flag, test: flag };
const wanted = { name, function: someFunction, ...jobArgs, ...way };
const ISO = '%Y-%m-%dT%H:%M:%S';
const timeFormat = v.optional(v.string(), ISO);
const noMinion = 'No minion runs here: there is no schedule to ask.';

const keptBy = (context: ExecContext): KeptSchedule =>
  // The machine's own grains and pillar are those of a state run.
  readKept(undefined, { ...context.machine, grains: context.grains, pillar: context.pillar });

async function look(context: ExecContext, offline = false): Promise<View> {
  const kept = keptBy(context);
  const seen = offline ? undefined : await context.schedule?.look();
  const entries = { ...kept.ofPillar, ...kept.configured, ...seen?.unsaved };
  return { kept, seen, all: Object.fromEntries(Object.entries(entries).filter(([, entry]) => entry !== null)) };
}

const jobIn = ({ all }: View, wantedName: string): JsonMap | undefined => {
  const job = Object.hasOwn(all, wantedName) ? all[wantedName] : undefined;
  return isMap(job) ? (job as JsonMap) : undefined;
};

const yes = (comment: string, changes?: JsonMap): Answer => ({ comment, result: true, ...(changes && { changes }) });

/** A false result is a failure of the function, too. */
function no(context: ExecContext, comment: string): Answer {
  context.failed(1);
  return { comment, result: false };
}

/** Sets an entry, or takes it away (undefined), and has the minion that runs take it at once. Gives why that can't be. */
async function set(
  context: ExecContext,
  entry: { readonly name: string; readonly value: Json | undefined },
  { persist, offline }: Omit<Way, 'test'>,
): Promise<string | undefined> {
  if (JSON.stringify(entry.value ?? null).includes(HIDDEN))
    return `Job ${entry.name} has a secret in it that is not shown here: give the whole job anew`;
  const minion = offline ? undefined : context.schedule;
  if (!persist && !offline) {
    if (!minion) return noMinion;
    await minion.override(entry.name, entry.value ?? null);
    return undefined;
  }
  const kept = keptBy(context);
  // What is for all jobs may be said by several files.
  const fixed = commonNames.includes(entry.name) ? kept.file.problem : whyFixed(kept, entry.name);
  if (fixed !== undefined) return fixed;
  const isThere = Object.hasOwn(kept.own, entry.name);
  const steps = entry.value === undefined && !isThere ? [] : writeEntry(kept.file, entry.name, entry.value);
  for (const step of steps) await context.machine.perform(step);
  await minion?.saved([entry.name]);
  return undefined;
}

/** Sets an entry, unless it is only to be said. */
async function change(
  context: ExecContext,
  entry: { readonly name: string; readonly value: Json | undefined },
  given: Way,
  { would, did }: { readonly would: string; readonly did: Answer },
): Promise<Answer> {
  if (given.test) return yes(would);
  const fixed = await set(context, entry, given);
  return fixed === undefined ? did : no(context, fixed);
}

/** What is wrong with a job, or with its function on this machine. */
const whatIsWrong = async (context: ExecContext, job: JobArgs, whens: JsonMap): Promise<string | undefined> =>
  checkJob(job, whens) ?? (await whyNotCalled(context.machine, job));

const missing = (context: ExecContext, unknown: string): Answer => no(context, `Job ${unknown} does not exist.`);

function apart<T extends Way & JobArgs>(given: T): { readonly job: JobArgs; readonly how: Way } {
  const { persist, offline, test, ...job } = given;
  return { job, how: { persist, offline, test } };
}

/** All jobs, by the switch above them. */
const switchAll = (enabled: boolean) =>
  defineFunction({
    summary: `${enabled ? 'Enables' : 'Disables'} the schedule of the minion, all of it.`,
    args: v.strictObject(way),
    run(given, context) {
      const [done, Done] = enabled ? ['enabled', 'Enabled'] : ['disabled', 'Disabled'];
      return change(context, { name: 'enabled', value: enabled }, given, {
        would: `Schedule would be ${done}.`,
        did: yes(`${Done} schedule on minion.`, { schedule: done }),
      });
    },
  });

const switchOne = (enabled: boolean) =>
  defineFunction({
    summary: `${enabled ? 'Enables' : 'Disables'} one job of the schedule.`,
    args: v.strictObject({ name, ...way }),
    async run(given, context) {
      const job = jobIn(await look(context, given.offline), given.name);
      if (!job) return missing(context, given.name);
      const [done, Done] = enabled ? ['enabled', 'Enabled'] : ['disabled', 'Disabled'];
      return change(context, { name: given.name, value: { ...job, enabled } }, given, {
        would: `Job: ${given.name} would be ${done} in schedule.`,
        did: yes(`${Done} Job ${given.name} in schedule.`, { [given.name]: done }),
      });
    },
  });

/** The list of an option with one more time, without those that are over. */
function withTime(list: Json | undefined, time: string, format: string, now: number): Json[] {
  const isOver = (one: Json): boolean => {
    const { time: said, time_fmt: form } = isMap(one) ? one : { time: one };
    const read = typeof said === 'string' && dateOf(said, typeof form === 'string' ? form : undefined);
    return read !== false && read !== undefined && timesOf([read.line]).after(now - 60_000) === Infinity;
  };
  const others = (Array.isArray(list) ? list : []).filter((one) => !isOver(one));
  return [...others, format === ISO ? time : { time, time_fmt: format }];
}

/** Leaves one run of a job out, and runs it at another time where one is given. */
async function skip(
  context: ExecContext,
  given: Way & {
    readonly name: string;
    readonly current_time: string;
    readonly new_time?: string;
    readonly time_fmt: string;
  },
  words: { readonly would: string; readonly did: string },
): Promise<Answer> {
  const { name: wantedName, current_time: time, new_time: other, time_fmt: format } = given;
  const job = jobIn(await look(context, given.offline), wantedName);
  if (!job) return missing(context, wantedName);
  for (const one of other === undefined ? [time] : [time, other])
    if (!dateOf(one, format))
      return no(context, `Date string could not be parsed: ${JSON.stringify(one)} is not in the format ${format}`);
  const now = context.clock.now();
  const value = {
    ...job,
    skip_explicit: withTime(job['skip_explicit'], time, format, now),
    ...(other !== undefined && { run_explicit: withTime(job['run_explicit'], other, format, now) }),
  };
  return change(context, { name: wantedName, value }, given, { would: words.would, did: yes(words.did) });
}

/** A moment in the time of this machine. */
function local(ms: number, format: string): string {
  return strftime(new Date(ms - new Date(ms).getTimezoneOffset() * 60_000), format);
}

/** The schedule of the minion: what these set is kept, and the minion takes it at once. */
export default defineModule({
  list: defineFunction({
    summary:
      'The jobs of config and pillar, as YAML (with whether they are in the file of these functions) or as data.',
    args: v.strictObject({
      show_all: flag,
      show_disabled: v.optional(v.boolean(), true),
      where: v.optional(v.picklist(['pillar', 'opts'])),
      return_yaml: v.optional(v.boolean(), true),
      offline: flag,
    }),
    async run(given, context) {
      const { all, kept, seen } = await look(context, given.offline);
      const isWanted = (one: string): boolean => {
        if (given.where === undefined) return true;
        const isOpts = Object.hasOwn({ ...kept.configured, ...seen?.unsaved }, one);
        return given.where === 'opts' ? isOpts : Object.hasOwn(kept.ofPillar, one);
      };
      const entries = Object.entries({ ...(given.show_all && seen?.ofMinion), ...all })
        .filter(([one]) => isWanted(one) && (given.show_all || !one.startsWith('__')))
        .map(([one, entry]): [string, Json] => {
          if (!isMap(entry) || commonNames.includes(one)) return [one, entry];
          const saved = given.return_yaml && { saved: Object.hasOwn(kept.own, one) };
          return [one, { enabled: true, ...(entry as JsonMap), ...saved }];
        })
        .filter(([, entry]) => given.show_disabled || !isMap(entry) || entry['enabled'] !== false);
      const schedule = Object.fromEntries(entries);
      return given.return_yaml ? stringify({ schedule }) : schedule;
    },
  }),
  is_enabled: defineFunction({
    summary: 'Whether the schedule is enabled; or, with a name, that job (an empty map when there is none).',
    args: v.strictObject({ name: v.optional(name) }),
    async run(given, context) {
      const view = await look(context);
      if (given.name === undefined) return view.all['enabled'] ?? true;
      const job = jobIn(view, given.name);
      return job ? { enabled: true, ...job } : {};
    },
  }),
  build_schedule_item: defineFunction({
    summary: 'A job as it would stand in a config.',
    args: v.strictObject(wanted),
    async run(given, context) {
      const { job } = apart(given);
      const wrong = await whatIsWrong(context, job, keptBy(context).whens);
      return wrong === undefined ? { ...jobOf(job), name: job.name } : no(context, wrong);
    },
  }),
  add: defineFunction({
    summary: 'Adds a job: its name, its function, and when it runs.',
    args: v.strictObject(wanted),
    async run(given, context) {
      const { job, how } = apart(given);
      const view = await look(context, how.offline);
      if (Object.hasOwn(view.all, job.name)) return no(context, `Job ${job.name} already exists in schedule.`);
      const wrong = await whatIsWrong(context, job, view.kept.whens);
      if (wrong !== undefined) return no(context, wrong);
      return change(context, { name: job.name, value: jobOf(job) }, how, {
        would: `Job: ${job.name} would be added to schedule.`,
        did: yes(`Added job: ${job.name} to schedule.`, { [job.name]: 'added' }),
      });
    },
  }),
  modify: defineFunction({
    summary: 'Gives a job other options, in place of all that it has but its function.',
    args: v.strictObject({ ...wanted, function: v.optional(someFunction) }),
    async run(given, context) {
      const view = await look(context, given.offline);
      const old = jobIn(view, given.name);
      if (!old) return no(context, `Job ${given.name} does not exist in schedule.`);
      const { job, how } = apart({ ...given, function: given.function ?? asText(old['function']) });
      const wrong = await whatIsWrong(context, job, view.kept.whens);
      if (wrong !== undefined) return no(context, wrong);
      const made = jobOf(job);
      if (isSameJob(old, made)) return yes(`Job ${job.name} in correct state`);
      return change(context, { name: job.name, value: made }, how, {
        would: `Job: ${job.name} would be modified in schedule.`,
        did: yes(`Modified job: ${job.name} in schedule.`, { [job.name]: { old, new: made } }),
      });
    },
  }),
  delete: defineFunction({
    summary: 'Removes a job.',
    args: v.strictObject({ name, ...way }),
    async run(given, context) {
      if (!Object.hasOwn((await look(context, given.offline)).all, given.name)) return missing(context, given.name);
      return change(context, { name: given.name, value: undefined }, given, {
        would: `Job: ${given.name} would be deleted from schedule.`,
        did: yes(`Deleted Job ${given.name} from schedule.`, { [given.name]: 'removed' }),
      });
    },
  }),
  purge: defineFunction({
    summary: 'Removes all jobs that functions and states have set; those of other config files and of the pillar stay.',
    args: v.strictObject(way),
    async run(given, context) {
      const { all } = await look(context, given.offline);
      const comment: string[] = [];
      const changes: JsonMap = {};
      for (const one of Object.keys(all)) {
        if (commonNames.includes(one) || one.startsWith('__')) continue;
        if (given.test) {
          comment.push(`Job: ${one} would be deleted from schedule.`);
          continue;
        }
        const fixed = await set(context, { name: one, value: undefined }, given);
        comment.push(fixed ?? `Deleted job: ${one} from schedule.`);
        if (fixed === undefined) changes[one] = 'removed';
      }
      return { comment, changes, result: true };
    },
  }),
  enable: switchAll(true),
  disable: switchAll(false),
  enable_job: switchOne(true),
  disable_job: switchOne(false),
  run_job: defineFunction({
    summary:
      'Runs a job of the schedule now; a disabled one with `force`. Its return comes as those of its other runs do.',
    args: v.strictObject({ name, force: flag }),
    async run(given, context) {
      const job = jobIn(await look(context), given.name);
      if (!job) return missing(context, given.name);
      if (job['enabled'] === false && !given.force) return yes(`Job ${given.name} is disabled.`);
      if (!context.schedule) return no(context, noMinion);
      return (await context.schedule.runNow(given.name))
        ? yes(`Scheduling Job ${given.name} on minion.`)
        : no(context, `Failed to run job ${given.name} on minion: it has a mistake, or still runs.`);
    },
  }),
  skip_job: defineFunction({
    summary: 'Leaves out the run of a job at that time, which `show_next_fire_time` tells.',
    args: v.strictObject({ name, current_time: v.string(), time_fmt: timeFormat, ...way }),
    run: (given, context) =>
      skip(context, given, {
        would: `Job: ${given.name} would be skipped in schedule.`,
        did: `Added Skip Job ${given.name} in schedule.`,
      }),
  }),
  postpone_job: defineFunction({
    summary: 'Has the run of a job at one time come at another.',
    args: v.strictObject({ name, current_time: v.string(), new_time: v.string(), time_fmt: timeFormat, ...way }),
    run: (given, context) =>
      skip(context, given, {
        would: `Job: ${given.name} would be postponed in schedule.`,
        did: `Postponed Job ${given.name} in schedule.`,
      }),
  }),
  show_next_fire_time: defineFunction({
    summary: 'When a job runs next, in local time.',
    args: v.strictObject({ name }),
    async run(given, context) {
      const { seen } = await look(context);
      const next = seen?.status.find((one) => one.name === given.name)?.next;
      return next === undefined
        ? { result: true, comment: seen ? 'next fire time not available.' : noMinion }
        : { result: true, next_fire_time: local(next, ISO) };
    },
  }),
  job_status: defineFunction({
    summary: 'A job, when it runs next, when it ran and was left out last, and what its runs came to since the start.',
    args: v.strictObject({ name, time_fmt: timeFormat }),
    async run(given, context) {
      const view = await look(context);
      const job = jobIn(view, given.name) ?? view.seen?.ofMinion[given.name];
      const status = view.seen?.status.find((one) => one.name === given.name);
      if (!isMap(job)) return {};
      if (!status) return job;
      const { next, lastRun, lastSkip, enabled, running, runs, failed, skipped, missed } = status;
      const time = (key: string, ms: number | undefined) => ms !== undefined && { [key]: local(ms, given.time_fmt) };
      return {
        ...job,
        name: given.name,
        enabled,
        running,
        runs,
        failed,
        skipped,
        missed,
        ...time('_next_fire_time', next),
        ...time('_last_run', lastRun),
        ...time('_skipped_time', lastSkip?.at),
        ...(lastSkip && { _skip_reason: lastSkip.reason }),
      };
    },
  }),
  save: defineFunction({
    summary: 'Keeps what was set with `persist=False`.',
    args: v.strictObject({ test: flag }),
    async run(given, context) {
      if (given.test) return yes('Schedule would be saved.');
      const { seen } = await look(context);
      for (const [one, value] of Object.entries(seen?.unsaved ?? {})) {
        const fixed = await set(context, { name: one, value: value ?? undefined }, { persist: true, offline: false });
        if (fixed !== undefined) return no(context, fixed);
      }
      return yes('Schedule (non-pillar items) saved.');
    },
  }),
  reload: defineFunction({
    summary: "Has the minion take the schedule of the config's files and of the pillar as they are now.",
    args: v.strictObject({}),
    async run(_, context) {
      // A pillar was made anew before this began.
      if (!context.schedule) return no(context, noMinion);
      await context.schedule.saved([]);
      return { comment: ['Reloaded schedule on minion from config and pillar.'], result: true };
    },
  }),
});
