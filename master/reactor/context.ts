import type { BusEvent } from '../../lib/contracts/events.ts';
import type { ReactorContext } from '../../lib/contracts/reactor.ts';
import type { Clock } from '../../lib/clock.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { failpoint } from '../../lib/failpoint.ts';
import type { Json } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { Ending } from './ending.ts';
import type { Memo } from './position.ts';
import type { Deed, EventSource, Origin, ReactorPowers } from './types.ts';

export interface ContextParts {
  /** The name it has among the master's reactors. */
  readonly reactor: string;
  readonly event: BusEvent;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether its time is up. */
  readonly ending: Ending;
  readonly powers: ReactorPowers;
  readonly events: EventSource;
  /** Answers stored by earlier attempts at this delivery. */
  readonly memos: ReadonlyMap<string, Pick<Memo, 'json' | 'stored'>>;
  /** Raises `TS_REACTOR_ANSWER_TOO_LONG`. */
  readonly remember: (key: string, value: Json) => Promise<void>;
  readonly did: (deed: Deed) => void;
}

/** What one attempt at one delivery may do. Once that is over it can do nothing more. */
export function reactorContext(parts: ContextParts): ReactorContext {
  const { reactor, event, clock, log, ending, powers, events, memos, remember, did } = parts;
  const origin: Origin = { cause: event.seq, depth: event.depth + 1 };
  const live = () => {
    if (ending.isOver()) throw reactorErrors.over(undefined);
  };
  /** What this attempt works at, by key: asked for twice at once, it is done once. */
  const underWork = new Map<string, Promise<Json>>();
  const workOnce = (key: string, work: () => Promise<Json>): Promise<Json> => {
    const working = answerOf(key, work).finally(() => underWork.delete(key));
    underWork.set(key, working);
    return working;
  };
  async function answerOf(key: string, work: () => Promise<Json>): Promise<Json> {
    const answer = await work();
    live();
    failpoint('reaction-step');
    await remember(key, answer);
    failpoint('reaction-kept');
    return answer;
  }
  return {
    clock,
    log,
    get signal() {
      return ending.signal();
    },
    async once<T extends Json>(key: string, work: () => Promise<T>): Promise<T> {
      live();
      did({ do: 'once', key });
      const known = memos.get(key);
      // Only this key's own work was ever stored under it.
      if (known !== undefined) {
        // An attempt before this one may have given up while it was on its way to the disk.
        await known.stored;
        return JSON.parse(known.json) as T;
      }
      const working = underWork.get(key) ?? workOnce(key, work);
      return working as Promise<T>;
    },
    async publish(key, request) {
      live();
      // The ledger stores the key with the job, before anything is sent.
      const published = await powers.jobs.publish(`${event.seq} ${reactor} ${key}`, request, origin);
      failpoint('reaction-published');
      did({ do: 'publish', jid: published.jid, fun: request.fun, minions: published.minions.length });
      return published;
    },
    async delivered(jid, id) {
      live();
      return powers.jobs.delivered(jid, id, ending.signal());
    },
    async outcome(jid, id) {
      live();
      return powers.jobs.outcome(jid, id, ending.signal());
    },
    async call(client, fun, kwarg, arg = [], key = JSON.stringify([fun, arg, kwarg])) {
      live();
      did({ do: 'call', fun: `${client}.${fun}` });
      const once = `${event.seq} ${reactor} ${client} ${key}`;
      return powers.call(client, fun, arg, kwarg, { ...origin, once });
    },
    async fire(tag, data) {
      live();
      await events.fire({ tag, data, ...origin });
      did({ do: 'fire', tag });
    },
    keys: {
      async accept(id, fingerprint) {
        live();
        const done = await powers.keys.accept(id, fingerprint);
        did({ do: 'accept', id, done });
        return done;
      },
      async reject(id, fingerprint, reason) {
        live();
        const done = await powers.keys.reject(id, fingerprint, reason);
        did({ do: 'reject', id, reason, done });
        return done;
      },
      tokenOf: async (id, fingerprint) => powers.keys.tokenOf(id, fingerprint),
    },
    instances: {
      find: async (id) => powers.instances.find(id),
      async moved(id, state, reason) {
        live();
        await powers.instances.moved(id, state, reason);
        did({ do: 'moved', id, state, reason });
      },
      async ran(id, run) {
        live();
        await powers.instances.ran(id, run);
      },
    },
  };
}
