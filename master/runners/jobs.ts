import type { Clock } from '../../lib/clock.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { activeJobs, exitSuccess, listJob, listJobs, lookupJid, printJob, type Away } from '../jobs/listing.ts';
import { searchArguments, searchJobs } from '../jobs/search.ts';
import type { Jobs } from '../jobs/ledger.ts';
import { withOrchestrations, type OrchestrationParts, type ShownJobs } from '../jobs/with-orchestrations.ts';
import type { Keys } from '../keys.ts';
import type { OrchestrationBook } from '../orchestrate/book.ts';
import { whyOf } from '../jobs/why.ts';
import type { Publisher } from '../publisher.ts';
import type { Runner } from './runner.ts';
import { countOf, truthOf } from './values.ts';

export interface JobRunnerParts extends OrchestrationParts {
  readonly jobs: Jobs;
  readonly orchestrationBook: OrchestrationParts['orchestrationBook'] & Pick<OrchestrationBook, 'unfinished'>;
  readonly keys: Pick<Keys, 'list'>;
  readonly meant: Publisher['meant'];
  readonly away: Away;
  readonly clock: Clock;
}

/** Salt's runner `jobs`: what the ledger and the book of orchestrations know; no minion is asked. */
export function jobRunners(parts: JobRunnerParts): Record<string, Runner> {
  const { jobs, keys, orchestrationBook, meant, away, clock } = parts;
  const all = withOrchestrations(parts);
  const found = async (
    jid: Json | undefined,
    look: (all: ShownJobs, jid: string, away: Away) => Promise<JsonMap | undefined>,
  ): Promise<Json> => {
    const job = await look(all, asText(jid), away);
    if (!job) throw runnerErrors.noSuchJob({ jid: asText(jid) });
    return job;
  };
  const list: Runner = {
    summary:
      'the newest jobs; of a function, a target or minion (globs, with commas), with some metadata, of a time (UTC)',
    takes: ['limit', 'before', ...searchArguments],
    run: ({ limit, before, ...search }) =>
      listJobs(
        searchJobs(all, search, {
          limit: countOf('limit', limit, 100),
          ...(before !== undefined && { before: asText(before) }),
        }),
      ),
  };
  const show: Runner = {
    summary: 'everything of one job',
    takes: ['jid'],
    needs: 1,
    run: ({ jid }) => found(jid, listJob),
  };
  return {
    'jobs.list': list,
    'jobs.list_jobs': list,
    'jobs.list_jobs_filter': {
      summary: 'so many of the newest jobs',
      takes: ['count'],
      needs: 1,
      run: ({ count }) => listJobs(searchJobs(all, {}, { limit: countOf('count', count, 100) })),
    },
    'jobs.show': show,
    'jobs.list_job': show,
    'jobs.print_job': {
      summary: 'as jobs.show, under its jid',
      takes: ['jid'],
      needs: 1,
      run: ({ jid }) => found(jid, printJob),
    },
    'jobs.lookup_jid': {
      summary: 'the returns of one job; with `missing`, also where it is on those that have not returned',
      takes: ['jid', 'returned', 'missing'],
      needs: 1,
      run({ jid, returned, missing }) {
        const wanted = { returned: truthOf('returned', returned, true), missing: truthOf('missing', missing, false) };
        return found(jid, (_, one) => lookupJid(all, one, away, wanted));
      },
    },
    'jobs.exit_success': {
      summary: 'of each minion of a job, whether it has returned and did not fail',
      takes: ['jid'],
      needs: 1,
      run: ({ jid }) => found(jid, async (all, one) => exitSuccess(all, one)),
    },
    'jobs.why': {
      summary: 'where a job is at a minion, since when and why, who asked for it; or why it is not for that minion',
      takes: ['jid', 'minion'],
      needs: 2,
      run: ({ jid, minion }) =>
        found(jid, async (_, one) => {
          if (orchestrationBook.find(one)) throw runnerErrors.noMinionJob({ jid: one });
          return whyOf({ jobs, keys, meant, away, now: () => clock.now() }, one, asText(minion));
        }),
    },
    'jobs.last_run': {
      summary:
        'the newest job of a function, a target or minion, with some metadata, as jobs.print_job; false for none',
      takes: ['metadata', 'function', 'target'],
      async run({ metadata = null, function: fun = null, target = null }) {
        const search = { search_metadata: metadata, search_function: fun, search_target: target };
        const [last] = searchJobs(all, search, { limit: 1 });
        return (last && (await printJob(all, last.jid, away))) ?? false;
      },
    },
    'jobs.active': {
      summary:
        'the jobs that are not over: on which minions each runs, for which it waits and why, and who has returned',
      takes: [],
      run() {
        const open = keys.list().flatMap(({ id }) => jobs.unfinished(id).map(({ jid }) => jid));
        return activeJobs(all, [...open, ...orchestrationBook.unfinished().map(({ jid }) => jid)], away);
      },
    },
  };
}
