import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import {
  checkJob,
  isSameJob,
  jobArgs,
  jobAt,
  jobName,
  jobOf,
  readKept,
  someFunction,
  whyFixed,
  whyNotCalled,
  writeEntry,
} from '../../lib/schedule/kept.ts';
import { jobGiven, savedOnly } from './saved.ts';

export default defineState({
  summary: "The minion's schedule has a job of this name: a function that is called by the clock.",
  example: `
stay-as-you-are:
  schedule.present:
    - function: state.highstate
    - when: Monday 3:00am
    - splay: 600
`,
  args: v.strictObject({ name: jobName, function: someFunction, ...jobArgs, ...savedOnly }),
  reads: ['files'],
  check: (given) => checkJob(jobGiven(given)),
  read: async (given, machine) => ({
    ...readKept(given, machine),
    uncallable: await whyNotCalled(machine, jobGiven(given)),
  }),
  plan(given, facts) {
    const { name } = given;
    const job = jobOf(jobGiven(given));
    const wrong = checkJob(jobGiven(given), facts.whens) ?? facts.uncallable;
    if (wrong !== undefined) return impossible(wrong);
    const old = jobAt(facts, name);
    if (isSameJob(old, job)) return alreadyRight(`Job ${name} in correct state`);
    const fixed = whyFixed(facts, name);
    if (fixed !== undefined) return impossible(fixed);
    return {
      changes: { [name]: old === undefined ? 'added' : { old, new: job } },
      comment: `Job: ${name} would be ${old === undefined ? 'added to' : 'modified in'} schedule.`,
      done: old === undefined ? `Adding new job ${name} to schedule` : `Modifying job ${name} in schedule`,
      steps: writeEntry(facts.file, name, job),
    };
  },
});
