import type { Clock } from '../lib/clock.ts';
import { controlErrors } from '../lib/errors/control.ts';
import { runnerErrors } from '../lib/errors/runners.ts';
import { fnmatch } from '../lib/fnmatch.ts';
import { asText, isMap, type Json, type JsonMap } from '../lib/json.ts';
import { UPDATE } from '../lib/upgrades.ts';
import type { BusEvent } from '../lib/contracts/events.ts';
import type { ControlCall, ControlMethod } from './access/guard.ts';
import type { EventBus } from './bus.ts';
import type { Instances } from './instances.ts';
import type { JobProgress } from './jobs/progress.ts';
import type { Job, Jobs, Pair } from './jobs/ledger.ts';
import type { Asker } from './access/askers.ts';
import type { Publisher } from './publisher.ts';
import type { Client, Runners } from './runners.ts';
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
/** One that is upgraded may be gone for as long as it may take the new version to be accepted, and the old one after it. */
const GONE_FOR_UPGRADE_SECONDS = 10 * 60;

/** New events that are kept for a caller who is still told the old ones. */
const MOST_WAITING = 1000;

const text = (params: JsonMap, name: string): string => {
  const value = params[name];
  if (typeof value !== 'string' || value === '') throw controlErrors.badRequest({ reason: `'${name}' is missing` });
  return value;
};
const map = (value: Json | undefined): JsonMap => (isMap(value) ? (value as JsonMap) : {});
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** Everything that may be asked over the control socket, by name; `access/guard.ts` stands before it. */
export function controlMethods(parts: ControlParts): Readonly<Record<string, ControlMethod>> {
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
    targets: async (params, { asker }) => {
      const target = targetIn(params);
      const wish = { side: 'control', fun: 'targets' } as const;
      if (!asker.may(wish)) await asker.act(wish, async () => {});
      const { minions, unknown, missing, byPillar } = parts.publisher.meant(target);
      return asker.act({ ...wish, byPillar, about: aboutTarget(target.tgt, byPillar) }, async () => {
        const away = minions.filter((id) => parts.notConnected(id) !== undefined);
        return { minions: [...minions], away, unknown: [...unknown], missing: [...missing] };
      });
    },
    exec: async (params, call) => exec(parts, params, call),
    run: async (params, call) => run(runners, params, call),
    'run.functions': async ({ fun }) => {
      const functions = await (fun === undefined ? runners.listAll() : runners.about(functionOf(asText(fun)).fun));
      return functions.map(({ takes, ...one }) => ({ ...one, takes: [...takes] }));
    },
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

/** Sends every event from `since` on whose tag matches, until the caller is gone: those of the log as fast as it reads. */
async function listen(bus: EventBus, params: JsonMap, { signal, emit, taken }: ControlCall): Promise<Json> {
  const matches = fnmatch(typeof params.tag === 'string' ? params.tag : '*');
  let sent = typeof params.since === 'number' ? params.since - 1 : bus.head();
  const send = (event: BusEvent): void => {
    if (event.seq <= sent) return;
    sent = event.seq;
    if (matches(event.tag)) emit({ seq: event.seq, tag: event.tag, data: event.data });
  };
  // New ones wait until the old ones are told; when too many do, the log is read on.
  let waiting: BusEvent[] | undefined = [];
  let isComplete = true;
  const end = bus.subscribe((event) => {
    if (!waiting) send(event);
    else if (waiting.length < MOST_WAITING) waiting.push(event);
    else isComplete = false;
  });
  try {
    do {
      waiting = [];
      isComplete = true;
      for await (const event of bus.history(sent)) {
        if (signal.aborted) return null;
        send(event);
        await taken();
      }
    } while (!isComplete);
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

function targetIn(params: JsonMap) {
  const { delimiter } = params;
  return {
    tgt: text(params, 'tgt'),
    tgt_type: text(params, 'tgt_type'),
    ...(typeof delimiter === 'string' && delimiter !== '' && { delimiter }),
  };
}

/** The job that is asked for, and how many seconds minions have to take it. */
function aim({ publisher, timeoutSeconds }: ControlParts, params: JsonMap, user: string) {
  const seconds = typeof params.timeout === 'number' ? params.timeout : timeoutSeconds;
  const request = {
    ...targetIn(params),
    fun: text(params, 'fun'),
    arg: list(params.arg),
    kwarg: map(params.kwarg),
    ...(isMap(params.metadata) && { metadata: params.metadata as JsonMap }),
  };
  const resolved = publisher.resolve(request, { user, takeWithinMs: seconds * 1000 });
  return { resolved, seconds, byPillar: publisher.meant(request).byPillar };
}

/** Publishes a job, if it may be on all of its minions. Raises `TS_ACCESS_...`, `TS_CONTROL_NO_MINION`. */
async function publish(parts: ControlParts, params: JsonMap, asker: Asker): Promise<{ job: Job; seconds: number }> {
  const tgt = text(params, 'tgt');
  const wish = { side: 'minion', fun: text(params, 'fun'), args: list(params.arg), kwargs: map(params.kwarg) } as const;
  // A target may take long to read: nobody has it read for what they may run nowhere.
  if (!asker.may(wish)) await asker.act({ ...wish, about: aboutUnread(tgt, params) }, async () => {});
  const { resolved, seconds, byPillar } = aim(parts, params, asker.user);
  const { minions } = resolved;
  return asker.act({ ...wish, minions, byPillar, about: aboutTarget(tgt, byPillar) }, async (outcome) => {
    if (minions.length === 0) throw controlErrors.noMinion({ tgt }, { hint: hintFor(resolved.tgt_type) });
    const job = await parts.publisher.publish(resolved);
    outcome.jid = job.jid;
    return { job, seconds };
  });
}

/** Calls a function of the master: as what it was allowed, a runner or a wheel function, it is called. */
async function run(runners: Runners, params: JsonMap, { asker, emit }: ControlCall): Promise<Json> {
  const { fun, client } = functionOf(asText(params.fun));
  const isOf = (client: Client): boolean => runners.list(client).some((one) => one.name === fun);
  // What is in neither list is one of the operator's own runners, or nothing.
  const isWheel = client === 'wheel' || (client === undefined && isOf('wheel') && !isOf('runner'));
  const [args, kwargs] = [list(params.arg), map(params.kwarg)];
  const waits = params.wait !== false;
  return asker.act({ side: isWheel ? 'wheel' : 'runner', fun, args, kwargs }, async (outcome) => {
    if (!waits && !runners.begins(fun) && (isWheel || runners.knows(fun))) throw runnerErrors.notBegun({ fun });
    return runners.call(
      { fun, arg: args, kwarg: kwargs, ...(isWheel ? { client: 'wheel' } : client && { client }) },
      {
        user: asker.user,
        waits,
        permit: (deed) => asker.permit(deed),
        began: (jid) => {
          outcome.jid = jid;
          emit({ jid });
        },
      },
    );
  });
}

/** A function, and where it is said, as reactions and rules do, whose it is: `wheel.key.list_all`. */
function functionOf(name: string): { readonly fun: string; readonly client?: Client } {
  const [, client, fun] = /^(runner|wheel)\.(\w+\.\w+)$/.exec(name) ?? [];
  return fun === undefined ? { fun: name } : { fun, client: client === 'wheel' ? 'wheel' : 'runner' };
}

/** A target, for the audit log: one that is by pillar holds what may be a secret. */
function aboutTarget(tgt: string, byPillar: boolean): string {
  return byPillar ? '(by pillar)' : tgt;
}

/** The same for one that was not read: of these kinds none is by pillar. */
function aboutUnread(tgt: string, params: JsonMap): string | undefined {
  return ['glob', 'list', 'pcre'].includes(text(params, 'tgt_type')) ? tgt : undefined;
}

/** Publishes a job and tells how it ends on each minion, as it happens; with `progress`, where its state runs are, too. */
async function exec(parts: ControlParts, params: JsonMap, { asker, signal, emit }: ControlCall): Promise<Json> {
  const { jobs, notConnected, clock } = parts;
  const { job, seconds } = await publish(parts, params, asker);
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
    const patience = job.fun === UPDATE ? GONE_FOR_UPGRADE_SECONDS : GONE_SECONDS;
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
      if (pair?.state === 'queued' || goneFor > patience) return stop();
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
