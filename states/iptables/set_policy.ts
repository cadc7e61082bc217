import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { chain, commandOf, family, planFirewall, readFirewall, save, table } from './firewall.ts';
import { isBuiltin, policyOf, withPolicy } from './listing.ts';

export default defineState({
  summary: 'A built-in chain has this policy: what becomes of a packet that no rule decides on.',
  example: `
nothing-comes-in-by-itself:
  iptables.set_policy:
    - chain: FORWARD
    - policy: DROP
`,
  args: v.strictObject({
    name: v.string(),
    table,
    chain,
    policy: v.pipe(v.string(), v.toUpperCase(), v.picklist(['ACCEPT', 'DROP'], 'ACCEPT or DROP')),
    family,
    save,
  }),
  reads: ['files'],
  check: ({ chain: name }) =>
    isBuiltin(name) ? undefined : `chain ${name} has no policy: only the built-in ones have one`,
  read: readFirewall,
  plan(given, facts) {
    const { name, table: inTable, chain: of, policy, family: kind } = given;
    const place = { table: inTable, chain: of };
    const isRight = policyOf(facts.listing, place) === policy;
    const what = `iptables default policy for chain ${of} on table ${inTable} for ${kind}`;
    return planFirewall(given, facts, {
      commands: isRight ? [] : [commandOf(kind, inTable, '-P', of, policy)],
      listing: isRight ? facts.listing : withPolicy(facts.listing, place, policy),
      changes: isRight ? {} : { locale: name },
      right: `${what} already set to ${policy}`,
      planned: `${what} needs to be set to ${policy}`,
      done: `Set default policy for ${of} to ${policy} family ${kind}`,
    });
  },
});
