import type { JsonMap } from '../json.ts';

/** What is known of a minion when it is asked whether it is meant. What is not known is left out, and matches nothing. */
export interface TargetFacts {
  readonly id: string;
  readonly grains?: JsonMap | undefined;
  readonly pillar?: JsonMap | undefined;
}

/** Yes, no, or undefined: it can't be told. `not` of what can't be told can't be told either. */
export type Verdict = boolean | undefined;

export type Matcher = (facts: TargetFacts) => Verdict;
