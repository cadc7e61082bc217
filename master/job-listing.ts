import type { Json, JsonMap } from '../lib/json.ts';
import { saltArguments, type Job, type Jobs } from './jobs.ts';

/*
 * Jobs as Salt's runner `jobs` prints them.
 */

/** The answer of `jobs.list_jobs`: jobs by jid, the newest first. */
export function listJobs(jobs: Jobs, options?: Parameters<Jobs['list']>[0]): JsonMap {
  return Object.fromEntries(jobs.list(options).map((job) => [`${job.jid}`, summaryOf(job)]));
}

/** The answer of `jobs.lookup_jid`: the returns by minion; undefined when there is no such job. */
export async function lookupJid(jobs: Jobs, jid: string): Promise<JsonMap | undefined> {
  const results = await resultsOf(jobs, jid);
  return results && Object.fromEntries([...results].map(([id, result]) => [id, result['return'] ?? null]));
}

/** Since when a minion is not connected, for a person; undefined while it is. */
export type Away = (id: string) => string | undefined;

/** The answer of `jobs.list_job`: everything of one job. `States` is ours: where it is at each minion. */
export async function listJob(jobs: Jobs, jid: string, away: Away): Promise<JsonMap | undefined> {
  const job = jobs.find(jid);
  const results = await resultsOf(jobs, jid);
  if (!job || !results) return undefined;
  const states: JsonMap = {};
  for (const [id, { state, reason }] of jobs.pairs(jid)) {
    const isOver = state === 'returned' || state === 'expired' || state === 'lost';
    const missing = isOver ? undefined : away(id);
    const why = reason ?? (missing === undefined ? undefined : `the minion is not connected (${missing})`);
    states[id] = why === undefined ? state : `${state}: ${why}`;
  }
  return {
    ...summaryOf(job),
    jid,
    Minions: [...job.minions],
    Result: Object.fromEntries(results),
    States: states,
  };
}

/** The answer of `jobs.print_job`. */
export async function printJob(jobs: Jobs, jid: string, away: Away): Promise<JsonMap | undefined> {
  const job = await listJob(jobs, jid, away);
  return job && { [jid]: job };
}

async function resultsOf(jobs: Jobs, jid: string): Promise<Map<string, JsonMap> | undefined> {
  if (!jobs.find(jid)) return undefined;
  const results = new Map<string, JsonMap>();
  for (const [id, { state }] of jobs.pairs(jid)) {
    const data = state === 'returned' ? await jobs.returnOf(jid, id) : undefined;
    if (data) results.set(id, pick(data, ['return', 'retcode', 'success', 'out']));
  }
  return results;
}

function summaryOf(job: Job): JsonMap {
  return {
    Function: job.fun,
    Arguments: saltArguments(job),
    Target: typeof job.tgt === 'string' ? job.tgt : [...job.tgt],
    'Target-type': job.tgt_type,
    User: job.user,
    StartTime: startTime(job.jid),
  };
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The moment a jid was made, as Salt writes it: `2026, Jan 31 23:59:59.123456`. */
export function startTime(jid: string): string {
  const [, year, month, day, h, m, s, micro] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})$/.exec(jid) ?? [];
  return `${year}, ${months[Number(month) - 1]} ${day} ${h}:${m}:${s}.${micro}`;
}

function pick(data: JsonMap, names: readonly string[]): JsonMap {
  const picked: Record<string, Json> = {};
  for (const name of names) if (data[name] !== undefined) picked[name] = data[name];
  return picked;
}
