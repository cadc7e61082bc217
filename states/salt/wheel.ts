import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { callArgs, planCall, reportCall } from './calls.ts';

export default defineState({
  summary: 'A wheel function of the master is called. For orchestrations.',
  example: `
let the new one in:
  salt.wheel:
    - name: key.accept
    - match: web3
`,
  args: v.strictObject(callArgs),
  keywords: 'arguments',
  reads: [],
  read: () => undefined,
  plan: (given) => planCall(given, 'wheel'),
  report: (_, results, { name }) => reportCall(results, name, 'wheel'),
});
