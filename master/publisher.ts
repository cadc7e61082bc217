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
   * Records the job and sends it to those of its minions that are connected and have what came before; the others get it when
   * they come, or have caught up. With `once` it is done once for this key: again, it gives the job that is there.
   */
  publish(job: NewJob, how?: { readonly once?: string; readonly origin?: Origin }): Promise<Job>;
  /**
   * Sends a session what is queued for its minion, as far as it takes it: when it opens, and when there is room again. Raises what
   * reading the ledger does; the session is then to be closed, since it is sent nothing more.
   */
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

/** How far a session was sent what is queued for its minion. */
interface Place {
  /** The last job it was sent; every job of its minion up to here was. */
  jid: string;
  /** There is more, for which it had no room. */
  isBehind: boolean;
}

/** Publishes jobs, each once to a session and in the order of their jids: a session that has no room is sent the rest from the ledger. */
export function publisher({ jobs, store, targeting, completed, link, clock, log }: PublisherOptions): Publisher {
  /** A session that is not greeted yet has none. */
  const places = new WeakMap<MasterSession, Place>();

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

  /** Whether the session is sent the job now, as its next one. One that has no room for it is behind from here on. */
  function takesNow(session: MasterSession, { jid }: Job): boolean {
    const place = places.get(session);
    // What was on disk when it caught up, it has.
    if (!place || place.isBehind || jid <= place.jid) return false;
    place.isBehind = session.isFull;
    if (!place.isBehind) place.jid = jid;
    return !place.isBehind;
  }

  jobs.onCreated((job) => {
    failpoint('job-journaled');
    send(
      job,
      connected(job).filter((session) => takesNow(session, job)),
    );
    failpoint('job-sent');
  });

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
      return once === undefined ? jobs.create(jobs.newJid(), job, origin) : jobs.createOnce(once, job, origin);
    },
    catchUp(session) {
      const place = places.get(session) ?? { jid: '', isBehind: true };
      places.set(session, place);
      // One that is closed takes nothing, however much is queued.
      const takes = (): boolean => !session.isFull && link().sessions.get(session.id) === session;
      if (!place.isBehind || !takes()) return;
      for (const job of jobs.queued(session.id, place.jid)) {
        if (!takes()) return;
        send(job, [session]);
        place.jid = job.jid;
      }
      place.isBehind = false;
    },
    async lostOutbox(id) {
      const changes = jobs.lostOutbox(id);
      if (changes.length > 0) await store.commit(changes);
    },
  };
}
