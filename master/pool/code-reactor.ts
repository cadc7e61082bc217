import type { Clock } from '../../lib/clock.ts';
import type { InstanceState } from '../../lib/contracts/instances.ts';
import type { PublishRequest, Reactor, ReactorContext } from '../../lib/contracts/reactor.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Log, LogLevel } from '../../lib/log.ts';
import { keptChild } from '../../lib/system/child/kept.ts';
import { poolProgram } from './programs.ts';

export interface CodeReactorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** MiB of memory that its process may use. */
  readonly heapMb?: number;
}

/** A process that is told to give up a reaction and does not even answer has no time left. */
const abortMs = 2_000;
const loadMs = 30_000;
const longestTimeoutMs = 24 * 60 * 60 * 1_000;

/**
 * An operator's reactor in code: the default export of the module `file`, in a process of its own, which is started again
 * when it dies. Its context is the real one, asked over the process's channel. Raises `TS_REACTOR_BAD_CODE`.
 */
export async function codeReactor(file: string, { clock, log, heapMb = 128 }: CodeReactorOptions): Promise<Reactor> {
  const contexts = new Map<number, ReactorContext>();
  let last = 0;
  let limits: JsonMap = {};
  const options = { program: poolProgram('code-child'), heapMb, clock, log, answer };
  const child = keptChild(options, async (fresh) => {
    const loaded = await fresh.ask('load', file, loadMs);
    if (isMap(loaded)) limits = loaded;
  });

  async function answer(what: string, of: Json): Promise<Json | undefined> {
    if (what !== 'context' || !isMap(of) || !Array.isArray(of['args']))
      throw new RangeError(`not answered here: ${what}`);
    const { number, method, args } = of;
    const context = contexts.get(Number(number));
    if (!context || typeof method !== 'string') throw reactorErrors.over(undefined);
    const [key] = args;
    if (method !== 'once' || typeof key !== 'string') return use(context, method, args);
    // The work itself is the reactor's: its process is asked for it if it was never done.
    return context.once(key, async () =>
      (await child.living()).ask('work', { number: Number(number), key }, longestTimeoutMs),
    );
  }

  await child.living();
  const limit = (name: string, otherwise: number) => {
    const value = limits[name];
    return typeof value === 'number' ? value : otherwise;
  };
  return {
    name: file,
    summary: 'a reactor in code',
    timeoutMs: Math.min(limit('timeoutMs', 60_000), longestTimeoutMs),
    retry: { tries: limit('tries', 6), firstMs: limit('firstMs', 1_000), longestMs: limit('longestMs', 60_000) },
    async react(event, context) {
      const process = await child.living();
      const number = ++last;
      contexts.set(number, context);
      const abort = () => void process.ask('abort', { number }, abortMs).catch(() => {});
      context.signal.addEventListener('abort', abort, { once: true });
      try {
        const given = await process.ask('react', { number, event: { ...event } }, longestTimeoutMs);
        return isMap(given) && typeof given['skipped'] === 'string' ? { skipped: given['skipped'] } : undefined;
      } finally {
        context.signal.removeEventListener('abort', abort);
        contexts.delete(number);
      }
    },
    async close() {
      (await child.current())?.kill();
    },
  };
}

/** One use of a context, named by a process that may say anything: the context itself refuses what makes no sense. */
async function use(context: ReactorContext, method: string, args: readonly Json[]): Promise<Json | undefined> {
  const [first, second, third, fourth] = args;
  const word = (value: Json | undefined): string => {
    if (typeof value !== 'string') throw new TypeError(`${method} takes text`);
    return value;
  };
  const map = (value: Json | undefined): JsonMap => {
    if (!isMap(value)) throw new TypeError(`${method} takes a map`);
    return value as JsonMap;
  };
  switch (method) {
    case 'log':
      context.log(levelOf(first), word(second).slice(0, 1_000), { facts: JSON.stringify(map(third)).slice(0, 1_000) });
      return null;
    case 'publish':
      return { ...(await context.publish(word(first), map(second) as unknown as PublishRequest)) };
    case 'delivered':
      return context.delivered(word(first), word(second));
    case 'outcome':
      return { ...(await context.outcome(word(first), word(second))) };
    case 'call':
      return context.call(
        first === 'wheel' ? 'wheel' : 'runner',
        word(second),
        map(third),
        Array.isArray(fourth) ? fourth : [],
      );
    case 'fire':
      await context.fire(word(first), map(second));
      return null;
    case 'keys.accept':
      return context.keys.accept(word(first), word(second));
    case 'keys.reject':
      return context.keys.reject(word(first), word(second), word(third));
    case 'keys.tokenOf':
      return context.keys.tokenOf(word(first), word(second));
    case 'instances.find': {
      const instance = await context.instances.find(word(first));
      return instance ? { ...instance, roles: [...instance.roles] } : null;
    }
    case 'instances.moved':
      await context.instances.moved(word(first), stateOf(second), word(third));
      return null;
    case 'instances.ran': {
      const { jid, success, reason } = map(second);
      await context.instances.ran(word(first), { jid: word(jid), success: success === true, reason: word(reason) });
      return null;
    }
    default:
      throw new RangeError(`a reactor's context has no ${method}`);
  }
}

function levelOf(value: Json | undefined): LogLevel {
  const levels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];
  return levels.find((level) => level === value) ?? 'info';
}

function stateOf(value: Json | undefined): InstanceState {
  const states: readonly InstanceState[] = ['launched', 'starting', 'configuring', 'ready', 'failed', 'gone'];
  const state = states.find((known) => known === value);
  if (!state) throw new TypeError('a state of an instance is launched, starting, configuring, ready, failed or gone');
  return state;
}
