import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { chain, commandOf, family, planFirewall, readFirewall, save, table } from './firewall.ts';
import { policyOf, withChain } from './listing.ts';

export default defineState({
  summary: 'A table has a chain of this name.',
  example: `
blocked:
  iptables.chain_present:
    - table: filter
`,
  args: v.strictObject({ name: chain, table, family, save }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, table: inTable, family: kind } = given;
    const place = { table: inTable, chain: name };
    const isThere = policyOf(facts.listing, place) !== undefined;
    return planFirewall(given, facts, {
      commands: isThere ? [] : [commandOf(kind, inTable, '-N', name)],
      listing: isThere ? facts.listing : withChain(facts.listing, place),
      changes: isThere ? {} : { locale: name },
      right: `iptables ${name} chain is already exist in ${inTable} table for ${kind}`,
      planned: `iptables ${name} chain in ${inTable} table needs to be set for ${kind}`,
      done: `iptables ${name} chain in ${inTable} table create success for ${kind}`,
    });
  },
});
