import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { jobAt, whyFixed, writeEntry, type KeptSchedule } from '../../lib/schedule/kept.ts';

/** The plan of whether a job runs. */
export function planEnabled(name: string, enabled: boolean, facts: KeptSchedule): Plan {
  const word = enabled ? 'enabled' : 'disabled';
  const job = jobAt(facts, name);
  if (facts.file.problem === undefined && job === undefined) return impossible(`Job ${name} not present in schedule`);
  if (job !== undefined && (job['enabled'] ?? true) === enabled)
    return alreadyRight(`Job ${name} is already ${word} in schedule`);
  const fixed = whyFixed(facts, name);
  if (fixed !== undefined) return impossible(fixed);
  return {
    changes: { [name]: word },
    comment: `Job: ${name} would be ${word} in schedule.`,
    done: `${enabled ? 'Enabled' : 'Disabled'} job ${name} from schedule`,
    steps: writeEntry(facts.file, name, { ...job, enabled }),
  };
}
