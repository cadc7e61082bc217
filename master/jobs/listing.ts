import type { Json, JsonMap } from '../../lib/json.ts';
import { saltArguments, type Job, type PairState } from './ledger.ts';
import type { ShownJobs } from './with-orchestrations.ts';

/*
 * Jobs as Salt's runner `jobs` prints them.
 */

/** The answer of `jobs.list_jobs`: jobs by jid, as they come. */
export function listJobs(jobs: readonly Job[]): JsonMap {
  return Object.fromEntries(jobs.map((job) => [`${job.jid}`, summaryOf(job)]));
}

/**
 * The answer of `jobs.lookup_jid`: by minion the returns, and where it is on those that have none; undefined when there is
 * no such job.
 */
export async function lookupJid(
  jobs: ShownJobs,
  jid: string,
  away: Away,
  { returned = true, missing = false } = {},
): Promise<JsonMap | undefined> {
  const results = await resultsOf(jobs, jid);
  if (!results) return undefined;
  const answer: JsonMap = {};
  if (returned) for (const [id, result] of results) answer[id] = result['return'] ?? null;
  if (missing)
    for (const [id, state] of Object.entries(statesOf(jobs, jid, away)))
      if (!results.has(id)) answer[id] = `Minion did not return (${state})`;
  return answer;
}

/** The answer of `jobs.exit_success`; undefined when there is no such job. */
export function exitSuccess(jobs: ShownJobs, jid: string): JsonMap | undefined {
  if (!jobs.find(jid)) return undefined;
  const pairs = [...jobs.pairs(jid)];
  return Object.fromEntries(pairs.map(([id, { state, success }]) => [id, state === 'returned' && success === true]));
}

/**
 * The answer of `jobs.active`, of jobs of which some may be over: where minions have and have not returned, and, which is
 * ours, where a job waits for a minion and why. Where Salt has a pid, it has the state.
 */
export function activeJobs(jobs: ShownJobs, jids: Iterable<string>, away: Away): JsonMap {
  return Object.fromEntries(
    [...new Set(jids)].toSorted().flatMap((jid) => {
      const job = jobs.find(jid);
      const pairs = [...jobs.pairs(jid)];
      const are = (...states: readonly PairState[]) => pairs.filter(([, { state }]) => states.includes(state));
      const running = are('delivered', 'running');
      const queued = are('queued');
      if (!job || running.length + queued.length === 0) return [];
      const where = statesOf(jobs, jid, away);
      const active = {
        ...summaryOf(job),
        Running: running.map(([id, { state }]) => ({ [id]: state })),
        ...(queued.length > 0 && { Queued: queued.map(([id]) => ({ [id]: where[id] ?? 'queued' })) }),
        Returned: are('returned').map(([id]) => id),
      };
      return [[jid, active]];
    }),
  );
}

/** Since when a minion is not connected, for a person; undefined while it is. */
export type Away = (id: string) => string | undefined;

/** The answer of `jobs.list_job`: everything of one job. `States` is ours: where it is at each minion. */
export async function listJob(jobs: ShownJobs, jid: string, away: Away): Promise<JsonMap | undefined> {
  const job = jobs.find(jid);
  const results = await resultsOf(jobs, jid);
  if (!job || !results) return undefined;
  return {
    ...summaryOf(job),
    jid,
    Minions: [...job.minions],
    Result: Object.fromEntries(results),
    States: statesOf(jobs, jid, away),
  };
}

/** Where a job is at each minion, and why. */
function statesOf(jobs: ShownJobs, jid: string, away: Away): Record<string, string> {
  const states: Record<string, string> = {};
  for (const [id, { state, reason }] of jobs.pairs(jid)) {
    const isOver = state === 'returned' || state === 'expired' || state === 'lost';
    const missing = isOver ? undefined : away(id);
    const why = reason ?? (missing === undefined ? undefined : `the minion is not connected (${missing})`);
    states[id] = why === undefined ? state : `${state}: ${why}`;
  }
  return states;
}

/** The answer of `jobs.print_job`. */
export async function printJob(jobs: ShownJobs, jid: string, away: Away): Promise<JsonMap | undefined> {
  const job = await listJob(jobs, jid, away);
  return job && { [jid]: job };
}

async function resultsOf(jobs: ShownJobs, jid: string): Promise<Map<string, JsonMap> | undefined> {
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
    ...(job.schedule !== undefined && { Schedule: job.schedule }),
    ...(job.metadata && { Metadata: job.metadata }),
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
