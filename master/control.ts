import type { Clock } from '../lib/clock.ts';
import { controlErrors } from '../lib/errors/control.ts';
import { fnmatch } from '../lib/fnmatch.ts';
import { asText, isMap, type Json, type JsonMap } from '../lib/json.ts';
import type { BusEvent } from '../lib/contracts/events.ts';
import type { LocalCall, LocalMethod } from '../wire/local/server.ts';
import type { EventBus } from './bus.ts';
import type { Instances } from './instances.ts';
import type { JobProgress } from './jobs/progress.ts';
import type { Jobs, Pair } from './jobs/ledger.ts';
import type { Publisher } from './publisher.ts';
import type { Runners } from './runners.ts';
import type { Tokens } from './tokens.ts';
import type { Keys } from './keys.ts';
import type { KeyCommands } from './wheel/key.ts';

export interface ControlParts {
  readonly bus: EventBus;
  readonly jobs: Jobs;
  readonly keys: KeyCommands & Pick<Keys, 'askAnew'>;
  readonly tokens: Tokens;
  readonly instances: Instances;
  readonly publisher: Publisher;
  readonly runners: Runners;
  readonly progress: JobProgress;
  readonly clock: Clock;
  /** The master's own key, as minions pin it, and its fingerprint. */
  readonly masterKey: string;
  readonly fingerprint: string;
  /** Seconds a minion has to take a job when nobody says otherwise. */
  readonly timeoutSeconds: number;
  /** Undefined while the minion is connected, else since when or why not, for a person. */
  readonly notConnected: (id: string) => string | undefined;
  /** Everything the master has of a machine that is gone: key, session, facts. */
  readonly forget: (id: string) => Promise<void>;
  readonly status: () => JsonMap;
}

/** Seconds that a connection may be gone before a command stops waiting for a running job. */
const GONE_SECONDS = 15;

const text = (params: JsonMap, name: string): string => {
  const value = params[name];
  if (typeof value !== 'string' || value === '') throw controlErrors.badRequest({ reason: `'${name}' is missing` });
  return value;
};
const map = (value: Json | undefined): JsonMap => (isMap(value) ? (value as JsonMap) : {});
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** Everything that may be asked over the control socket, by name. Whoever can open the socket is an operator. */
export function controlMethods(parts: ControlParts): Readonly<Record<string, LocalMethod>> {
  const { bus, keys, tokens, instances, runners } = parts;
  const lists = (): JsonMap => ({ ...keys.list() });
  return {
    status: async () => parts.status(),
    'key.list': async () => lists(),
    'key.accept': async (params) => keys.accept(text(params, 'match')),
    'key.reject': async (params) => keys.reject(text(params, 'match')),
    'key.delete': async (params) => keys.delete(text(params, 'match')),
    'key.finger': async (params) =>
      params.master === true
        ? { master: parts.masterKey, fingerprint: parts.fingerprint }
        : keys.finger(text(params, 'match')),
    targets: async (params) => {
      const target = { tgt: text(params, 'tgt'), tgt_type: text(params, 'tgt_type') };
      const { minions, unknown, missing } = parts.publisher.meant(target);
      const away = minions.filter((id) => parts.notConnected(id) !== undefined);
      return { minions: [...minions], away, unknown: [...unknown], missing: [...missing] };
    },
    exec: async (params, call) => exec(parts, params, call),
    run: async ({ fun, arg, kwarg }, { emit }) =>
      runners.call({ fun: asText(fun), arg: list(arg), kwarg: map(kwarg) }, { began: (jid) => emit({ jid }) }),
    'run.functions': async () => (await runners.listAll()).map(({ takes, ...one }) => ({ ...one, takes: [...takes] })),
    'event.send': async (params) => {
      const { seq } = await bus.fire({ tag: text(params, 'tag'), data: map(params.data) });
      return { seq };
    },
    'event.listen': async (params, call) => listen(bus, params, call),
    'instance.add': async (params) => {
      const id = text(params, 'id');
      await instances.add({ id, provider: text(params, 'provider'), roles: list(params.roles).map(String) });
      const token = await tokens.issue(id);
      // It may have been turned down for being unknown, by a reactor, a moment before.
      await keys.askAnew(id);
      return { token };
    },
    'instance.starting': async (params) => {
      const facts = { ...pickText(params, 'handle'), ...pickText(params, 'address') };
      return instances.move(text(params, 'id'), 'starting', text(params, 'reason'), facts);
    },
    'instance.failed': async (params) => instances.move(text(params, 'id'), 'failed', text(params, 'reason')),
    'instance.gone': async (params) => {
      const id = text(params, 'id');
      const moved = instances.find(id) ? await instances.move(id, 'gone', text(params, 'reason')) : false;
      await parts.forget(id);
      return moved;
    },
  };
}

function pickText(params: JsonMap, name: 'handle' | 'address'): { handle?: string; address?: string } {
  const value = params[name];
  return typeof value === 'string' ? { [name]: value } : {};
}

