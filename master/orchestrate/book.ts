import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import type { Exclusion } from '../../lib/exclusions.ts';
import { isJid, type Jid } from '../../lib/ids.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { runNewEvent, runReturnEvent, type RunFacts } from '../../lib/salt-events.ts';
import type { Change } from '../../store/codec.ts';
import type { Store } from '../../store/store.ts';
import type { EventBus } from '../bus.ts';
import type { Origin } from '../jobs/ledger.ts';
import { MOST_ANSWER_BYTES, shortText } from './gist.ts';

/** What is to be run. */
export interface OrchestrationRequest {
  /** State files; of states that are given, what gave them. */
  readonly mods: readonly string[];
  /** States that are given, and in no file: what a file would have. */
  readonly given?: JsonMap | undefined;
  readonly exclude?: readonly Exclusion[] | undefined;
  readonly saltenv: string;
  readonly test: boolean;
  /** Laid over the master's own pillar. */
  readonly pillar: JsonMap;
  readonly pillarenv?: string | undefined;
}

export interface Orchestration extends OrchestrationRequest, Origin {
  readonly jid: Jid;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** How many orchestrations led to this one by calling each other. */
  readonly nesting: number;
  readonly once?: string | undefined;
  /** Who asked for it, and whose its jobs are. */
  readonly user?: string | undefined;
  /** Once it is over; the event holds the answer. */
  readonly ended?: { readonly retcode: number; readonly event: number; readonly at: number } | undefined;
}

/** Every orchestration, and what each of its steps came to: what it takes to go on with one after the master was killed. */
export interface OrchestrationBook {
  find(jid: string): Orchestration | undefined;
  /** The one that was begun for this key. */
  begunFor(once: string): Orchestration | undefined;
  /** Records it and fires `salt/run/<jid>/new`. */
  begin(orchestration: Orchestration): Promise<void>;
  /** Records that it is over, and fires `salt/run/<jid>/ret` with the answer. */
  end(orchestration: Orchestration, answer: Answer): Promise<void>;
  /** The answer of one that is over; undefined when it is no longer kept. */
  answer(orchestration: Orchestration): Promise<JsonMap | undefined>;
  /** The newest first; those before `before`, at most `limit`. */
  list(options: { readonly before?: string; readonly limit: number }): Orchestration[];
  /** Those that are not over, oldest first. */
  unfinished(): Orchestration[];
  step(jid: Jid, key: string): Json | undefined;
  steps(jid: Jid): number;
  keepStep(jid: Jid, key: string, value: Json): Promise<void>;
  /** Forgets those that ended more than `keepMs` ago. */
  forget(keepMs: number): Promise<void>;
}

/** As Salt's runner gives it. */
export interface Answer extends JsonMap {
  /** The state run, by the id of the master's stand-in. */
  data: JsonMap;
  outputter: 'highstate';
  retcode: number;
}

/** So many are forgotten in one commit. */
const FORGET_AT_ONCE = 100;

