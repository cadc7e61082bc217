import type { Clock } from '../lib/clock.ts';
import type { Instance, InstanceState } from '../lib/contracts/instances.ts';
import { instanceErrors } from '../lib/errors/books.ts';
import { parseMinionId } from '../lib/ids.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Store } from '../store/store.ts';
import type { EventBus } from './bus.ts';

/** How one state run on an instance ended. */
export interface RunOutcome {
  readonly jid: string;
  readonly success: boolean;
  /** For a person. */
  readonly reason: string;
  /** ISO time (UTC). */
  readonly at: string;
}

export interface NewInstance {
  readonly id: string;
  readonly provider: string;
  readonly roles: readonly string[];
  readonly handle?: string;
  readonly address?: string;
}

/** The machines we launched. Every move is on disk before its `tsalt/instance/<id>/<state>` is seen. */
export interface Instances {
  /** Records a machine that is about to be launched. Raises `TS_INSTANCE_EXISTS` unless the one of that id is gone. */
  add(instance: NewInstance, reason?: string): Promise<Instance>;
  find(id: string): Instance | undefined;
  /** Sorted by id. */
  list(state?: InstanceState): Instance[];
  /** False when it is that far, or further, already. Raises `TS_INSTANCE_UNKNOWN`. */
  move(
    id: string,
    state: InstanceState,
    reason: string,
    facts?: Pick<NewInstance, 'handle' | 'address'>,
  ): Promise<boolean>;
  /** Keeps the outcome of a state run; the last 20 of each machine are there. */
  ran(id: string, outcome: Omit<RunOutcome, 'at'>): Promise<void>;
  /** The newest last. */
  runs(id: string): readonly RunOutcome[];
  /** Forgets machines that have been gone for `keepMs`. */
  sweep(keepMs: number): Promise<void>;
}

/** What may come after each state. Steps may be left out: a minion can be faster than its provider's answer. */
const after: Readonly<Record<InstanceState, readonly InstanceState[]>> = {
  launched: ['starting', 'configuring', 'ready', 'failed', 'gone'],
  starting: ['configuring', 'ready', 'failed', 'gone'],
  configuring: ['ready', 'failed', 'gone'],
  ready: ['failed', 'gone'],
  // Somebody repaired it and tries again.
  failed: ['configuring', 'gone'],
  gone: [],
};

const RUNS_KEPT = 20;

export interface InstancesOptions {
  readonly store: Store;
  readonly bus: EventBus;
  readonly clock: Clock;
}

/** The built-in instance registry. */
export function instanceRegistry({ store, bus, clock }: InstancesOptions): Instances {
  const bucket = store.bucket<Instance>('instance');
  const outcomes = store.bucket<readonly RunOutcome[]>('instance-runs');
  const now = () => new Date(clock.now()).toISOString();

  async function record(instance: Instance): Promise<void> {
    const { id, state, reason, provider, roles } = instance;
    const data: JsonMap = { id, state, reason, provider, roles: [...roles] };
    await store.commit([bucket.put(id, instance), bus.record({ tag: `tsalt/instance/${id}/${state}`, data })]);
  }

  return {
    async add(instance, reason = 'asked its provider for it') {
      const id = parseMinionId(instance.id);
      const there = bucket.latest(id);
      if (there && there.state !== 'gone') throw instanceErrors.exists({ id, state: there.state });
      const made: Instance = { ...instance, id, state: 'launched', reason, since: now() };
      await record(made);
      return made;
    },
    find: (id) => bucket.get(id),
    list: (state) =>
      bucket
        .scan()
        .map(({ value }) => value)
        .filter((instance) => state === undefined || instance.state === state),
    async move(id, state, reason, facts = {}) {
      const there = bucket.latest(id);
      if (!there) throw instanceErrors.unknown({ id });
      if (!after[there.state].includes(state)) {
        const hasNews = Object.entries(facts).some(([name, value]) => there[name as 'handle' | 'address'] !== value);
        // What the provider said late is still worth keeping.
        if (hasNews) await store.commit([bucket.put(id, { ...there, ...facts })]);
        else await store.settled();
        return false;
      }
      await record({ ...there, ...facts, state, reason, since: now() });
      return true;
    },
    async ran(id, outcome) {
      const kept = [...(outcomes.latest(id) ?? []), { ...outcome, at: now() }].slice(-RUNS_KEPT);
      await store.commit([outcomes.put(id, kept)]);
    },
    runs: (id) => outcomes.get(id) ?? [],
    async sweep(keepMs) {
      const oldest = new Date(clock.now() - keepMs).toISOString();
      const gone = bucket.scan().filter(({ value }) => value.state === 'gone' && value.since < oldest);
      if (gone.length > 0) await store.commit(gone.flatMap(({ key }) => [bucket.delete(key), outcomes.delete(key)]));
    },
  };
}
