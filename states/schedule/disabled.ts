import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { jobName, readJob } from './jobs.ts';
import { planEnabled } from './switch.ts';

export default defineState({
  summary: 'A job of the schedule stays in it, and does not run.',
  example: `
stay-as-you-are:
  schedule.present:
    - function: state.highstate
    - hours: 6
    - enabled: true

switch:
  schedule.disabled:
    - name: stay-as-you-are
`,
  args: v.strictObject({ name: jobName }),
  reads: ['files'],
  read: readJob,
  plan: ({ name }, facts) => planEnabled(name, false, facts),
});
