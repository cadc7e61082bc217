import { didYouMean } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Away } from './listing.ts';
import type { Job, Jobs, Pair } from './ledger.ts';
import type { Keys } from '../keys.ts';
import type { Publisher } from '../publisher.ts';

export interface WhyParts {
  readonly jobs: Pick<Jobs, 'find' | 'pair' | 'active' | 'origin'>;
  readonly keys: Pick<Keys, 'list'>;
  readonly meant: Publisher['meant'];
  readonly away: Away;
  readonly now: () => number;
}

/** The answer of `jobs.why`: where a job is at a minion, since when and why, or why it is not for it; undefined when there is no such job. */
export function whyOf(parts: WhyParts, jid: string, id: string): JsonMap | undefined {
  const job = parts.jobs.find(jid);
  if (!job) return undefined;
  const pair = parts.jobs.pair(jid, id);
  const { cause } = parts.jobs.origin(jid, id);
  return {
    jid,
    Function: job.fun,
    Minion: id,
    State: pair?.state ?? 'not targeted',
    ...(pair && { Since: new Date(pair.since).toISOString() }),
    Why: pair ? whyThere(parts, job, id, pair) : whyNot(parts, job, id),
    'Asked by': cause === undefined ? whoOf(job) : `a reaction to event ${cause} (tsalt run reactor.why ${cause})`,
  };
}

const whoOf = ({ user, schedule }: Job): string =>
  schedule === undefined ? user : `the schedule of the minion, where it is '${schedule}'`;

function whyThere({ jobs, away, now }: WhyParts, job: Job, id: string, pair: Pair): string {
  const missing = away(id);
  const took = `${((pair.since - job.created) / 1000).toFixed(1)} s`;
  switch (pair.state) {
    case 'queued': {
      const until = new Date(job.expires).toISOString();
      return missing === undefined
        ? `it was sent, and the minion has not said that it has it; it is sent again when the minion connects, until ${until}`
        : `the minion is not connected (${missing}); it gets the job when it comes, until ${until}`;
    }
    case 'delivered':
    case 'running': {
      if (missing !== undefined)
        return `the minion has it, and is not connected (${missing}); its return comes when it is back`;
      if (pair.state === 'running') return `it has been running for ${((now() - pair.since) / 1000).toFixed(1)} s`;
      const before = jobs.active(id).filter(({ jid }) => jid < job.jid);
      const others = before.map(({ jid, fun }) => `${fun} (${jid})`).join(', ');
      return others === ''
        ? 'the minion has it on its disk, and has not said that it began'
        : `the minion has it on its disk, and other jobs before it: ${others}`;
    }
    case 'returned':
      return `it ${pair.success === true ? 'succeeded' : `failed (retcode ${pair.retcode ?? 1})`}, its return came after ${took}`;
    case 'expired':
    case 'lost':
      return pair.reason ?? `it was ${pair.state} after ${took}`;
  }
}

function whyNot({ keys, meant: whom }: WhyParts, job: Job, id: string): string {
  const known = keys.list();
  const key = known.find((one) => one.id === id);
  if (job.missing.includes(id)) return 'it was named, and no accepted minion had this id when the job was published';
  if (!key) {
    const near = didYouMean(
      nearest(
        id,
        known.map((one) => one.id),
      ),
    );
    return `no minion of this id has a key here${near === undefined ? '' : ` (${near})`}`;
  }
  if (key.state !== 'accepted') return `its key is ${key.state}, and only accepted minions are meant by any target`;
  const target = `${job.tgt_type} '${typeof job.tgt === 'string' ? job.tgt : job.tgt.join(',')}'`;
  const meant = whom(job);
  const isIn = (ids: readonly string[]): boolean => ids.includes(id);
  if (isIn(meant.unknown))
    return `too little is known of it (grains, pillar) to tell whether ${target} means it, and then it never does`;
  if (isIn(meant.minions))
    return `${target} did not match it when the job was published, and does now: its key, its grains or its pillar have changed`;
  return `${target} does not match it`;
}
