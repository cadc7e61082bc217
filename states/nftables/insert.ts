import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { readFirewall } from './firewall.ts';
import { checkRule, planRule, ruleArgs } from './rules.ts';

export default defineState({
  summary: 'A rule is in the chain: it is put at `position` (1 is the first) if it is nowhere in it.',
  example: `
what-is-known-goes-on:
  nftables.insert:
    - table: filter
    - chain: input
    - family: inet
    - position: 1
    - connstate: established,related
    - jump: accept
`,
  args: v.strictObject({
    ...ruleArgs,
    position: v.optional(v.pipe(v.number(), v.integer(), v.notValue(0, 'a place from 1, or from the end: -1')), 1),
  }),
  reads: ['files'],
  check: checkRule,
  read: readFirewall,
  plan: (given, facts) => planRule(given, facts, { do: 'insert', position: given.position }),
});
