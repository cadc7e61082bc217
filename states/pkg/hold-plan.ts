import type { StepResult } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Outcome, type Plan } from '../../lib/contracts/state.ts';
import { holdChanges, holdComments, type Holds } from './holds.ts';
import type { PackagesFacts } from './facts.ts';

/** The plan of `pkg.held` and `pkg.unheld`. `nothing`: what to say where all is as it should be. */
export function planHolding(holds: Holds, facts: PackagesFacts, nothing: string): Plan {
  const names = [...holds.hold, ...holds.unhold];
  if (names.length === 0) return alreadyRight(nothing);
  if (facts.unchangeable !== undefined) return impossible(`Can't change ${names.join(', ')}: ${facts.unchangeable}`);
  return {
    changes: holdChanges(holds, {}),
    comment: [
      ...holds.hold.map((name) => `The following package would be held: ${name}`),
      ...holds.unhold.map((name) => `The following package would be unheld: ${name}`),
    ].join('\n'),
    done: holdComments(holds, 'done').join('\n'),
    steps: [{ do: 'packages', install: [], remove: [], ...holds }],
  };
}

/** A hold changes no version: all is said by the plan. */
export function reportHolding(plan: Plan, results: readonly StepResult[]): Outcome {
  const failed = results.flatMap((result) => (result.did === 'packages' ? (result.failed ?? []) : []));
  return failed.length === 0
    ? { result: true, changes: plan.changes, comment: plan.done ?? plan.comment }
    : { result: false, changes: {}, comment: failed.join('\n') };
}
