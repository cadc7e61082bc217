import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { whyFixed, writeJob, type JobFacts } from './jobs.ts';

/** The plan of whether a job runs. */
export function planEnabled(name: string, enabled: boolean, facts: JobFacts): Plan {
  const word = enabled ? 'enabled' : 'disabled';
  const job = facts.own ?? facts.elsewhere;
  if (facts.file.problem === undefined && job === undefined) return impossible(`Job ${name} not present in schedule`);
  if (job !== undefined && (job['enabled'] ?? true) === enabled)
    return alreadyRight(`Job ${name} is already ${word} in schedule`);
  const fixed = whyFixed(facts, name);
  if (fixed !== undefined) return impossible(fixed);
  return {
    changes: { [name]: word },
    comment: `Job: ${name} would be ${word} in schedule.`,
    done: `${enabled ? 'Enabled' : 'Disabled'} job ${name} from schedule`,
    steps: writeJob(facts, name, { ...job, enabled }),
  };
}
