import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { connectionArgs, listedAs, quoteName, readCluster, sqlName, sqlStep } from '../../lib/postgres/psql.ts';

export default defineState({
  summary: 'PostgreSQL has no role of this name.',
  example: `
app:
  postgres_user.absent: []
`,
  args: v.strictObject({ name: sqlName, ...connectionArgs }),
  reads: ['files', 'packages', 'services', 'accounts'],
  read: readCluster,
  plan(given, facts) {
    const { name } = given;
    if ('problem' in facts) return impossible(facts.problem);
    const { cluster } = facts;
    const roles = cluster.roles.filter((role) => role.name !== name);
    if (roles.length === cluster.roles.length)
      return alreadyRight(`User ${name} is not present, so it cannot be removed`);
    return {
      changes: { [name]: 'Absent' },
      comment: `User ${name} is set to be removed`,
      done: `User ${name} has been removed`,
      steps: [sqlStep(given, `DROP ROLE ${quoteName(name)};`, [listedAs(given, { ...cluster, roles })])],
    };
  },
});
