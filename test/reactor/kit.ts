import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import type { BusEvent, NewEvent } from '../../lib/contracts/events.ts';
import type { PublishRequest, Reactor, ReactorContext } from '../../lib/contracts/reactor.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { parseTag } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import { startReactorEngine, type ReactorEngineOptions } from '../../master/reactor/engine.ts';
import type {
  Decision,
  EventSource,
  ReactionRecord,
  ReactionStore,
  ReactorPowers,
} from '../../master/reactor/types.ts';

/** Events in a file, a line each: on "disk" as soon as they are fired. Readable by the next process. */
export function fileEvents(file: string): EventSource & { all(): BusEvent[] } {
  const events: BusEvent[] = linesOf(file).map((line) => line as unknown as BusEvent);
  const listeners = new Set<(event: BusEvent) => void>();
  return {
    all: () => [...events],
    head: () => events.at(-1)?.seq ?? 0,
    async read(after, limit) {
      return events.slice(after, after + limit);
    },
    async *history(after) {
      yield* events.slice(after);
    },
    first: () => 1,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async fire({ tag, data, cause, depth = 0 }: NewEvent) {
      const seq = events.length + 1;
      const event: BusEvent = { seq, tag: parseTag(tag), data, depth, ...(cause === undefined ? {} : { cause }) };
      events.push(event);
      if (file) appendFileSync(file, `${JSON.stringify(event)}\n`);
      for (const listener of listeners) listener(event);
      return event;
    },
  };
}

export function fileStore(file: string): ReactionStore & { records: JsonMap[] } {
  const records = linesOf(file);
  return {
    records,
    async append(...more) {
      records.push(...more);
      if (file) appendFileSync(file, more.map((record) => `${JSON.stringify(record)}\n`).join(''));
      return records.length - 1;
    },
    async *replay() {
      for (const [position, record] of records.entries()) yield { position, record };
    },
    async trim() {},
  };
}

/** What became of an event at the reactor `r`, after one attempt. */
export const recordOf = (event: number, decision: Decision): ReactionRecord => ({
  event,
  decision,
  reactor: 'r',
  attempts: 1,
  ms: 0,
  at: '',
  did: [],
});

function linesOf(file: string): JsonMap[] {
  if (!file || !existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as JsonMap);
}

export interface Published extends PublishRequest {
  readonly jid: string;
}

/** The rest of a master as far as reactions see it: a job ledger that knows each key once, runners that answer. */
export function fakePowers(overrides: Partial<ReactorPowers> = {}) {
  const published: Published[] = [];
  const known = new Map<string, string>();
  const called: { fun: string; arg: readonly Json[]; kwarg: JsonMap }[] = [];
  let jids = 0;
  const powers: ReactorPowers = {
    jobs: {
      async publish(once, request) {
        const jid = known.get(once) ?? String(20_261_120_000_000_000_000n + BigInt(++jids));
        if (!known.has(once)) published.push({ jid, ...request });
        known.set(once, jid);
        return { jid, minions: [] };
      },
      delivered: () => Promise.resolve(true),
      outcome: (jid, id) => Promise.resolve({ jid, id, state: 'returned', return: {}, success: true, retcode: 0 }),
    },
    async call(client, fun, arg, kwarg) {
      called.push({ fun: `${client}.${fun}`, arg, kwarg });
      return true;
    },
    keys: { accept: async () => true, reject: async () => true, tokenOf: () => 'good' },
    instances: { find: () => undefined, moved: async () => {}, ran: async () => {} },
    ...overrides,
  };
  return { powers, published, called };
}

/** A reactor made of a function; tries often and quickly. */
export function reactorOf(react: Reactor['react'], more: Partial<Reactor> = {}): Reactor {
  return {
    name: 'test',
    summary: 'for a test',
    timeoutMs: 60_000,
    retry: { tries: 3, firstMs: 1, longestMs: 5 },
    react,
    ...more,
  };
}

export interface Rig extends Partial<ReactorEngineOptions> {
  readonly reactors: Readonly<Record<string, Reactor>>;
}

/** An engine whose files are the given reactors, each matching by its tag glob: `{'a/*': [name, ...]}`. */
export async function rig(globs: Readonly<Record<string, string[]>>, { reactors, ...more }: Rig) {
  const events = fileEvents('');
  const store = fileStore('');
  const options: ReactorEngineOptions = {
    entries: Object.entries(globs).map(([tag, files]) => ({ tag, files })),
    open: async (file) => reactors[file] ?? Promise.reject(new Error(`no reactor ${file}`)),
    events,
    store,
    powers: fakePowers().powers,
    clock: systemClock,
    log: silent,
    ...more,
  };
  const engine = await startReactorEngine(options);
  return { engine, events: options.events as ReturnType<typeof fileEvents>, store, options };
}

export type { ReactorContext };

/** Resolves when `condition` holds; rejects after `ms`. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not so after ${ms} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
