import type { Json, JsonMap } from '../../lib/json.ts';
import type { Caller } from '../orchestrate/steps.ts';

/** A function of the master itself. Named arguments win over positional ones of the same place. */
export interface Runner {
  readonly summary: string;
  /** Names of its arguments, in the order they may be given by place. */
  readonly takes: readonly string[];
  /** Takes named arguments beside those: they come as a map of this name. */
  readonly keywords?: string;
  /** Takes whatever it is given: `args`, a list, and `kwargs`, a map. */
  readonly anything?: boolean;
  /** Takes long: called by who does not wait, it is begun and gives `{jid}`. */
  readonly begins?: boolean;
  /** How many of them it can't do without. */
  readonly needs?: number;
  /** `caller`: who calls, and the reactions that led to it. */
  run(args: JsonMap, caller: Caller): Json | Promise<Json>;
}

/** Functions of the master by name. */
export type RunnerTable = Readonly<Record<string, Runner>>;
