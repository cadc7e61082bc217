import * as v from 'valibot';
import { defineState, impossible } from '../../lib/contracts/state.ts';
import { chain, commandOf, family, planFirewall, readFirewall, save, table } from './firewall.ts';
import { isBuiltin, policyOf, withoutChain } from './listing.ts';

export default defineState({
  summary: 'A table has no chain of this name; its rules go with it.',
  example: `
blocked:
  iptables.chain_absent:
    - table: filter
`,
  args: v.strictObject({ name: chain, table, family, save }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, table: inTable, family: kind } = given;
    if (isBuiltin(name)) return impossible(`Chain ${name} is a part of iptables: it can't be removed`);
    const place = { table: inTable, chain: name };
    const isThere = policyOf(facts.listing, place) !== undefined;
    return planFirewall(given, facts, {
      commands: isThere ? [commandOf(kind, inTable, '-F', name), commandOf(kind, inTable, '-X', name)] : [],
      listing: isThere ? withoutChain(facts.listing, place) : facts.listing,
      changes: isThere ? { locale: name } : {},
      right: `iptables ${name} chain is already absent in ${inTable} table for ${kind}`,
      planned: `iptables ${name} chain in ${inTable} table needs to be removed ${kind}`,
      done: `iptables ${name} chain in ${inTable} table delete success for ${kind}`,
    });
  },
});
