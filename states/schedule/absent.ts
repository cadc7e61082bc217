import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { jobName, readJob, whyFixed, writeJob } from './jobs.ts';

export default defineState({
  summary: "The minion's schedule has no job of this name.",
  example: `
stay-as-you-are:
  schedule.absent: []
`,
  args: v.strictObject({ name: jobName }),
  reads: ['files'],
  read: readJob,
  plan({ name }, facts) {
    if (facts.own === undefined && facts.elsewhere === undefined && facts.file.problem === undefined)
      return alreadyRight(`Job ${name} not present in schedule`);
    const fixed = whyFixed(facts, name);
    if (fixed !== undefined) return impossible(fixed);
    return {
      changes: { [name]: 'removed' },
      comment: `Job: ${name} would be deleted from schedule.`,
      done: `Removed job ${name} from schedule`,
      steps: writeJob(facts, name, undefined),
    };
  },
});
