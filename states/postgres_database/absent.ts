import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { connectionArgs, listedAs, quoteName, readCluster, sqlName, sqlStep } from '../../lib/postgres/psql.ts';

export default defineState({
  summary: 'PostgreSQL has no database of this name; all that is in it goes with it.',
  example: `
old_app:
  postgres_database.absent: []
`,
  args: v.strictObject({ name: sqlName, ...connectionArgs }),
  reads: ['files', 'packages', 'services', 'accounts'],
  read: readCluster,
  plan(given, facts) {
    const { name } = given;
    if ('problem' in facts) return impossible(facts.problem);
    const { cluster } = facts;
    const databases = cluster.databases.filter((database) => database.name !== name);
    if (databases.length === cluster.databases.length)
      return alreadyRight(`Database ${name} is not present, so it cannot be removed`);
    return {
      changes: { [name]: 'Absent' },
      comment: `Database ${name} is set to be removed`,
      done: `Database ${name} has been removed`,
      steps: [sqlStep(given, `DROP DATABASE ${quoteName(name)};`, [listedAs(given, { ...cluster, databases })])],
    };
  },
});
