import type { BusEvent } from '../../lib/contracts/events.ts';
import type { ReactorContext } from '../../lib/contracts/reactor.ts';
import type { Clock } from '../../lib/clock.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import type { Json } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { Deed, EventSource, Origin, ReactorPowers } from './types.ts';

export interface ContextParts {
  readonly event: BusEvent;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly powers: ReactorPowers;
  readonly events: EventSource;
  /** Answers stored by earlier attempts at this delivery. */
  readonly memos: ReadonlyMap<string, Json>;
  readonly remember: (key: string, value: Json) => Promise<void>;
  readonly did: (deed: Deed) => void;
}

/** What one attempt at one delivery may do. Once its signal is aborted it can do nothing more. */
export function reactorContext(parts: ContextParts): ReactorContext {
  const { event, clock, log, signal, powers, events, memos, remember, did } = parts;
  const origin: Origin = { cause: event.seq, depth: event.depth + 1 };
  const live = () => {
    if (signal.aborted) throw reactorErrors.over(undefined);
  };
  const recalled = async <T extends Json>(key: string, work: () => T | Promise<T>): Promise<T> => {
    const known = memos.get(key);
    // Only this key's own work was ever stored under it.
    if (known !== undefined) return known as T;
    const answer = await work();
    live();
    await remember(key, answer);
    return answer;
  };
  return {
    clock,
    log,
    signal,
    async once(key, work) {
      live();
      did({ do: 'once', key });
      return recalled(`once ${key}`, work);
    },
    async publish(key, request) {
      live();
      const jid = await recalled(`jid ${key}`, () => powers.jobs.newJid());
      live();
      const published = await powers.jobs.publish(jid, request, origin);
      did({ do: 'publish', jid, fun: request.fun, minions: published.minions.length });
      return published;
    },
    async delivered(jid, id) {
      live();
      return powers.jobs.delivered(jid, id, signal);
    },
    async outcome(jid, id) {
      live();
      return powers.jobs.outcome(jid, id, signal);
    },
    async call(client, fun, kwarg, arg = []) {
      live();
      did({ do: 'call', fun: `${client}.${fun}` });
      return powers.call(client, fun, arg, kwarg, { ...origin, signal });
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
    },
  };
}
