import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { chain, commandOf, family, planFirewall, readFirewall, save, table } from './firewall.ts';
import { chainsWithRules, withoutRules } from './listing.ts';

export default defineState({
  summary: 'A chain has no rules; without a chain none of the table has.',
  example: `
nothing-is-forwarded-specially:
  iptables.flush:
    - table: filter
    - chain: FORWARD
`,
  args: v.strictObject({ name: v.string(), table, chain: v.optional(chain), family, save }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, table: inTable, chain: only, family: kind } = given;
    const full = chainsWithRules(facts.listing, inTable).filter((one) => only === undefined || one === only);
    const what = `${inTable} table ${only ?? ''} chain ${kind} family`;
    return planFirewall(given, facts, {
      commands: full.length === 0 ? [] : [commandOf(kind, inTable, '-F', ...(only === undefined ? [] : [only]))],
      listing: full.reduce((listing, one) => withoutRules(listing, { table: inTable, chain: one }), facts.listing),
      changes: full.length === 0 ? {} : { locale: name },
      right: `There are no iptables rules in ${what}`,
      planned: `iptables rules in ${what} needs to be flushed`,
      done: `Flush iptables rules in ${what}`,
    });
  },
});
