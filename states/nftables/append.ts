import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { readFirewall } from './firewall.ts';
import { checkRule, planRule, ruleArgs } from './rules.ts';

export default defineState({
  summary: 'A rule is in the chain: it is added at the end if it is nowhere in it.',
  example: `
ssh-from-anywhere:
  nftables.append:
    - table: filter
    - chain: input
    - family: inet
    - proto: tcp
    - dport: 22
    - connstate: new
    - jump: accept
`,
  args: v.strictObject(ruleArgs),
  reads: ['files'],
  check: checkRule,
  read: readFirewall,
  plan: (given, facts) => planRule(given, facts, { do: 'append' }),
});
