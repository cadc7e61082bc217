import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { quoteName, sqlStep } from '../../lib/postgres/psql.ts';
import { extensionArgs, listedExtensions, readExtensions } from './extensions.ts';

export default defineState({
  summary: 'A database of PostgreSQL does not have this extension.',
  example: `
pgcrypto:
  postgres_extension.absent:
    - maintenance_db: app
`,
  args: v.strictObject({ ...extensionArgs, cascade: v.optional(v.boolean(), false) }),
  reads: ['files', 'packages', 'services', 'accounts', 'databases'],
  read: readExtensions,
  plan(given, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const { extensions } = facts;
    const { name, cascade } = given;
    const installed = extensions.installed.filter((one) => one.name !== name);
    if (installed.length === extensions.installed.length)
      return alreadyRight(`Extension ${name} is not present, so it cannot be removed`);
    return {
      changes: { [name]: 'Absent' },
      comment: `Extension ${name} is set to be removed`,
      done: `Extension ${name} has been removed`,
      steps: [
        sqlStep(given, `DROP EXTENSION ${quoteName(name)}${cascade ? ' CASCADE' : ''};`, [
          listedExtensions(given, { ...extensions, installed }),
        ]),
      ],
    };
  },
});
