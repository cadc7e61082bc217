import * as v from 'valibot';
import { defineState, impossible } from '../../lib/contracts/state.ts';
import { family, familyOf, name as nameOf, planFirewall, readFirewall, save } from './firewall.ts';
import { findChain, withChains } from './ruleset.ts';

export default defineState({
  summary: 'A chain that packets come to has this policy: what becomes of one that no rule decides on.',
  example: `
nothing-comes-in-by-itself:
  nftables.set_policy:
    - table: filter
    - chain: input
    - family: inet
    - policy: drop
`,
  args: v.strictObject({
    name: v.string(),
    table: v.optional(nameOf, 'filter'),
    chain: nameOf,
    policy: v.pipe(v.string(), v.toLowerCase(), v.picklist(['accept', 'drop'], 'accept or drop')),
    family,
    save,
  }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, table, chain, policy, family: kind } = given;
    if (facts.problem !== undefined) return impossible(facts.problem);
    const place = { family: familyOf(kind), table };
    const found = findChain(facts.tables, place, chain);
    if (found?.base === undefined) {
      const why = found === undefined ? 'does not exist' : 'has no policy: no packet comes to it by itself';
      return impossible(`Chain ${chain} in table ${table} in family ${kind} ${why}`);
    }
    const { base } = found;
    const now = /policy (\w+);/.exec(base)?.[1] ?? 'accept';
    const what = `nftables default policy for chain ${chain} on table ${table} for ${kind}`;
    const then = `${base.replace(/ ?policy \w+;/, '')} policy ${policy};`;
    return planFirewall(given, facts, {
      commands: now === policy ? [] : [`add chain ${place.family} ${table} ${chain} { policy ${policy}; }`],
      tables: withChains(facts.tables, place, (chains) =>
        chains.map((one) => (one === found && now !== policy ? { ...one, base: then } : one)),
      ),
      changes: now === policy ? {} : { locale: name },
      right: `${what} already set to ${policy}`,
      planned: `${what} needs to be set to ${policy}`,
      done: `Set default policy for ${chain} to ${policy} family ${kind}`,
    });
  },
});
