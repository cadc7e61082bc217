import * as v from 'valibot';
import type { Finding } from '../config/option.ts';
import { didYouMean, type ErrorDetails } from '../errors/error.ts';
import { mineErrors } from '../errors/mine.ts';
import { nearest } from '../nearest.ts';
import { problemOfTarget } from '../target/target.ts';

/** One rule of `mine_access`. */
export interface MineRule {
  /** A compound target: the minions that may. */
  readonly who: string;
  /** Globs of the entries that they may read. */
  readonly may: readonly string[];
  /** A compound target: the minions whose entries these are. */
  readonly of: string;
}

const target = v.string('a compound target');
const names = v.string('a glob of entries, or a list of them');

const ruleSchema = v.looseObject(
  {
    // One that is missing is complained of with the place of its rule.
    who: v.optional(target, ''),
    may: v.pipe(
      v.optional(v.union([names, v.array(names)], 'a glob of entries, or a list of them'), []),
      v.transform((may) => [may].flat()),
    ),
    of: v.optional(target, '*'),
  },
  'a rule: a map of who, may and of',
);

export const accessSchema = v.array(ruleSchema, 'a list of rules, such as [{who: lb*, may: network.*, of: web*}]');
const known = ['who', 'may', 'of'];

/** What is wrong inside of rules that have the right shape. */
export function examineRules(rules: readonly MineRule[] | undefined): readonly Finding[] {
  return (rules ?? []).flatMap((rule, at): Finding[] => [
    ...Object.keys(rule)
      .filter((name) => !known.includes(name))
      .map((name) => {
        const hint = didYouMean(nearest(name, known)) ?? `a rule has ${known.join(', ')}`;
        const error = (more?: ErrorDetails) => mineErrors.unknownInRule({ number: at + 1, name }, { hint, ...more });
        return { path: [at, name], ofKey: true, isHarmless: false, error };
      }),
    ...(['who', 'may', 'of'] as const)
      .filter((name) => rule[name].length === 0)
      .map((name) => {
        const error = (more?: ErrorDetails) => mineErrors.missingInRule({ number: at + 1, name }, more);
        return { path: [at], ofKey: false, isHarmless: false, error };
      }),
    ...(['who', 'of'] as const).flatMap((name) => {
      if (rule[name] === '') return [];
      const wrong = problemOfTarget(rule[name], 'compound');
      if (!wrong) return [];
      const { sentence: problem, hint } = wrong;
      const error = (more?: ErrorDetails) => mineErrors.badRule({ number: at + 1, problem }, { hint, ...more });
      return [{ path: [at, name], ofKey: false, isHarmless: false, error }];
    }),
  ]);
}
