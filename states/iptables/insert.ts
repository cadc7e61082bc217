import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { checkRules, planRules, readRules, ruleArgs } from './rules.ts';

export default defineState({
  summary: 'A rule is in the chain: it is put at `position` if it is nowhere in it.',
  example: `
ssh-from-anywhere:
  iptables.insert:
    - chain: INPUT
    - position: 1
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
  plan: (given, facts) => planRules(given, facts, 'insert'),
});
