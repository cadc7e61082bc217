import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { callArgs, planCall, reportCall } from './calls.ts';

export default defineState({
  summary: 'A runner of the master is called. For orchestrations.',
  example: `
tell the others:
  salt.runner:
    - name: event.send
    - tag: site/app/deployed
    - data:
        version: 1.4.2
`,
  args: v.strictObject(callArgs),
  keywords: 'arguments',
  reads: [],
  read: () => undefined,
  plan: (given) => planCall(given, 'runner'),
  report: (_, results, { name }) => reportCall(results, name, 'runner'),
});
