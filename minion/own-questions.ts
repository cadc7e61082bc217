import type { MinionJob, MinionJobs } from '../lib/contracts/execution.ts';
import { asText, isMap, type JsonMap } from '../lib/json.ts';
import type { Agent } from './agent.ts';
import type { Ask } from './fetched-files.ts';

/*
 * What a function asks that the minion answers itself: it goes the way of the questions to the master, since a function
 * may run in a process of its own.
 */

const LIST = 'minion.jobs';
const END = 'minion.end_job';
const CUSTOM = 'minion.custom';

/** The minion's answer; undefined when the question is one for the master. */
export function ownAnswer(
  { jobs, endJob }: Pick<Agent, 'jobs' | 'endJob'>,
  question: string,
  body: JsonMap,
  customChanged: () => void = () => {},
): JsonMap | undefined {
  if (question === CUSTOM) {
    customChanged();
    return {};
  }
  if (question === LIST) return { jobs: jobs().map(toMap) };
  if (question !== END) return undefined;
  const job = endJob(asText(body.jid), body.signal === 'KILL' ? 'KILL' : 'TERM', asText(body.by));
  return job ? { job: toMap(job) } : {};
}

/** Tells the minion that it has other code of its operator's than before. */
export async function tellOfCustom(ask: Ask): Promise<void> {
  await ask(CUSTOM, {});
}

/** The minion's jobs, for who can ask it. */
export function jobsThrough(ask: Ask): MinionJobs {
  return {
    async list() {
      const { jobs } = await ask(LIST, {});
      return jobs as unknown as MinionJob[];
    },
    async end(jid, signal, by) {
      const { job } = await ask(END, { jid, signal, by });
      return isMap(job) ? (job as unknown as MinionJob) : undefined;
    },
  };
}

function toMap(job: MinionJob): JsonMap {
  return { ...job, arg: [...job.arg] };
}
