import type { Instance, InstanceState, Registry } from '../lib/contracts/instances.ts';
import { messageOf } from '../lib/errors/error.ts';
import { reactorErrors } from '../lib/errors/reactor.ts';
import { isMap, type Json, type JsonMap } from '../lib/json.ts';

export interface HttpRegistryLimits {
  readonly timeoutMs: number;
  readonly bodyBytes: number;
  /** How long questions wait for a request that began before them, in ms, until another one is made. */
  readonly patienceMs: number;
}

const defaults: HttpRegistryLimits = { timeoutMs: 10_000, bodyBytes: 16 * 1024 * 1024, patienceMs: 1_000 };

/**
 * A registry that any HTTP endpoint can be: GET gives a JSON array of `{instance: {instance_name}}`; `instance` may be null
 * (a machine nobody launched). An item's `state`, where it has one, is a word or the number 1 (starting); without one the
 * list is of machines that are starting. Questions that come while a request is under way share the next; it begins when that
 * one ends, or takes long: one that hangs holds up nobody else. `find` raises `TS_REACTOR_REGISTRY_UNREACHABLE`.
 */
export function httpRegistry(url: string, given: Partial<HttpRegistryLimits> = {}): Registry {
  const limits = { ...defaults, ...given };
  let current: Promise<ReadonlyMap<string, Instance>> | undefined;
  let next: Promise<ReadonlyMap<string, Instance>> | undefined;

  function request(): Promise<ReadonlyMap<string, Instance>> {
    const made = fetchList(url, limits).finally(() => {
      if (current === made) current = undefined;
    });
    current = made;
    return made;
  }

  function list(): Promise<ReadonlyMap<string, Instance>> {
    if (!current) return request();
    // The answer under way may be older than the machine that is asked for.
    next ??= endOf(current, limits.patienceMs).then(() => {
      next = undefined;
      return request();
    });
    return next;
  }

  return {
    async find(id, signal) {
      signal.throwIfAborted();
      return (await list()).get(id);
    },
  };
}

/** Resolves when the work has ended, well or badly, or after `ms`. */
function endOf(work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    work.then(end, end);
  });
}

/** The registry that `auth.registry` names; undefined where that is the master's own. */
export function remoteRegistry(config: JsonMap): Registry | undefined {
  const url = config['auth.registry'];
  return typeof url === 'string' && url !== '' && url !== 'builtin' ? httpRegistry(url) : undefined;
}

async function fetchList(url: string, limits: HttpRegistryLimits): Promise<ReadonlyMap<string, Instance>> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(limits.timeoutMs),
      redirect: 'error',
      headers: { accept: 'application/json' },
    });
    if (!response.ok) throw new TypeError(`HTTP status ${response.status}`);
    const items: unknown = JSON.parse(await boundedText(response, limits.bodyBytes));
    if (!Array.isArray(items)) throw new TypeError('the answer is not a list');
    return new Map(items.flatMap((item: Json) => instanceOf(item)).map((instance) => [instance.id, instance]));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw reactorErrors.registryUnreachable({ url, why: `${messageOf(error)}${cause}` }, { cause: error });
  }
}

async function boundedText(response: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    const bytes: unknown = part.value;
    if (!(bytes instanceof Uint8Array)) continue;
    size += bytes.length;
    if (size > most) {
      await reader?.cancel();
      throw new RangeError(`the answer is longer than ${most} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const states: readonly InstanceState[] = ['launched', 'starting', 'configuring', 'ready', 'failed', 'gone'];

function instanceOf(item: Json): Instance[] {
  if (!isMap(item) || !isMap(item['instance'])) return [];
  const id = item['instance']['instance_name'];
  if (typeof id !== 'string') return [];
  return [
    { id, state: stateOf(item['state']), reason: 'said by the registry', provider: 'http', roles: [], since: '' },
  ];
}

function stateOf(state: unknown): InstanceState {
  if (state === undefined || state === null || state === 1) return 'starting';
  const word = typeof state === 'string' ? state.toLowerCase() : '';
  // Any other word is a later part of a machine's life, in which it is not let in.
  return states.find((known) => known === word) ?? 'ready';
}
