import type { Json, JsonMap } from '../json.ts';

/*
 * What the states of an orchestration (`salt.state`, `salt.runner`, ...) see of the master and have it do. All of it is
 * JSON: an orchestration runs in a process of its own.
 */

/** A job for minions. */
export interface MinionJob {
  readonly tgt: string | readonly string[];
  readonly tgt_type: string;
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
  /** Seconds that a minion has to take it; the master's `timeout` when undefined. */
  readonly timeout?: number | undefined;
  /** Only so many of the minions that are meant, at random: those that are connected first. */
  readonly subset?: number | undefined;
  /** How many minions at a time: a number, or a part of all (`25%`). */
  readonly batch?: string | undefined;
  /** No further batch is begun once more than so many of the minions outside `forgiven` have failed. */
  readonly tolerated: number;
  readonly forgiven: readonly string[];
}

/** How a job ended on one minion. */
export interface MinionEnding {
  readonly id: string;
  /** False: there is no answer, and `reason` says why. */
  readonly answered: boolean;
  readonly reason?: string | undefined;
  readonly success: boolean;
  readonly retcode: number;
  readonly return: Json;
}

/** A function of the master itself. */
export interface MasterCall {
  readonly client: 'runner' | 'wheel';
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
}

/** What a call gave, or why it failed. */
export interface MasterAnswer {
  readonly answer: Json;
  /** It was too large, and `answer` has its gist. */
  readonly isCut?: boolean;
  readonly error?: string | undefined;
}

/** Publishes a job and waits until it has ended everywhere. */
export type PublishStep = { readonly do: 'publish'; readonly job: MinionJob };
/** Calls functions of the master, all at once. */
export type MasterCallStep = { readonly do: 'master'; readonly calls: readonly MasterCall[] };
/** Waits until each of `ids` was in the `field` of an event whose tag fits. */
export type AwaitStep = {
  readonly do: 'await';
  /** A glob. */
  readonly tag: string;
  readonly ids: readonly string[];
  readonly field: string;
  /** Seconds. */
  readonly timeout: number;
};

/** What only a master can do. */
export type MasterStep = PublishStep | MasterCallStep | AwaitStep;

export type MasterStepResult =
  | { readonly did: 'publish'; readonly endings: readonly MinionEnding[] }
  | { readonly did: 'master'; readonly answers: readonly MasterAnswer[] }
  /** `seconds`: how long it took. */
  | { readonly did: 'await'; readonly seen: readonly string[]; readonly seconds: number };

/** The minions that a target means now, and names in a list that no accepted minion has. */
export interface Targets {
  readonly minions: readonly string[];
  readonly missing: readonly string[];
}

/** What states may read of a master. */
export interface MasterView {
  /** Raises `TS_TARGET_...` for a target that can't be read. */
  targets(tgt: string | readonly string[], type: string): Promise<Targets>;
  /** In test mode: has minions do a test run, which changes nothing, and tells how it ended. */
  readonly rehearse?: ((job: MinionJob) => Promise<readonly MinionEnding[]>) | undefined;
}

/** The steps that only a master can do, by their `do`. */
export function isMasterStep<Other extends { readonly do: string }>(step: Other | MasterStep): step is MasterStep {
  return step.do === 'publish' || step.do === 'master' || step.do === 'await';
}
