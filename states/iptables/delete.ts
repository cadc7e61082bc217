import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkRules, planRules, readRules, ruleArgs } from './rules.ts';

export default defineState({
  summary: 'A rule is not in the chain.',
  example: `
ssh-from-anywhere:
  iptables.delete:
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
  plan: (given, facts) => planRules(given, facts, 'delete'),
});
