import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { readFirewall } from './firewall.ts';
import { checkRule, planRule, ruleArgs } from './rules.ts';

export default defineState({
  summary: 'A rule is not in the chain.',
  example: `
ssh-from-anywhere:
  nftables.delete:
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
  plan: (given, facts) => planRule(given, facts, { do: 'delete' }),
});
