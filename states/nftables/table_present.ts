import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { family, familyOf, name as nameOf, planFirewall, readFirewall } from './firewall.ts';
import { findTable } from './ruleset.ts';

export default defineState({
  summary: 'There is a table of this name.',
  example: `
filter:
  nftables.table_present:
    - family: inet
`,
  args: v.strictObject({ name: nameOf, family }),
  reads: ['files'],
  read: readFirewall,
  plan(given, facts) {
    const { name, family: kind } = given;
    const place = { family: familyOf(kind), table: name };
    const isThere = findTable(facts.tables, place) !== undefined;
    return planFirewall(given, facts, {
      commands: isThere ? [] : [`add table ${place.family} ${name}`],
      tables: isThere ? facts.tables : [...facts.tables, { family: place.family, name, chains: [] }],
      changes: isThere ? {} : { locale: name },
      right: `nftables table ${name} already exists in family ${kind}`,
      planned: `nftables table ${name} would be created in family ${kind}`,
      done: `nftables table ${name} successfully created in family ${kind}`,
    });
  },
});
