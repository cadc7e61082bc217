import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { family, familyOf, name as nameOf, planFirewall, readFirewall } from './firewall.ts';
import { findChain, withChains } from './ruleset.ts';

export default defineState({
  summary: 'A table has no chain of this name; its rules go with it.',
  example: `
old_input:
  nftables.chain_absent:
    - table: filter
    - family: inet
`,
  args: v.strictObject({ name: nameOf, table: v.optional(nameOf, 'filter'), family }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, table, family: kind } = given;
    const place = { family: familyOf(kind), table };
    const found = findChain(facts.tables, place, name);
    const where = `${place.family} ${table} ${name}`;
    return planFirewall(given, facts, {
      commands: found === undefined ? [] : [`flush chain ${where}`, `delete chain ${where}`],
      tables: withChains(facts.tables, place, (chains) => chains.filter((chain) => chain !== found)),
      changes: found === undefined ? {} : { locale: name },
      right: `nftables ${name} chain is already absent in ${table} table for ${kind}`,
      planned: `nftables ${name} chain in ${table} table would be removed for ${kind}`,
      done: `nftables ${name} chain in ${table} table delete success for ${kind}`,
    });
  },
});
