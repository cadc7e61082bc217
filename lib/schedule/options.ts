import * as v from 'valibot';
import { isTag } from '../ids.ts';
import { jsonList, jsonMap } from '../schema/json.ts';
import { momentForms, readMoment } from './moment.ts';

/* The options of one job of Salt's `schedule:`, wherever it is written: config, pillar, state or function. */

const positive = 'a number above 0';
const amount = v.optional(v.pipe(v.number(positive), v.gtValue(0, positive)));
const flag = v.optional(v.boolean('true or false'));
const seconds = v.pipe(v.number('a number of seconds'), v.minValue(0, 'a number of seconds'));
const text = v.optional(v.string('text'));
const count = 'a whole number from 1';
const something = v.optional(v.unknown());

const moment = v.pipe(
  v.string(momentForms),
  v.check((given) => readMoment(given) !== undefined, momentForms),
);
const someDay = 'a date such as 2026-11-30 17:00, or a time of each day such as 5:00pm, in quotes';
const limit = v.pipe(
  v.string(someDay),
  v.check((given) => ['once', 'daily'].includes(readMoment(given)?.kind ?? ''), someDay),
);

const ends = { start: moment, end: moment };
const oneForm = 'two times of one form (times of a day, weekdays with times, or dates), and not the same';
const isWindow = ({ start, end }: { readonly start: string; readonly end: string }): boolean => {
  const [from, to] = [readMoment(start), readMoment(end)];
  // What is no time is told by itself.
  return !from || !to || (from.kind === to.kind && from.line !== to.line);
};
const window = v.pipe(v.strictObject(ends, '{start, end}'), v.check(isWindow, oneForm));
const range = v.pipe(
  v.strictObject({ ...ends, invert: v.optional(v.boolean('true or false')) }, '{start, end, invert}'),
  v.check((given) => isWindow(given), oneForm),
);

/** One run: a time, or a time in a format of one's own. */
const oneTime = v.union(
  [v.string(), v.strictObject({ time: v.string(), time_fmt: v.optional(v.string()) })],
  'a date such as 2026-11-30T17:00:00, or {time, time_fmt}',
);
const manyTimes = v.optional(v.array(oneTime, 'a list'));

/** When it runs; each but the first four excludes the others. */
const timeOptions = {
  seconds: amount,
  minutes: amount,
  hours: amount,
  days: amount,
  cron: v.optional(v.string('a cron line')),
  when: v.optional(
    v.union([v.string(), v.array(v.string(momentForms), momentForms)], `${momentForms}, or a list of such`),
  ),
  once: v.optional(v.string('a date such as 2026-11-30T17:00:00, in quotes')),
  once_fmt: text,
};

/** Salt's own; a job does the same without them. */
export const needless: Readonly<Record<string, string>> = {
  return_config: "returners have their settings in the master's config",
  return_kwargs: "returners have their settings in the master's config",
  jid_include: 'runs are always counted for `maxrunning`',
};

export const jobOptions = {
  ...timeOptions,
  splay: v.optional(
    v.union([seconds, v.strictObject({ start: seconds, end: seconds })], 'a number of seconds or {start, end}'),
  ),
  range: v.optional(range),
  skip_during_range: v.optional(window),
  run_after_skip_range: flag,
  skip_explicit: manyTimes,
  run_explicit: manyTimes,
  until: v.optional(limit),
  after: v.optional(limit),
  maxrunning: v.optional(v.pipe(v.number(count), v.integer(count), v.minValue(1, count))),
  enabled: flag,
  run_on_start: flag,
  return_job: v.optional(v.union([v.boolean(), v.literal('nocache')], "true, false, or 'nocache': an event alone")),
  metadata: v.optional(jsonMap),
  dry_run: flag,
  /** The tag of an event whose data is to be the return. */
  event: v.optional(
    v.pipe(
      v.string('an event tag'),
      v.check((given) => isTag(given), 'an event tag'),
    ),
  ),
  /** Names of returners of the master. */
  returner: v.optional(
    v.union([v.string(), v.array(v.string())], 'the name of a returner of the master, or a list of them'),
  ),
  // What Salt writes, too.
  name: text,
  return_config: something,
  return_kwargs: something,
  jid_include: flag,
};

const someFunction = 'a function, such as state.highstate';

export const jobSchema = v.strictObject(
  {
    // Said to be empty when it is missing, for the sake of the complaint.
    function: v.optional(v.pipe(v.string(someFunction), v.regex(/^[\w-]+(\.[\w-]+)+$/, someFunction)), ''),
    args: v.optional(jsonList),
    kwargs: v.optional(jsonMap),
    ...jobOptions,
  },
  'a map of options',
);
export const optionNames = Object.keys(jobSchema.entries);

/** What stands beside the jobs, for all of them. */
export const commonSchema = v.strictObject({
  enabled: flag,
  splay: jobOptions.splay,
  skip_during_range: v.optional(window),
  skip_function: v.optional(v.pipe(v.string(someFunction), v.nonEmpty(someFunction))),
});
export const commonNames: readonly string[] = Object.keys(commonSchema.entries);
