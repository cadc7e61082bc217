import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { quoteName, quoteText, sqlName, sqlStep } from '../../lib/postgres/psql.ts';
import { extensionArgs, listedExtensions, readExtensions } from './extensions.ts';

const version = v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String)));

export default defineState({
  summary: 'A database of PostgreSQL has this extension, in this version and schema where they are said.',
  example: `
pgcrypto:
  postgres_extension.present:
    - maintenance_db: app
`,
  args: v.strictObject({
    ...extensionArgs,
    schema: v.optional(sqlName),
    ext_version: version,
  }),
  reads: ['files', 'packages', 'services', 'accounts', 'databases'],
  read: readExtensions,
  plan(given, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const { extensions } = facts;
    const { name, schema, ext_version: wanted } = given;
    const found = extensions.installed.find((one) => one.name === name);
    const others = extensions.installed.filter((one) => one !== found);
    const then = {
      ...extensions,
      installed: [
        ...others,
        {
          name,
          version: wanted ?? found?.version ?? extensions.available[name] ?? '',
          schema: schema ?? found?.schema ?? 'public',
        },
      ],
    };
    const answers = [listedExtensions(given, then)];
    if (found === undefined) {
      if (!Object.hasOwn(extensions.available, name))
        return impossible(`The server has no extension ${name}: a package with it has to be installed first`);
      const options = [
        ...(schema === undefined ? [] : [`SCHEMA ${quoteName(schema)}`]),
        ...(wanted === undefined ? [] : [`VERSION ${quoteText(wanted)}`]),
      ];
      const sql = `CREATE EXTENSION ${quoteName(name)}${options.length > 0 ? ` WITH ${options.join(' ')}` : ''};`;
      return {
        changes: { [name]: 'Installed' },
        comment: `Extension ${name} is set to be installed`,
        done: `The extension ${name} has been installed`,
        steps: [sqlStep(given, sql, answers)],
      };
    }
    const sql = [
      ...(wanted !== undefined && wanted !== found.version
        ? [`ALTER EXTENSION ${quoteName(name)} UPDATE TO ${quoteText(wanted)};`]
        : []),
      ...(schema !== undefined && schema !== found.schema
        ? [`ALTER EXTENSION ${quoteName(name)} SET SCHEMA ${quoteName(schema)};`]
        : []),
    ];
    if (sql.length === 0) return alreadyRight(`Extension ${name} is already present`);
    return {
      changes: { [name]: 'Upgraded' },
      comment: `Extension ${name} is set to be upgraded`,
      done: `The extension ${name} has been upgraded`,
      steps: [sqlStep(given, sql.join('\n'), answers)],
    };
  },
});
