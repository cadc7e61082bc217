import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors/error.ts';
import { startEvent } from '../lib/salt-events.ts';
import type { Log } from '../lib/log.ts';
import { seldom as seldomOf } from '../lib/seldom.ts';
import type { Store } from '../store/store.ts';
import type { MasterSession } from '../wire/types.ts';
import type { EventBus } from './bus.ts';
import type { Intake } from './intake.ts';
import type { MinionBook } from './minions.ts';
import type { Publisher } from './publisher.ts';

export interface Sessions {
  opened(session: MasterSession): void;
  /** It takes more jobs again. */
  room(session: MasterSession): void;
  closed(session: MasterSession, reason: string): void;
  /** Two processes have one minion's key, and the older one is kept out. */
  fenced(id: string, reason: string): void;
  /** Since when a minion is not connected, for a person. */
  lastSeen(id: string): string;
}

export interface SessionsOptions {
  readonly store: Store;
  readonly bus: EventBus;
  readonly minions: MinionBook;
  readonly publisher: Publisher;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Log;
}

/** A copy of a minion tries again and again, and is an event once in so many ms. */
const CLONED_MS = 60_000;

/** What could not be read for a minion is tried again so many ms later. */
const CATCH_UP_AGAIN_MS = 2_000;
/** And told once in so many. */
const UNREAD_MS = 60_000;

/** What the master does when a minion comes and goes. */
export function sessions({ store, bus, minions, publisher, intake, clock, log }: SessionsOptions): Sessions {
  const left = new Map<string, number>();
  const seldom = seldomOf(clock, CLONED_MS);
  const isNews = seldomOf(clock, UNREAD_MS);

  async function greet(session: MasterSession): Promise<void> {
    const { id, incarnation, generation, outbox } = session;
    try {
      if (minions.hasNewOutbox(id, outbox)) await publisher.lostOutbox(id);
      // Once for each process of the minion: not for a session resumed, not for a restart of the master.
      if (minions.isNew(id, incarnation)) {
        await store.commit([bus.record(startEvent(id, clock.now())), minions.started(id, incarnation, generation)]);
      }
    } finally {
      // It gets no job before that.
      catchUp(session);
    }
  }

  function catchUp(session: MasterSession): void {
    try {
      publisher.catchUp(session);
    } catch (cause) {
      const reason = messageOf(cause);
      if (isNews(session.id)) log('error', 'what is queued for a minion could not be read', { id: session.id, reason });
      clock.after(CATCH_UP_AGAIN_MS, () => catchUp(session));
    }
  }

  return {
    opened(session) {
      left.delete(session.id);
      log('info', 'a minion is connected', { id: session.id });
      greet(session).catch((cause: unknown) =>
        log('error', 'a minion could not be greeted', { id: session.id, reason: messageOf(cause) }),
      );
    },
    room: catchUp,
    closed(session, reason) {
      left.set(session.id, clock.now());
      intake.forget(session);
      log('info', 'a minion is gone', { id: session.id, reason });
    },
    fenced(id, reason) {
      if (!seldom(id)) return;
      log('warning', 'two processes have the key of one minion: was its disk copied?', { id });
      bus
        .fire({ tag: `tsalt/minion/${id}/cloned`, data: { id, reason } })
        .catch((cause: unknown) => log('error', 'an event could not be recorded', { reason: messageOf(cause) }));
    },
    lastSeen(id) {
      const since = left.get(id);
      return since === undefined ? 'not seen since the master started' : `since ${new Date(since).toISOString()}`;
    },
  };
}
