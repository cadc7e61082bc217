import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type {
  AwaitStep,
  MasterAnswer,
  MasterCall,
  MasterStep,
  MasterStepResult,
  MinionEnding,
  MinionJob,
  Targets,
} from '../../lib/contracts/orchestration.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import type { Json } from '../../lib/json.ts';
import { subsetOf } from '../../lib/subset.ts';
import type { EventBus } from '../bus.ts';
import { choosingByPillar, type Deed } from '../access/rules.ts';
import type { Origin } from '../jobs/ledger.ts';
import type { Meant } from '../targeting.ts';
import { awaitEvents, type Began } from './await-events.ts';
import { userOf, type Orchestration, type OrchestrationBook } from './book.ts';
import { answersThatFit } from './gist.ts';
import { runOnMinions, withReturns, type KeptEnding, type MinionJobsParts } from './minion-jobs.ts';

/** Who calls a function of the master, for those that have to know. */
export interface Caller extends Origin {
  /** Whose its jobs are. */
  readonly user?: string | undefined;
  /** Raises `TS_ACCESS_...` for what they may not do: asked by a function that does what its arguments say. */
  readonly permit?: (deed: Deed) => void;
  /** It is done once for this key, however often it is called. */
  readonly once?: string;
  /** False: what takes long is only begun. */
  readonly waits?: boolean;
  /** How many orchestrations have called each other so far. */
  readonly nesting?: number;
  /** Is told the jid of what takes long. */
  readonly began?: (jid: string) => void;
}

export interface StepsParts extends MinionJobsParts {
  readonly book: OrchestrationBook;
  readonly bus: EventBus;
  readonly call: (call: MasterCall, caller: Caller) => Promise<Json>;
  /** Whether a function of the master only looks. */
  readonly reads: (call: MasterCall) => boolean;
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

/** What a template gets that calls a function which does more than look. */
export function notReading({ fun }: Pick<MasterCall, 'fun'>): Error {
  const hint = "a 'salt.runner' or 'salt.wheel' calls it in its turn; a template is rendered before anything is done";
  return orchestrationErrors.notReading({ fun }, { hint });
}

/** What keeps whoever has given the states from doing more by them than they may do themselves. */
export type Permit = NonNullable<Caller['permit']>;

/** The steps of one orchestration, each done once. */
export interface Steps {
  targets(tgt: string | readonly string[], type: string): Targets;
  rehearse(job: MinionJob): Promise<readonly MinionEnding[]>;
  perform(step: MasterStep): Promise<MasterStepResult>;
  /**
   * What a function of the master gives that only looks, for a template: when it is taken up it gives the same, so that the
   * states are the same. Raises `TS_ORCHESTRATION_NOT_READING`, `TS_ORCHESTRATION_READ_FAILED`.
   */
  read(call: MasterCall): Promise<Json>;
}

/** What a step is known by: a step that is the same as another one has a number. */
interface Kept {
  readonly began?: Began;
  /** Those of a target that were taken at random. */
  readonly chosen?: readonly string[];
  readonly result?: KeptResult;
}
type KeptResult =
  | Exclude<MasterStepResult, { did: 'publish' }>
  | { readonly did: 'publish'; readonly endings: readonly KeptEnding[] };

/**
 * What each step came to is on disk before the next one begins, and a job is published for a key that is: an orchestration
 * that is run again under its jid gives the same answers up to where it was, publishes nothing twice, and goes on from
 * there. A call of a function of the master that was under way when the master was killed is made again.
 */
export function stepsOf(orchestration: Orchestration, parts: StepsParts, signal: AbortSignal, permit?: Permit): Steps {
  const { jid, nesting, cause, depth } = orchestration;
  const user = userOf(orchestration);
  const { book, bus, call, clock, jobs, publisher, timeoutSeconds } = parts;
  const origin: Origin = { ...(cause === undefined ? {} : { cause }), ...(depth === undefined ? {} : { depth }) };
  const counts = new Map<string, number>();

  /** Steps that are the same are told apart by how many there were before. */
  function keyOf(what: unknown): string {
    const print = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32);
    const count = (counts.get(print) ?? 0) + 1;
    counts.set(print, count);
    return `${print}-${count}`;
  }

