import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { checkJob, isSameJob, jobArgs, jobOf, readJob, whyFixed, writeJob } from './jobs.ts';

export default defineState({
  summary: "The minion's schedule has a job of this name: a function that is called by the clock.",
  example: `
stay-as-you-are:
  schedule.present:
    - function: state.highstate
    - hours: 6
    - splay: 600
`,
  args: v.strictObject(jobArgs),
  reads: ['files'],
  check: checkJob,
  read: readJob,
  plan(given, facts) {
    const { name } = given;
    const job = jobOf(given);
    if (isSameJob(facts.own ?? facts.elsewhere, job)) return alreadyRight(`Job ${name} in correct state`);
    const fixed = whyFixed(facts, name);
    if (fixed !== undefined) return impossible(fixed);
    const { own } = facts;
    return {
      changes: { [name]: own === undefined ? 'added' : { old: own, new: job } },
      comment: `Job: ${name} would be ${own === undefined ? 'added to' : 'modified in'} schedule.`,
      done: own === undefined ? `Adding new job ${name} to schedule` : `Modifying job ${name} in schedule`,
      steps: writeJob(facts, name, job),
    };
  },
});
