import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { family, familyOf, name as nameOf, planFirewall, readFirewall } from './firewall.ts';
import { findChain, findTable, withRules } from './ruleset.ts';

export default defineState({
  summary: 'A chain has no rules; without a chain none of the table has.',
  example: `
nothing-is-forwarded-specially:
  nftables.flush:
    - table: filter
    - chain: forward
    - family: inet
    - ignore_absence: true
`,
  args: v.strictObject({
    name: v.string(),
    table: v.optional(nameOf, 'filter'),
    chain: v.optional(nameOf),
    family,
    ignore_absence: v.optional(v.boolean(), false),
  }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, table, chain, family: kind, ignore_absence: isFine } = given;
    if (facts.problem !== undefined) return impossible(facts.problem);
    const place = { family: familyOf(kind), table };
    const found = findTable(facts.tables, place);
    const isThere = found !== undefined && (chain === undefined || findChain(facts.tables, place, chain) !== undefined);
    const what = `${table} table ${chain ?? ''} chain ${kind} family`;
    if (!isThere) {
      const missing = found === undefined ? 'table' : 'chain';
      const of = missing === 'table' ? `table ${table}` : `chain ${chain} in table ${table}`;
      if (isFine) return alreadyRight(`There are no nftables rules in ${what}`);
      return impossible(`Failed to flush ${of} in family ${kind}, ${missing} does not exist.`);
    }
    const full = found.chains.filter((one) => one.rules.length > 0 && (chain === undefined || one.name === chain));
    const command =
      chain === undefined ? `flush table ${place.family} ${table}` : `flush chain ${place.family} ${table} ${chain}`;
    return planFirewall(given, facts, {
      commands: full.length === 0 ? [] : [command],
      tables: full.reduce((tables, one) => withRules(tables, place, one.name, () => []), facts.tables),
      changes: full.length === 0 ? {} : { locale: name },
      right: `There are no nftables rules in ${what}`,
      planned: `nftables rules in ${what} would be flushed`,
      done: `Flush nftables rules in ${what}`,
    });
  },
});