  const keep = (key: string, kept: Kept): Promise<void> =>
    book.keepStep(jid, key, JSON.parse(JSON.stringify(kept)) as Json);

  // Written by `keep` alone.
  const kept = (key: string): Kept => (book.step(jid, key) ?? {}) as unknown as Kept;

  /** The job for those that are taken at random, where it is for some of its target. It is for these ever after. */
  async function forSome(job: MinionJob, key: string): Promise<MinionJob> {
    const { tgt, tgt_type, subset } = job;
    if (subset === undefined) return job;
    const known = kept(key).chosen;
    const { minions } = known ? { minions: known } : publisher.meant({ tgt, tgt_type });
    const away = minions.filter((id) => parts.notConnected(id) !== undefined);
    const chosen = known ?? subsetOf({ minions, away }, subset, parts.random);
    if (!known) await keep(key, { chosen });
    return { ...job, tgt: chosen, tgt_type: 'list' };
  }

  async function publish(job: MinionJob, key: string): Promise<readonly KeptEnding[]> {
    permit?.({ side: 'minion', fun: job.fun, args: job.arg, kwargs: job.kwarg, ...meant(job.tgt, job.tgt_type) });
    const how = { once: `orchestration ${jid} ${key}`, user, origin, timeoutSeconds, signal };
    return runOnMinions(await forSome(job, key), how, parts);
  }

  async function answer(one: MasterCall, once: string): Promise<MasterAnswer> {
    try {
      permit?.({ side: one.client, fun: one.fun, args: one.arg, kwargs: one.kwarg });
      const caller = { ...origin, user, once, nesting: nesting + 1, ...(permit && { permit }) };
      return { answer: await call(one, caller) };
    } catch (thrown) {
      signal.throwIfAborted();
      return { answer: null, error: messageOf(thrown) };
    }
  }

  async function wait(step: AwaitStep, key: string, known: Began | undefined): Promise<MasterStepResult> {
    const began = known ?? { event: bus.head(), at: clock.now() };
    if (!known) await keep(key, { began });
    const seen = await awaitEvents(step, began, { bus, clock, signal });
    return { did: 'await', seen, seconds: Math.round(clock.now() - began.at) / 1000 };
  }

  async function perform(step: MasterStep, key: string, began: Began | undefined): Promise<KeptResult> {
    if (step.do === 'publish') return { did: 'publish', endings: await publish(step.job, key) };
    if (step.do === 'await') return wait(step, key, began) as Promise<KeptResult>;
    const answers = step.calls.map((one, index) => answer(one, `orchestration ${jid} ${key} ${index}`));
    return { did: 'master', answers: answersThatFit(await Promise.all(answers)) };
  }

  async function performOnce(step: MasterStep): Promise<MasterStepResult> {
    const key = keyOf(step);
    const { result: known, began } = kept(key);
    const result = known ?? (await perform(step, key, began));
    if (!known) await keep(key, { result });
    return result.did === 'publish' ? { did: 'publish', endings: await withReturns(result.endings, jobs) } : result;
  }

  function meant(tgt: string | readonly string[], type: string): Meant {
    const those = publisher.meant({ tgt, tgt_type: type });
    if (those.byPillar) permit?.(choosingByPillar);
    return those;
  }

  return {
    targets(tgt, type) {
      const { minions, missing } = meant(tgt, type);
      return { minions, missing };
    },
    rehearse: async (job) => withReturns(await publish(job, keyOf(['rehearse', job])), jobs),
    perform: performOnce,
    async read(one) {
      const { fun } = one;
      if (!parts.reads(one)) throw notReading(one);
      const result = await performOnce({ do: 'master', calls: [one] });
      const [given] = result.did === 'master' ? result.answers : [];
      if (!given || given.error !== undefined)
        throw orchestrationErrors.readFailed({ fun, why: given?.error ?? 'it was not called' });
      if (given.isCut) throw orchestrationErrors.readFailed({ fun, why: 'its answer has more than 12 MiB' });
      return given.answer;
    },
  };
}
