import * as v from 'valibot';
import type { Finding } from '../config/option.ts';
import { describe } from '../describe.ts';
import { didYouMean, type ErrorDetails } from '../errors/error.ts';
import { scheduleErrors } from '../errors/schedule.ts';
import { parseTag } from '../ids.ts';
import { asText, isMap, type Json, type JsonMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import { entriesAt, nodeOf } from '../schema/node.ts';
import { parseTime } from '../strptime.ts';
import type { Rhythm, ScheduledJob } from './job.ts';
import type { Limits, Window } from './limits.ts';
import { momentForms, momentAt, readMoment, type Moment } from './moment.ts';
import { commonNames, commonSchema, jobSchema, needless, optionNames } from './options.ts';
import { readCron } from './times.ts';

type Written = v.InferOutput<typeof jobSchema>;
type Common = v.InferOutput<typeof commonSchema>;

export interface ReadSchedule {
  /** Those without a mistake; the ones that are switched off are among them. */
  readonly jobs: readonly ScheduledJob[];
  /** What is wrong with, or without effect in, what somebody wrote; the path is below `schedule`. */
  readonly findings: readonly Finding[];
}

/**
 * Names of times that `when` may use (Salt's `whens` of pillar and grains); undefined where they are not known, and any word
 * may be one.
 */
export type Whens = JsonMap | undefined;

const once = 'date such as 2026-11-30T17:00:00';

/** Reads Salt's `schedule:` map: jobs by name, and beside them what is for all of them. */
export function readSchedule(written: JsonMap, whens: Whens): ReadSchedule {
  const jobs: ScheduledJob[] = [];
  const findings: Finding[] = [];
  const given = Object.fromEntries(Object.entries(written).filter(([name]) => commonNames.includes(name)));
  const parsed = v.safeParse(commonSchema, given);
  const common = parsed.success ? parsed.output : {};
  if (!parsed.success)
    for (const { path = [], message, input } of parsed.issues) {
      const at = path.map(({ key }) => String(key));
      const facts = { option: at.join(': '), expected: message, got: describe(input) };
      findings.push(finding(at, (more) => scheduleErrors.badSetting(facts, more)));
    }
  for (const [name, value] of Object.entries(written)) {
    if (commonNames.includes(name)) continue;
    const { job, findings: found } = readJob(name, value, whens, common);
    findings.push(...found);
    if (job) jobs.push(job);
  }
  return { jobs, findings };
}

/** One job; undefined when something is wrong with it. */
export function readJob(
  name: string,
  written: Json,
  whens: Whens,
  common: Common = {},
): { readonly job?: ScheduledJob; readonly findings: readonly Finding[] } {
  if (!isMap(written)) {
    const facts = { job: name, option: '', expected: 'a map of options', got: describe(written) };
    return { findings: [finding([name], (more) => scheduleErrors.badJob(facts, more))] };
  }
  const parsed = v.safeParse(jobSchema, written);
  if (!parsed.success) return { findings: complaints(name, parsed.issues) };
  const given = parsed.output;
  const findings: Finding[] = [];
  const find = (option: string, error: Finding['error']): void => void findings.push(finding([name, option], error));

  for (const [option, reason] of Object.entries(needless))
    if (Object.hasOwn(given, option))
      findings.push({
        ...finding([name, option], (more) => scheduleErrors.noEffect({ job: name, option, reason }, more)),
        ofKey: true,
        isHarmless: true,
      });
  const every = rhythmOf(name, given, whens, find);
  const skips = datesOf('skip_explicit');
  const extras = datesOf('run_explicit');
  if (every === undefined || findings.some(({ isHarmless }) => !isHarmless)) return { findings };
  return { job: { ...plain(name, given, common), every, skips, extras }, findings };

  function datesOf(option: 'skip_explicit' | 'run_explicit'): string[] {
    return (given[option] ?? []).flatMap((one) => {
      const { time, time_fmt: format } = typeof one === 'string' ? { time: one } : one;
      const read = dateOf(time, format);
      if (read) return [read.line];
      const facts = { job: name, option, text: time, expected: dateForm(format) };
      find(option, (more) => scheduleErrors.badTime(facts, more));
      return [];
    });
  }
}

/** All of a job but its times. */
function plain(name: string, given: Written, common: Common): Omit<ScheduledJob, 'every' | 'skips' | 'extras'> {
  const splay = given.splay ?? common.splay ?? 0;
  const { start, end } = typeof splay === 'number' ? { start: 0, end: splay } : splay;
  return {
    name,
    fun: given.function,
    args: given.args ?? [],
    kwargs: given.kwargs ?? {},
    splay: { from: start * 1000, to: Math.max(start, end) * 1000 },
    limits: limitsOf(given, common),
    runAfterSkip: given.run_after_skip_range ?? false,
    ...(common.skip_function !== undefined && { skipFunction: common.skip_function }),
    maxrunning: given.maxrunning ?? 1,
    enabled: (given.enabled ?? true) && (common.enabled ?? true),
    runOnStart: given.run_on_start ?? false,
    dryRun: given.dry_run ?? false,
    ...returnOf(given),
    ...(given.metadata && { metadata: given.metadata }),
    ...(given.event !== undefined && { event: parseTag(given.event) }),
  };
}

/** As in Salt: a returner has the return of a job that is not among jobs, too. */
function returnOf({
  return_job: wanted = true,
  returner = [],
}: Written): Pick<ScheduledJob, 'returnJob' | 'returners'> {
  const returners = [returner].flat();
  if (wanted === true) return { returnJob: 'kept', ...(returners.length > 0 && { returners }) };
  if (returners.length > 0) return { returnJob: 'event', returners };
  return { returnJob: wanted === false ? 'no' : 'event' };
}

function limitsOf({ range, skip_during_range, until, after }: Written, common: Common): Limits {
  const whole = range && windowOf(range);
  const skipped = skip_during_range ?? common.skip_during_range;
  const skipDuring = skipped && windowOf(skipped);
  const [end, start] = [readMoment(until ?? ''), readMoment(after ?? '')];
  return {
    ...(whole && { range: { ...whole, invert: range.invert ?? false } }),
    ...(skipDuring && { skipDuring }),
    ...(end && { until: end }),
    ...(start && { after: start }),
  };
}

/** They were held against the schema. */
function windowOf(given: { readonly start: string; readonly end: string }): Window | undefined {
  const [start, end] = [readMoment(given.start), readMoment(given.end)];
  return start && end && { start, end };
}

function rhythmOf(
  job: string,
  given: Written,
  whens: Whens,
  find: (option: string, error: Finding['error']) => void,
): Rhythm | undefined {
  const { seconds = 0, minutes = 0, hours = 0, days = 0, cron, when } = given;
  // As in Salt, amounts of several units add up.
  const intervalMs = ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000;
  const said = [
    ...(intervalMs > 0 ? ['an interval'] : []),
    ...(['cron', 'when', 'once'] as const).filter((option) => given[option] !== undefined),
  ];
  if (said.length === 0) return no('function', (more) => scheduleErrors.noTime({ job }, more));
  if (said.length > 1)
    return no(said.at(-1) ?? '', (more) => scheduleErrors.twoTimes({ job, options: said.join(' and ') }, more));
  if (intervalMs > 0) return { intervalMs };
  if (cron !== undefined) {
    const read = readCron(cron);
    if ('line' in read) return { lines: [read.line] };
    return no('cron', (more) => scheduleErrors.badCron({ job, cron, reason: read.reason }, more));
  }
  if (when !== undefined) {
    const lines = [when].flat().flatMap((text) => whenOf(text)?.line ?? []);
    return lines.length === 0 ? undefined : { lines };
  }
  const { once: text = '', once_fmt: format } = given;
  const read = dateOf(text, format);
  if (read) return { lines: [read.line] };
  return no('once', (more) => scheduleErrors.badTime({ job, option: 'once', text, expected: dateForm(format) }, more));

  function no(option: string, error: Finding['error']): undefined {
    find(option, error);
    return undefined;
  }

  function whenOf(text: string): Moment | undefined {
    const named = whens && Object.hasOwn(whens, text) ? whens[text] : undefined;
    const read = readMoment(typeof named === 'string' ? named : text);
    if (read) return read;
    // A name that somebody's pillar or grains may have; what has numbers is meant to be a time.
    if (whens === undefined && !/\d/.test(text)) return { kind: 'daily', line: '0 0 0 * * *' };
    const expected = `${momentForms.replace(/^a /, '')}, or a name in \`whens\` of pillar or grains`;
    const hint = /^\d+$/.test(text)
      ? `YAML makes a number of 17:00, but not of '17:00' or 5:00pm`
      : didYouMean(nearest(text, Object.keys(whens ?? {})));
    return no('when', (more) =>
      scheduleErrors.badTime(
        { job, option: 'when', text: named === undefined ? text : asText(named), expected },
        { hint, ...more },
      ),
    );
  }
}

/** A date in a format; without one, ISO's or any that has a year. Undefined for anything else. */
export function dateOf(text: string, format: string | undefined): Moment | undefined {
  if (format !== undefined) {
    const date = parseTime(text, format);
    return date && momentAt(date);
  }
  const read = readMoment(text);
  return read?.kind === 'once' ? read : undefined;
}

const dateForm = (format: string | undefined): string =>
  format === undefined ? once : `date in the format ${JSON.stringify(format)}`;

function finding(
  path: readonly (string | number)[],
  error: (more?: ErrorDetails) => ReturnType<Finding['error']>,
): Finding {
  return { path, ofKey: false, isHarmless: false, error };
}

function complaints(job: string, issues: readonly v.BaseIssue<unknown>[]): Finding[] {
  // What is missing most likely is what is misspelt.
  const unknown = issues.filter(({ expected }) => expected === 'never');
  const isMissing = ({ path, input }: v.BaseIssue<unknown>): boolean =>
    path?.at(-1)?.key === 'function' && (input === '' || input === undefined);
  return issues
    .filter((issue) => unknown.length === 0 || !isMissing(issue))
    .map((issue): Finding => {
      const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
      const option = path.join(': ');
      if (issue.expected !== 'never') {
        const facts = { job, option, expected: issue.message, got: describe(issue.input) };
        // Of an option that is missing the place is that of the job.
        const at = isMissing(issue) ? [] : path;
        return finding([job, ...at], (more) => scheduleErrors.badJob(facts, more));
      }
      const siblings =
        path.length === 1 ? optionNames : Object.keys(entriesAt(nodeOf(jobSchema), path.slice(0, -1)) ?? {});
      const hint = didYouMean(nearest(String(path.at(-1)), siblings));
      return {
        ...finding([job, ...path], (more) => scheduleErrors.unknownOption({ job, option }, { hint, ...more })),
        ofKey: true,
      };
    });
}

/** What is wrong with a job that somebody wants, as a sentence. */
export function whatIsWrong(name: string, job: Json, whens: Whens): string | undefined {
  const mistake = readJob(name, job, whens).findings.find(({ isHarmless }) => !isHarmless);
  return mistake?.error().message;
}

/** The schedule in a pillar; empty when there is none. */
export function scheduleIn(values: JsonMap): JsonMap {
  const { schedule } = values;
  return isMap(schedule) ? (schedule as JsonMap) : {};
}
