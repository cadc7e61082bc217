import type { Clock } from '../lib/clock.ts';
import type { PublishRequest } from '../lib/contracts/reactor.ts';
import { messageOf } from '../lib/errors/error.ts';
import { failpoint } from '../lib/failpoint.ts';
import { parseMinionId } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Store } from '../store/store.ts';
import type { MasterLink, MasterSession } from '../wire/types.ts';
import type { Bundles } from './bundles.ts';
import type { Job, Jobs, NewJob, Origin } from './jobs/ledger.ts';
import type { Meant, Targeting } from './targeting.ts';

/** What parts the names of a path, where it is not `:`. */
interface Delimited {
  readonly delimiter?: string | undefined;
}

export interface Publisher {
  /** Whom a target means. */
  meant(request: Pick<PublishRequest, 'tgt' | 'tgt_type'> & Delimited): Meant;
  /** A job as it is asked for, its targets resolved; nothing is recorded or sent. */
  resolve(
    request: PublishRequest & Delimited,
    options: { readonly user: string; readonly takeWithinMs: number },
  ): NewJob;
  /**
   * Records the job and sends it to those of its minions that are connected; the others get it when they come. With `once`
   * it is done once for this key: again, it gives the job that is there.
   */
  publish(job: NewJob, how?: { readonly once?: string; readonly origin?: Origin }): Promise<Job>;
  /** Sends a session whatever its minion has not taken yet. */
  catchUp(session: MasterSession): void;
  /** The minion lost its outbox: what it had taken will never be returned. */
  lostOutbox(id: string): Promise<void>;
}

export interface PublisherOptions {
  readonly jobs: Jobs;
  readonly store: Store;
  readonly targeting: Targeting;
  /** What a job is given that the master alone knows. */
  readonly completed: Bundles['completed'];
  readonly link: () => MasterLink;
  readonly clock: Clock;
  readonly log: Log;
}

/** Publishes jobs, and publishes again what a minion could not take at the time. */
export function publisher({ jobs, store, targeting, completed, link, clock, log }: PublisherOptions): Publisher {
  function send(job: Job, sessions: readonly MasterSession[]): void {
    if (sessions.length === 0) return;
    const { jid, fun, expires, user, arg, kwarg } = job;
    try {
      link().publish(
        { jid, fun, expires, user },
        sessions.map((session) => ({ session, args: { arg, kwarg } })),
      );
    } catch (cause) {
      // It can't travel at all: waiting for it would be in vain.
      const reason = messageOf(cause);
      log('error', 'a job could not be published', { jid, fun, reason });
      inBackground(store.commit(sessions.flatMap(({ id }) => jobs.lost(jid, id, reason))));
    }
  }

  function inBackground(work: Promise<unknown>): void {
    work.catch((cause: unknown) =>
      log('error', 'what became of a job could not be recorded', { reason: messageOf(cause) }),
    );
  }

  function connected(job: Job): MasterSession[] {
    const { sessions } = link();
    return job.minions.flatMap((id) => sessions.get(parseMinionId(id)) ?? []);
  }

  const meant: Publisher['meant'] = ({ tgt, tgt_type: type = 'glob', delimiter }) =>
    targeting.resolve(tgt, type, delimiter);

  return {
    meant,
    resolve(request, { user, takeWithinMs }) {
      const { tgt, tgt_type = 'glob', fun, arg = [], kwarg = {}, metadata } = completed(request);
      const { minions, missing } = meant({ tgt, tgt_type, delimiter: request.delimiter });
      const expires = clock.now() + takeWithinMs;
      return { fun, arg, kwarg, tgt, tgt_type, user, expires, minions, missing, ...(metadata && { metadata }) };
    },
    async publish(job, { once, origin } = {}) {
      const made = await (once === undefined
        ? jobs.create(jobs.newJid(), job, origin)
        : jobs.createOnce(once, job, origin));
      failpoint('job-journaled');
      // One that was there already may have been recorded, and not sent; a minion takes each jid once.
      send(
        made,
        connected(made).filter(({ id }) => jobs.pair(made.jid, id)?.state === 'queued'),
      );
      failpoint('job-sent');
      return made;
    },
    catchUp(session) {
      for (const { job, pair } of jobs.outstanding(session.id)) if (pair.state === 'queued') send(job, [session]);
    },
    async lostOutbox(id) {
      const changes = jobs.lostOutbox(id);
      if (changes.length > 0) await store.commit(changes);
    },
  };
}
