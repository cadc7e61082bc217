import type { Clock } from '../clock.ts';
import type { Json, JsonMap } from '../json.ts';
import type { Log } from '../log.ts';
import type { JobOutcome, PublishRequest } from './reactor.ts';

/*
 * Runners of an operator's own: one file of `_runners/`, whose default export is a map from names of functions to runners.
 */

/** What a runner may do. */
export interface RunnerContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Another runner, or a wheel function. */
  call(client: 'runner' | 'wheel', fun: string, kwarg?: JsonMap, arg?: readonly Json[]): Promise<Json>;
  /** Publishes a job; minions have an hour to take it. */
  publish(request: PublishRequest): Promise<{ jid: string; minions: string[] }>;
  /** Resolves when that minion has returned, or never will. */
  outcome(jid: string, id: string): Promise<JobOutcome>;
  fire(tag: string, data: JsonMap): Promise<void>;
}

/** A function of the master. Named arguments win over positional ones of the same place. */
export interface CustomRunner {
  readonly summary: string;
  /** Names of its arguments, in the order they may be given by place. */
  readonly takes: readonly string[];
  /** How many of them it can't do without. */
  readonly needs?: number;
  run(args: JsonMap, context: RunnerContext): unknown;
}

/** Keeps the types of one runner; gives it back as it is. */
export function defineRunner(runner: CustomRunner): CustomRunner {
  return runner;
}
