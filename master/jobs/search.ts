import { runnerErrors } from '../../lib/errors/runners.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Job, Jobs } from './ledger.ts';

/** What jobs are looked for by; Salt's names. Where several are given, a job has to fit all. */
export const searchArguments = [
  'search_function',
  'search_target',
  'search_metadata',
  'start_time',
  'end_time',
] as const;

/** So many jobs are looked at in one go. */
const PAGE = 100;

/**
 * The newest jobs that fit, at most `limit`, older than `before` where that is given. Raises `TS_RUNNER_BAD_ARGUMENT` for
 * what can't be read.
 */
export function searchJobs(
  jobs: Pick<Jobs, 'list'>,
  search: JsonMap,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Job[] {
  const fits = filterOf(search);
  const from = momentOf(search, 'start_time');
  const found: Job[] = [];
  for (let last = before; ;) {
    const page = jobs.list({ limit: PAGE, ...(last === undefined ? {} : { before: last }) });
    for (const job of page) {
      if (from !== undefined && job.created < from) return found;
      if (fits(job)) found.push(job);
      if (found.length >= limit) return found;
    }
    last = page.at(-1)?.jid;
    if (page.length < PAGE) return found;
  }
}

function filterOf(search: JsonMap): (job: Job) => boolean {
  const fun = anyOf(search.search_function);
  const target = anyOf(search.search_target);
  const metadata = metadataOf(search.search_metadata);
  const until = momentOf(search, 'end_time');
  return (job) =>
    (!fun || fun(job.fun)) &&
    (!target || [...targetsOf(job), ...job.minions].some(target)) &&
    (!metadata || metadata(job.metadata ?? {})) &&
    (until === undefined || job.created <= until);
}

function targetsOf({ tgt, tgt_type }: Job): readonly string[] {
  if (typeof tgt !== 'string') return tgt;
  return tgt_type === 'list' ? tgt.split(',') : [tgt];
}

/** Any of several globs: a list, or a text with commas. */
function anyOf(given: Json | undefined): ((text: string) => boolean) | undefined {
  if (given === undefined || given === null) return undefined;
  const globs = (Array.isArray(given) ? given.map(asText) : asText(given).split(',')).map((glob) =>
    fnmatch(glob.trim()),
  );
  return (text) => globs.some((fits) => fits(text));
}

/** As in Salt, one key with its value is enough. */
function metadataOf(given: Json | undefined): ((metadata: JsonMap) => boolean) | undefined {
  if (given === undefined || given === null) return undefined;
  if (!isMap(given))
    throw runnerErrors.badArgument({ name: 'search_metadata', expected: 'a map', given: asText(given) });
  const wanted = Object.entries(given).map(([key, value]) => [key, JSON.stringify(value)] as const);
  return (metadata) => wanted.some(([key, value]) => JSON.stringify(metadata[key]) === value);
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

/** A time as jobs show theirs, or as of ISO 8601, in ms since 1970; UTC, as jids are, where it says no zone. */
function momentOf(search: JsonMap, name: 'start_time' | 'end_time'): number | undefined {
  const given = search[name];
  if (given === undefined || given === null) return undefined;
  const text = asText(given).trim();
  const [, year, month = '', day = ''] = /^(\d{4}), ([A-Za-z]{3}) (\d{1,2})\b/.exec(text) ?? [];
  const number = String(months.indexOf(month.toLowerCase()) + 1).padStart(2, '0');
  const iso = year === undefined ? text : text.replace(/^[^ ]+ [^ ]+ \d+/, `${year}-${number}-${day.padStart(2, '0')}`);
  const [, date, clock = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))? ?(Z|[+-]\d\d:\d\d)?$/.exec(iso) ?? [];
  const moment = Date.parse(`${date}T${clock}${zone}`);
  if (Number.isNaN(moment)) {
    const expected = "a time such as '2026, Jan 31 23:59' or 2026-01-31T23:59:00Z";
    throw runnerErrors.badArgument({ name, expected, given: text });
  }
  return moment;
}
