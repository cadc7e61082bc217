import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Reading } from '../../lib/contracts/machine.ts';
import type { MinionEnding, MinionJob, Targets } from '../../lib/contracts/orchestration.ts';
import { alreadyRight, impossible, type Outcome, type Plan, type StateFunction } from '../../lib/contracts/state.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import { asText, type JsonMap } from '../../lib/json.ts';

/* What `salt.state` and `salt.function` have in common: a job for minions, from its target to who may fail. */

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const minionArgs = {
  tgt: v.union([v.string(), v.array(v.string())]),
  tgt_type: v.optional(v.string(), 'glob'),
  /** Seconds that a minion has to take the job. */
  timeout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400))),
  /** Only so many of the minions that are meant, at random: those that are connected first. */
  subset: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
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

interface Facts {
  readonly targets: Targets;
  /** Of a test run on the minions, in test mode. */
  readonly rehearsal?: readonly MinionEnding[] | undefined;
}

/** How the job ended on one minion, and why that is a failure: undefined where it is none. */
export type Judged = MinionEnding & { readonly why: string | undefined };

/** How the job ended, and what to say of all who failed. */
export interface Judgement {
  /** On each minion that has answered, or had to. */
  readonly endings: readonly Judged[];
  /** Minions that must not have failed, or be silent. */
  readonly failed: readonly string[];
  readonly isFailure: boolean;
  /** A line for each that failed. */
  readonly lines: readonly string[];
}

/** What one kind of job for minions has of its own. */
export interface MinionWork<Given extends MinionArgs> {
  /** Salt's words where the target means nobody. */
  readonly nobody: string;
  /** What minions are to run. */
  order(given: Given): Pick<MinionJob, 'fun' | 'arg' | 'kwarg'>;
  /** The same, so that it changes nothing; without it, it can't be tried. */
  rehearsal?(given: Given): Pick<MinionJob, 'fun' | 'arg' | 'kwarg'>;
  /** Why an answer is a failure; undefined where it is none. */
  whyFailed(ending: MinionEnding): string | undefined;
  /** What test mode says where nothing was tried. `who`: the minions. */
  planned(given: Given, who: string): Pick<Plan, 'comment' | 'warnings'>;
  told(given: Given, judgement: Judgement, isTest: boolean): Outcome;
}

/** The parts of a state that has minions do something. They raise `TS_ORCHESTRATION_MASTER_ONLY`, `TS_TARGET_...`. */
export function onMinions<Given extends MinionArgs>(work: MinionWork<Given>) {
  const parts = {
    reads: [],
    async read(given: Given, { master }: Reading): Promise<Facts> {
      if (!master) throw orchestrationErrors.masterOnly(undefined);
      const targets = await master.targets(given.tgt, given.tgt_type);
      if (!work.rehearsal || !master.rehearse || targets.minions.length === 0) return { targets };
      return { targets, rehearsal: await master.rehearse(jobOf(given, work.rehearsal(given))) };
    },
    plan(given: Given, facts: Facts): Plan {
      const nobody = planForNobody(given, facts, work.nobody);
      if (nobody) return nobody;
      const steps = [{ do: 'publish', job: jobOf(given, work.order(given)) }] as const;
      if (!facts.rehearsal)
        return { changes: {}, ...work.planned(given, whoOf(given, facts)), steps, unknownUntilRun: true };
      const { result, changes, comment } = work.told(given, judged(given, facts.rehearsal, work), true);
      return { changes, comment, steps: result === null ? steps : [], impossible: result === false };
    },
    report(_: Plan, results, given: Given): Outcome {
      const endings = results.flatMap((result) => (result.did === 'publish' ? result.endings : []));
      return work.told(given, judged(given, endings, work), false);
    },
  } satisfies Pick<StateFunction<never, Facts>, 'reads' | 'read' | 'plan' | 'report'>;
  return parts;
}

function jobOf(given: MinionArgs, order: Pick<MinionJob, 'fun' | 'arg' | 'kwarg'>): MinionJob {
  const { tgt, tgt_type, timeout, subset, batch, fail_minions: forgiven, allow_fail: tolerated } = given;
  return {
    tgt,
    tgt_type,
    ...order,
    ...(timeout === undefined ? {} : { timeout }),
    ...(subset === undefined ? {} : { subset }),
    ...(batch === undefined ? {} : { batch }),
    tolerated,
    forgiven,
  };
}

/** The plan where the target means nobody; undefined where it means somebody. */
function planForNobody(
  { tgt, subset, expect_minions: expected }: MinionArgs,
  { targets }: Facts,
  complaint: string,
): Plan | undefined {
  // Of those who are not there, nobody is chosen.
  if (targets.minions.length > 0 || (expected && subset === undefined && targets.missing.length > 0)) return undefined;
  const why = `no accepted minion matches ${JSON.stringify(tgt)}`;
  return expected ? impossible(`${complaint}: ${why}`) : alreadyRight(`Nothing to do: ${why}`);
}

function whoOf({ subset }: MinionArgs, { targets: { minions } }: Facts): string {
  const all = minions.join(', ');
  return subset === undefined || subset >= minions.length ? all : `${subset} of ${all}`;
}

function judged<Given extends MinionArgs>(
  given: Given,
  all: readonly MinionEnding[],
  work: MinionWork<Given>,
): Judgement {
  const failed: string[] = [];
  const lines: string[] = [];
  const endings: Judged[] = [];
  for (const ending of all) {
    if (!ending.answered && !given.expect_minions) continue;
    const why = ending.answered ? work.whyFailed(ending) : `no answer: ${ending.reason ?? 'nobody knows why'}`;
    endings.push({ ...ending, why });
    if (why === undefined) continue;
    const isForgiven = given.fail_minions.includes(ending.id);
    if (!isForgiven) failed.push(ending.id);
    lines.push(`${ending.id}: ${why}${isForgiven ? ' (it may fail)' : ''}`);
  }
  return { endings, failed, isFailure: failed.length > given.allow_fail, lines };
}

/** What minions returned, by their ids: `false` of those that gave no answer. */
export function returnsOf(endings: readonly MinionEnding[]): JsonMap {
  return Object.fromEntries(endings.map((one) => [one.id, one.answered ? one.return : false]));
}

/** The first line of what somebody said. */
export function firstLine(said: unknown): string {
  return asText(said).trim().split('\n', 1)[0]?.slice(0, 500) ?? '';
}
