import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { family, familyOf, name as nameOf, planFirewall, readFirewall } from './firewall.ts';
import { findTable } from './ruleset.ts';

export default defineState({
  summary: 'There is no table of this name; all that is in it goes with it.',
  example: `
old_rules:
  nftables.table_absent:
    - family: inet
`,
  args: v.strictObject({ name: nameOf, family }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, family: kind } = given;
    const place = { family: familyOf(kind), table: name };
    const found = findTable(facts.tables, place);
    return planFirewall(given, facts, {
      commands: found === undefined ? [] : [`delete table ${place.family} ${name}`],
      tables: facts.tables.filter((table) => table !== found),
      changes: found === undefined ? {} : { locale: name },
      right: `nftables table ${name} is already absent from family ${kind}`,
      planned: `nftables table ${name} would be deleted from family ${kind}`,
      done: `nftables table ${name} successfully deleted from family ${kind}`,
    });
  },
});
