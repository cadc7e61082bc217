import * as v from 'valibot';
import { defineState, impossible } from '../../lib/contracts/state.ts';
import { family, familyOf, name as nameOf, planFirewall, readFirewall } from './firewall.ts';
import { findChain, findTable, withChains } from './ruleset.ts';

export default defineState({
  summary: 'A table has a chain of this name; with type, hook and priority packets come to it by themselves.',
  example: `
filter:
  nftables.table_present:
    - family: inet

input:
  nftables.chain_present:
    - table: filter
    - family: inet
    - table_type: filter
    - hook: input
    - priority: 0
`,
  args: v.strictObject({
    name: nameOf,
    table: v.optional(nameOf, 'filter'),
    table_type: v.optional(v.picklist(['filter', 'nat', 'route'], 'filter, nat or route')),
    hook: v.optional(
      v.picklist(
        ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress', 'egress'],
        'a hook, such as input',
      ),
    ),
    priority: v.optional(
      v.pipe(
        v.union([v.number(), v.string()]),
        v.transform(String),
        v.regex(/^(?:-?\d+|[a-z]+(?: [+-] \d+)?)$/, 'a number, or a name such as filter'),
      ),
    ),
    family,
  }),
  reads: ['files'],
  check({ table_type: type, hook, priority }) {
    const said = [type, hook, priority].filter((one) => one !== undefined).length;
    return said === 0 || said === 3 ? undefined : 'table_type, hook and priority go together';
  },
  read: readFirewall,
  plan(given, facts) {
    const { name, table, table_type: type, hook, priority, family: kind } = given;
    const place = { family: familyOf(kind), table };
    if (facts.problem === undefined && findTable(facts.tables, place) === undefined)
      return impossible(`Table ${table} in family ${kind} does not exist`);
    const isThere = findChain(facts.tables, place, name) !== undefined;
    const base = type === undefined ? undefined : `type ${type} hook ${hook} priority ${priority};`;
    const body = base === undefined ? '' : ` { ${base} }`;
    return planFirewall(given, facts, {
      commands: isThere ? [] : [`add chain ${place.family} ${table} ${name}${body}`],
      tables: isThere
        ? facts.tables
        : withChains(facts.tables, place, (chains) => [...chains, { name, base, rules: [] }]),
      changes: isThere ? {} : { locale: name },
      right: `nftables ${name} chain is already exist in ${table} table for ${kind}`,
      planned: `nftables chain ${name} would be created in table ${table} for family ${kind}`,
      done: `nftables ${name} chain in ${table} table create success for ${kind}`,
    });
  },
});
