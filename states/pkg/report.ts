import type { StepResult } from '../../lib/contracts/machine.ts';
import type { Outcome, Plan } from '../../lib/contracts/state.ts';

/** What a transaction really changed, dependencies included, and the package manager's own words where it failed. */
export function reportPackages(plan: Plan, results: readonly StepResult[]): Outcome {
  const done = results.filter((result) => result.did === 'packages');
  const changes = Object.assign({}, ...done.map(({ changed }) => changed)) as Outcome['changes'];
  const failures = done.flatMap(({ failed }) => failed ?? []);
  return failures.length === 0
    ? { result: true, changes, comment: plan.done ?? plan.comment }
    : { result: false, changes, comment: failures.join('\n') };
}
