import type { Json } from '../../lib/json.ts';
import { callOf, userOf, type Orchestration, type OrchestrationBook } from '../orchestrate/book.ts';
import type { Job, Jobs, Pair } from './ledger.ts';

/** What is shown of jobs. */
export type ShownJobs = Pick<Jobs, 'find' | 'pairs' | 'list' | 'returnOf'>;

export interface OrchestrationParts {
  readonly jobs: ShownJobs;
  readonly orchestrationBook: Pick<OrchestrationBook, 'find' | 'list' | 'answer' | 'steps'>;
  /** Who stands in for a minion in orchestrations. */
  readonly standIn: { readonly id: string };
}

/** The jobs of minions and the orchestrations: one of these is a job of the master's stand-in, as in Salt's job cache. */
export function withOrchestrations(parts: OrchestrationParts): ShownJobs {
  const orchestration = (jid: string): Orchestration | undefined => parts.orchestrationBook.find(jid);
  return {
    find(jid) {
      const own = orchestration(jid);
      return own ? jobOf(own, parts.standIn.id) : parts.jobs.find(jid);
    },
    pairs(jid) {
      const own = orchestration(jid);
      return own ? new Map([[parts.standIn.id, pairOf(own)]]) : parts.jobs.pairs(jid);
    },
    list({ limit = 100, ...older } = {}) {
      const own = parts.orchestrationBook.list({ limit, ...older }).map((one) => jobOf(one, parts.standIn.id));
      const all = [...own, ...parts.jobs.list({ limit, ...older })];
      return all.toSorted((a, b) => (a.jid > b.jid ? -1 : 1)).slice(0, limit);
    },
    async returnOf(jid, id) {
      const own = orchestration(jid);
      if (!own) return parts.jobs.returnOf(jid, id);
      const answer = await parts.orchestrationBook.answer(own);
      const { [id]: value = null } = (answer?.['data'] ?? {}) as Readonly<Record<string, Json>>;
      const retcode = own.ended?.retcode ?? 1;
      return answer && { return: value, retcode, success: retcode === 0, out: 'highstate' };
    },
  };

  function pairOf({ jid, created, ended }: Orchestration): Pair {
    if (ended) {
      const { at: since, retcode } = ended;
      return { state: 'returned', since, retcode, success: retcode === 0 };
    }
    return { state: 'running', since: created, reason: `steps done so far: ${parts.orchestrationBook.steps(jid)}` };
  }
}

function jobOf(orchestration: Orchestration, id: string): Job {
  const { jid, created } = orchestration;
  return {
    ...callOf(orchestration),
    jid,
    created,
    expires: created,
    user: userOf(orchestration),
    tgt: id,
    tgt_type: 'list',
    minions: [id],
    missing: [],
  };
}
