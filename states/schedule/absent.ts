import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { jobAt, jobName, readKept, whyFixed, writeEntry } from '../../lib/schedule/kept.ts';
import { savedOnly } from './saved.ts';

export default defineState({
  summary: "The minion's schedule has no job of this name.",
  example: `
stay-as-you-are:
  schedule.absent: []
`,
  args: v.strictObject({ name: jobName, ...savedOnly }),
  reads: ['files'],
  read: readKept,
  plan({ name }, facts) {
    if (jobAt(facts, name) === undefined && facts.file.problem === undefined)
      return alreadyRight(`Job ${name} not present in schedule`);
    const fixed = whyFixed(facts, name);
    if (fixed !== undefined) return impossible(fixed);
    return {
      changes: { [name]: 'removed' },
      comment: `Job: ${name} would be deleted from schedule.`,
      done: `Removed job ${name} from schedule`,
      steps: writeEntry(facts.file, name, undefined),
    };
  },
});