export function orchestrationBook(options: {
  readonly store: Store;
  readonly bus: EventBus;
  readonly clock: Clock;
}): OrchestrationBook {
  const { store, bus, clock } = options;
  const all = store.bucket<Orchestration>('orchestration');
  const onces = store.bucket<Jid>('orchestration-once');
  const steps = store.bucket<Json>('orchestration-step');
  const hashed = (once: string): string => createHash('sha256').update(once).digest('hex');

  function returnEvent(orchestration: Orchestration, answer: Answer): Change {
    const { retcode } = answer;
    const record = (given: Answer): Change =>
      bus.record(
        { ...runReturnEvent(factsOf(orchestration), given, retcode === 0), ...origin(orchestration) },
        MOST_ANSWER_BYTES,
      );
    const smaller = [withoutChanges, shortened, withoutStates];
    for (let data = answer.data; ;) {
      try {
        return record({ ...answer, data });
      } catch (thrown) {
        const smallen = smaller.shift();
        if (!smallen || !(thrown instanceof TsaltError) || thrown.code !== 'TS_EVENT_TOO_BIG') throw thrown;
        data = smallen(data);
      }
    }
  }

  return {
    find: (jid) => (isJid(jid) ? all.latest(jid) : undefined),
    begunFor(once) {
      const jid = onces.latest(hashed(once));
      return jid === undefined ? undefined : all.latest(jid);
    },
    async begin(orchestration) {
      const { jid, once } = orchestration;
      await store.commit([
        all.put(jid, orchestration),
        ...(once === undefined ? [] : [onces.put(hashed(once), jid)]),
        bus.record({ ...runNewEvent(factsOf(orchestration)), ...origin(orchestration) }),
      ]);
    },
    async end(orchestration, answer) {
      const { jid } = orchestration;
      const at = clock.now();
      await store.commit([
        returnEvent(orchestration, answer),
        // The event is the record right before.
        all.putNumbered(jid, (number) => ({
          ...orchestration,
          ended: { retcode: answer.retcode, event: number - 1, at },
        })),
        ...steps.scan(`${jid}/`).map(({ key }) => steps.delete(key)),
      ]);
    },
    async answer({ ended }) {
      const event = ended && (await store.event(ended.event));
      const data = event?.['data'];
      return isMap(data) && isMap(data['return']) ? (data['return'] as JsonMap) : undefined;
    },
    list: ({ before, limit }) =>
      all
        .scan('', { reverse: true, limit, ...(before === undefined ? {} : { after: before }) })
        .map(({ value }) => value),
    unfinished: () =>
      all
        .scan()
        .map(({ value }) => value)
        .filter(({ ended }) => !ended),
    step: (jid, key) => steps.latest(`${jid}/${key}`),
    steps: (jid) => steps.scan(`${jid}/`).length,
    async keepStep(jid, key, value) {
      await store.commit([steps.put(`${jid}/${key}`, value)]);
    },
    async forget(keepMs) {
      const oldest = clock.now() - keepMs;
      const old = all.scan().filter(({ value: { ended } }) => ended && ended.at < oldest);
      for (let i = 0; i < old.length; i += FORGET_AT_ONCE) {
        await store.commit(
          old
            .slice(i, i + FORGET_AT_ONCE)
            .flatMap(({ key, value: { once } }) => [
              all.delete(key),
              ...(once === undefined ? [] : [onces.delete(hashed(once))]),
            ]),
        );
      }
    },
  };
}

function origin({ cause, depth }: Orchestration): Origin {
  return { ...(cause === undefined ? {} : { cause }), ...(depth === undefined ? {} : { depth }) };
}

/** Who asked for an orchestration: one that was recorded by an older version does not say it. */
export function userOf({ user, cause }: Orchestration): string {
  return user ?? (cause === undefined ? 'operator' : 'reactor');
}

/** The function that it is, and its arguments, as if it had been called with all of them. */
export function callOf({ mods, given, exclude, saltenv, test, pillar, pillarenv }: OrchestrationRequest): {
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
} {
  return {
    fun: `runner.state.${given ? mods.join(',') : 'orchestrate'}`,
    arg: [given ?? mods.join(',')],
    kwarg: {
      saltenv,
      test,
      pillar,
      ...(exclude === undefined ? {} : { exclude: [...exclude] }),
      ...(pillarenv === undefined ? {} : { pillarenv }),
    },
  };
}

function factsOf(orchestration: Orchestration): RunFacts {
  const { fun, arg, kwarg } = callOf(orchestration);
  return { jid: orchestration.jid, fun, fun_args: [...arg, kwarg], user: userOf(orchestration) };
}

/** What was done, without what was changed by it. */
function withoutChanges(data: JsonMap): JsonMap {
  return ofEachState(data, () => ({ changes: {}, warnings: ['The changes are too large to be kept.'] }));
}

/** Of what is left, comments have their beginnings. */
function shortened(data: JsonMap): JsonMap {
  return ofEachState(data, ({ comment }) =>
    typeof comment === 'string' ? { comment: shortText(comment, 'the rest is too large to be kept') } : {},
  );
}

const withoutStates = (data: JsonMap): JsonMap => ofEachRun(data, () => ['What came of it is too large to be kept.']);

/** With something else in each entry of a state. */
function ofEachState(data: JsonMap, other: (entry: JsonMap) => JsonMap): JsonMap {
  const changed = (entry: Json): Json => ({ ...(entry as JsonMap), ...other(entry as JsonMap) });
  return ofEachRun(data, (run) =>
    isMap(run) ? Object.fromEntries(Object.entries(run).map(([tag, entry]) => [tag, changed(entry)])) : run,
  );
}

function ofEachRun(data: JsonMap, other: (run: Json) => Json): JsonMap {
  return Object.fromEntries(Object.entries(data).map(([id, run]) => [id, other(run)]));
}
