import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Reading, StepResult } from '../../lib/contracts/machine.ts';
import type { MinionEnding, MinionJob, Targets } from '../../lib/contracts/orchestration.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import { asText } from '../../lib/json.ts';

/* What `salt.state` and `salt.function` have in common: a job for minions, and who may fail. */

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const minionArgs = {
  tgt: v.union([v.string(), v.array(v.string())]),
  tgt_type: v.optional(v.string(), 'glob'),
  /** Seconds that a minion has to take the job. */
  timeout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400))),
  /** How many minions at a time: a number, or a part of all. */
  batch: v.optional(
    v.pipe(
      v.union([v.string(), v.number()], "a number, or a part such as '25%'"),
      v.transform(String),
      v.regex(/^[1-9]\d{0,5}%?$/, "a number from 1, or a part such as '25%'"),
    ),
  ),
  /** False: nobody has to be there, and to answer. */
  expect_minions: arg.flag(true),
  /** Minions that may fail. */
  fail_minions: v.optional(
    v.pipe(
      v.union([v.string(), v.array(v.string())]),
      v.transform((given) => (typeof given === 'string' ? given.split(',').map((id) => id.trim()) : given)),
    ),
    [],
  ),
  /** How many others may fail. */
  allow_fail: v.optional(count, 0),
};

const schema = v.object(minionArgs);
export type MinionArgs = v.InferOutput<typeof schema>;

export interface MinionFacts {
  readonly targets: Targets;
  /** Of a test run on the minions, in test mode. */
  readonly rehearsal?: readonly MinionEnding[] | undefined;
}

/** Who is meant. Raises `TS_ORCHESTRATION_MASTER_ONLY`, `TS_TARGET_...`. */
export async function targetsOf({ tgt, tgt_type: type }: MinionArgs, { master }: Reading): Promise<Targets> {
  if (!master) throw orchestrationErrors.masterOnly(undefined);
  return master.targets(tgt, type);
}

/** The job, for who is meant and who may fail. */
export function jobOf(given: MinionArgs, what: Pick<MinionJob, 'fun' | 'arg' | 'kwarg'>): MinionJob {
  const { tgt, tgt_type, timeout, batch, fail_minions: forgiven, allow_fail: tolerated } = given;
  return {
    tgt,
    tgt_type,
    ...what,
    ...(timeout === undefined ? {} : { timeout }),
    ...(batch === undefined ? {} : { batch }),
    tolerated,
    forgiven,
  };
}

/** The plan where the target means nobody; undefined where it means somebody. `complaint` is Salt's. */
export function planForNobody(
  { tgt, expect_minions: expected }: MinionArgs,
  { targets }: MinionFacts,
  complaint: string,
): Plan | undefined {
  if (targets.minions.length > 0 || (expected && targets.missing.length > 0)) return undefined;
  const why = `no accepted minion matches ${JSON.stringify(tgt)}`;
  return expected ? impossible(`${complaint}: ${why}`) : alreadyRight(`Nothing to do: ${why}`);
}

/** How it ended on each minion. */
export function endingsOf(results: readonly StepResult[]): readonly MinionEnding[] {
  return results.flatMap((result) => (result.did === 'publish' ? result.endings : []));
}

/** Who failed beyond what was allowed, and what to say of all who failed. */
export interface Judgement {
  /** Minions that must not have failed, or be silent. */
  readonly failed: readonly string[];
  readonly isFailure: boolean;
  /** A line for each that failed. */
  readonly lines: readonly string[];
}

/** `whyFailed`: why an answer is a failure; undefined where it is none. */
export function judged(
  given: MinionArgs,
  endings: readonly MinionEnding[],
  whyFailed: (ending: MinionEnding) => string | undefined,
): Judgement {
  const failed: string[] = [];
  const lines: string[] = [];
  for (const ending of endings) {
    if (!ending.answered && !given.expect_minions) continue;
    const why = ending.answered ? whyFailed(ending) : `no answer: ${ending.reason ?? 'nobody knows why'}`;
    if (why === undefined) continue;
    const isForgiven = given.fail_minions.includes(ending.id);
    if (!isForgiven) failed.push(ending.id);
    lines.push(`${ending.id}: ${why}${isForgiven ? ' (it may fail)' : ''}`);
  }
  return { failed, isFailure: failed.length > given.allow_fail, lines };
}

/** The first line of what somebody said. */
export function firstLine(said: unknown): string {
  return asText(said).trim().split('\n', 1)[0]?.slice(0, 500) ?? '';
}
