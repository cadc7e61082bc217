import type { StepResult } from '../../lib/contracts/machine.ts';
import type { Changes, Outcome, Plan } from '../../lib/contracts/state.ts';
import { holdChanges } from './holds.ts';

/** What a transaction really changed, dependencies included, and the package manager's own words where it failed. */
export function reportPackages(plan: Plan, results: readonly StepResult[]): Outcome {
  const done = results.filter((result) => result.did === 'packages');
  const changes = Object.assign({}, ...done.map(({ changed }) => changed)) as Outcome['changes'];
  const failures = done.flatMap(({ failed }) => failed ?? []);
  return failures.length === 0
    ? { result: true, changes, comment: plan.done ?? plan.comment }
    : { result: false, changes, comment: failures.join('\n') };
}

/** The same with what was installed over itself, and what is held now. */
export function reportInstalled(plan: Plan, results: readonly StepResult[]): Outcome {
  const outcome = reportPackages(plan, results);
  const step = plan.steps.find((one) => one.do === 'packages');
  if (!step || !outcome.result) return outcome;
  const { hold = [], unhold = [], reinstall, install } = step;
  const again: Changes = {};
  if (reinstall)
    for (const { name, version } of install)
      if (!(name in outcome.changes) && version !== undefined) again[name] = { old: version, new: version };
  return { ...outcome, changes: holdChanges({ hold, unhold }, { ...outcome.changes, ...again }) };
}
