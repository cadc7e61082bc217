import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkRules, planRules, readRules, ruleArgs } from './rules.ts';

export default defineState({
  summary: 'A rule is in the chain: it is added at the end if it is nowhere in it.',
  example: `
ssh-from-anywhere:
  iptables.append:
    - chain: INPUT
    - proto: tcp
    - dport: 22
    - connstate: NEW
    - jump: ACCEPT
`,
  args: v.strictObject(ruleArgs),
  keywords: 'options',
  reads: ['files'],
  check: checkRules,
  read: readRules,
  plan: (given, facts) => planRules(given, facts, 'append'),
});
