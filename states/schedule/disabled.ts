import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { jobName, readKept } from '../../lib/schedule/kept.ts';
import { savedOnly } from './saved.ts';
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
  args: v.strictObject({ name: jobName, ...savedOnly }),
  reads: ['files'],
  read: readKept,
  plan: ({ name }, facts) => planEnabled(name, false, facts),
});
