import { systemClock } from '../../lib/clock.ts';
import type { BusEvent } from '../../lib/contracts/events.ts';
import type { Instance } from '../../lib/contracts/instances.ts';
import type { JobOutcome, Reactor, ReactorContext } from '../../lib/contracts/reactor.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { serve } from '../../lib/system/child/serve.ts';
import { defaultExport } from './default-export.ts';

/*
 * The program of a process for one reactor in code: `load` of its path, then `react` and `abort` by number. What the reactor
 * does through its context is asked of the master, which has the real one.
 */

let reactor: Reactor | undefined;
const running = new Map<number, AbortController>();
/** What `once` is to do, by reaction and key, until the master says to. */
const works = new Map<string, () => Promise<Json>>();

const master = serve(async (what, of) => {
  if (what === 'load' && typeof of === 'string') return load(of);
  if (!isMap(of) || typeof of['number'] !== 'number') throw new RangeError(`not answered here: ${what}`);
  if (what === 'react') return react(of['number'], of['event']);
  if (what === 'work' && typeof of['key'] === 'string') return works.get(`${of['number']} ${of['key']}`)?.();
  running.get(of['number'])?.abort();
  return null;
});

async function load(file: string): Promise<JsonMap> {
  try {
    const found = await defaultExport(file);
    if (!isReactor(found)) throw new TypeError('its default export is no reactor: {react(event, context)}');
    reactor = found;
  } catch (error) {
    const { sentence: why, place, hint } = error instanceof TsaltError ? error : { sentence: messageOf(error) };
    throw reactorErrors.badCode({ file, why }, { place, hint, cause: error });
  }
  const { timeoutMs, retry } = reactor;
  const { tries, firstMs, longestMs } = isMap(retry) ? retry : ({} as Partial<Reactor['retry']>);
  const number = (value: unknown) => (typeof value === 'number' && value > 0 ? value : null);
  return {
    timeoutMs: number(timeoutMs),
    tries: number(tries),
    firstMs: number(firstMs),
    longestMs: number(longestMs),
  };
}

function isReactor(value: unknown): value is Reactor {
  return isMap(value) && typeof value['react'] === 'function';
}

async function react(number: number, event: unknown): Promise<Json> {
  const over = new AbortController();
  running.set(number, over);
  try {
    // The master sends what came from its own bus.
    const answer = await reactor?.react(event as BusEvent, contextOf(number, over.signal));
    return answer ? { skipped: answer.skipped } : null;
  } finally {
    running.delete(number);
  }
}

function contextOf(number: number, signal: AbortSignal): ReactorContext {
  // Each answer has the shape that the contract gives its method.
  const ask = async <T>(method: string, ...args: readonly unknown[]): Promise<T> =>
    (await master.ask('context', { number, method, args: args as Json[] })) as T;
  return {
    clock: systemClock,
    signal,
    log: (level, message, facts = {}) => void ask('log', level, message, { ...facts } as JsonMap).catch(() => {}),
    async once(key, work) {
      const name = `${number} ${key}`;
      works.set(name, work);
      try {
        return await ask('once', key);
      } finally {
        works.delete(name);
      }
    },
    publish: (key, request) => ask('publish', key, request),
    delivered: (jid, id) => ask<boolean>('delivered', jid, id),
    outcome: (jid, id) => ask<JobOutcome>('outcome', jid, id),
    call: (client, fun, kwarg, arg = []) => ask<Json>('call', client, fun, kwarg, arg),
    fire: (tag, data) => ask('fire', tag, data),
    keys: {
      accept: (id, fingerprint) => ask<boolean>('keys.accept', id, fingerprint),
      reject: (id, fingerprint, reason) => ask<boolean>('keys.reject', id, fingerprint, reason),
      tokenOf: (id, fingerprint) => ask('keys.tokenOf', id, fingerprint),
    },
    instances: {
      find: async (id) => (await ask<Instance | null>('instances.find', id)) ?? undefined,
      moved: (id, state, reason) => ask('instances.moved', id, state, reason),
      ran: (id, run) => ask('instances.ran', id, run),
    },
  };
}