/** Sends every event from `since` on whose tag matches, until the caller is gone. */
async function listen(bus: EventBus, params: JsonMap, { signal, emit }: LocalCall): Promise<Json> {
  const matches = fnmatch(typeof params.tag === 'string' ? params.tag : '*');
  let sent = typeof params.since === 'number' ? params.since - 1 : bus.head();
  const send = (event: BusEvent): void => {
    if (event.seq <= sent) return;
    sent = event.seq;
    if (matches(event.tag)) emit({ seq: event.seq, tag: event.tag, data: event.data });
  };
  // New ones wait until the old ones are told.
  let waiting: BusEvent[] | undefined = [];
  const end = bus.subscribe((event) => (waiting ? waiting.push(event) : send(event)));
  try {
    for await (const event of bus.history(sent)) {
      if (signal.aborted) return null;
      send(event);
    }
    for (const event of waiting) send(event);
    waiting = undefined;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return null;
  } finally {
    end();
  }
}

function hintFor(kind: string): string | undefined {
  return /pillar|compound/.test(kind)
    ? 'the pillar of a minion is known here once the minion has asked for it'
    : undefined;
}

/** The job that is asked for, and how many seconds minions have to take it. Raises `TS_CONTROL_NO_MINION`. */
function aim({ publisher, timeoutSeconds }: ControlParts, params: JsonMap) {
  const tgt = text(params, 'tgt');
  const seconds = typeof params.timeout === 'number' ? params.timeout : timeoutSeconds;
  const request = {
    tgt,
    tgt_type: text(params, 'tgt_type'),
    fun: text(params, 'fun'),
    arg: list(params.arg),
    kwarg: map(params.kwarg),
    ...(isMap(params.metadata) && { metadata: params.metadata as JsonMap }),
  };
  const resolved = publisher.resolve(request, { user: 'operator', takeWithinMs: seconds * 1000 });
  if (resolved.minions.length === 0) throw controlErrors.noMinion({ tgt }, { hint: hintFor(request.tgt_type) });
  return { resolved, seconds };
}

/** Publishes a job and tells how it ends on each minion, as it happens; with `progress`, where its state runs are, too. */
async function exec(parts: ControlParts, params: JsonMap, { signal, emit }: LocalCall): Promise<Json> {
  const { jobs, publisher, notConnected, clock } = parts;
  const { resolved, seconds } = aim(parts, params);
  const job = await publisher.publish(resolved);
  emit({ jid: job.jid, minions: [...job.minions] });
  for (const id of job.missing) emit({ jid: job.jid, id, state: 'unknown', reason: 'no accepted minion has this id' });
  if (params.wait === false) return { jid: job.jid };
  const stopListening =
    params.progress === true
      ? parts.progress.listen(job.jid, (id, place) => emit({ jid: job.jid, id, progress: { ...place } }))
      : () => {};
  try {
    await Promise.all(job.minions.map(async (id) => emit({ jid: job.jid, ...(await ending(id)) })));
  } finally {
    stopListening();
  }
  return { jid: job.jid };

  /** How the job ends on one minion, or why nobody waits for it any longer. */
  async function ending(id: string): Promise<JsonMap> {
    const away = notConnected(id);
    if (away !== undefined)
      return { id, state: 'queued', reason: `not connected (${away}); it is kept for ${seconds} s` };
    const over = new AbortController();
    const stop = (): void => over.abort();
    signal.addEventListener('abort', stop, { once: true });
    const cancel = clock.after((seconds + 1) * 1000, watch);
    let goneFor = 0;
    let next = cancel;
    try {
      const outcome = await jobs.outcome(job.jid, id, over.signal);
      return { ...(outcome as unknown as JsonMap), out: await outputterOf(id) };
    } catch (cause) {
      if (!over.signal.aborted) throw cause;
      return { id, ...where(jobs.pair(job.jid, id)) };
    } finally {
      next();
      signal.removeEventListener('abort', stop);
    }

    /** After the time to take it: goes on waiting only for who has it, and is there. */
    function watch(): void {
      goneFor = notConnected(id) === undefined ? 0 : goneFor + 1;
      const pair = jobs.pair(job.jid, id);
      if (pair?.state === 'queued' || goneFor > GONE_SECONDS) return stop();
      next = clock.after(1000, watch);
    }
  }

  async function outputterOf(id: string): Promise<string> {
    const data = await jobs.returnOf(job.jid, id);
    return typeof data?.out === 'string' ? data.out : 'nested';
  }

  function where(pair: Pair | undefined): JsonMap {
    if (!pair) return { state: 'lost', reason: 'the job is no longer kept' };
    const reason =
      pair.state === 'queued' ? `it did not take the job within ${seconds} s` : 'the connection was lost while it ran';
    return { state: pair.state, reason: pair.reason ?? reason };
  }
}
