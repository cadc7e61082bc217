import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import {
  connectionArgs,
  listedAs,
  quoteName,
  quoteText,
  readCluster,
  sqlName,
  sqlStep,
  type Cluster,
  type Database,
} from '../../lib/postgres/psql.ts';

const locale = v.optional(v.pipe(v.string(), v.regex(/^[\w.@-]+$/, 'a locale, such as C.UTF-8')));

export default defineState({
  summary: 'PostgreSQL has a database of this name, with this owner.',
  example: `
app:
  postgres_user.present: []
  postgres_database.present:
    - owner: app
    - encoding: UTF8
    - template: template0
`,
  args: v.strictObject({
    name: sqlName,
    tablespace: v.optional(sqlName),
    encoding: v.optional(v.pipe(v.string(), v.regex(/^[\w-]+$/, 'an encoding, such as UTF8'))),
    lc_collate: locale,
    lc_ctype: locale,
    owner: v.optional(sqlName),
    template: v.optional(sqlName),
    ...connectionArgs,
  }),
  reads: ['files', 'packages', 'services', 'accounts'],
  read: readCluster,
  plan(given, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const { cluster } = facts;
    const { name, owner, tablespace } = given;
    if (owner !== undefined && !cluster.roles.some((role) => role.name === owner))
      return impossible(`Owner ${owner} of database ${name} does not exist`);
    const found = cluster.databases.find((one) => one.name === name);
    if (found === undefined) {
      return {
        changes: { [name]: 'Present' },
        comment: `Database ${name} is set to be created`,
        done: `The database ${name} has been created`,
        steps: [sqlStep(given, creation(given), [listedAs(given, withDatabase(cluster, made(given)))])],
        obscures: ['databases'],
      };
    }
    const fixed = fixedDifferences(given, found);
    if (fixed.length > 0)
      return impossible(`Database ${name} has wrong parameters which couldn't be changed on fly: ${fixed.join(', ')}`);
    const changes = [
      ...(owner !== undefined && owner !== found.owner
        ? [`ALTER DATABASE ${quoteName(name)} OWNER TO ${quoteName(owner)};`]
        : []),
      ...(tablespace !== undefined && tablespace !== found.tablespace
        ? [`ALTER DATABASE ${quoteName(name)} SET TABLESPACE ${quoteName(tablespace)};`]
        : []),
    ];
    if (changes.length === 0) return alreadyRight(`Database ${name} is already present`);
    const then = { ...found, owner: owner ?? found.owner, tablespace: tablespace ?? found.tablespace };
    return {
      changes: { [name]: 'Parameters changed' },
      comment: `Database ${name} exists, but parameters need to be changed`,
      done: `Parameters for database ${name} have been changed`,
      steps: [sqlStep(given, changes.join('\n'), [listedAs(given, withDatabase(cluster, then))])],
    };
  },
});

interface Wanted {
  readonly name: string;
  readonly tablespace?: string | undefined;
  readonly encoding?: string | undefined;
  readonly lc_collate?: string | undefined;
  readonly lc_ctype?: string | undefined;
  readonly owner?: string | undefined;
  readonly template?: string | undefined;
}

function creation({
  name,
  tablespace,
  encoding,
  lc_collate: collate,
  lc_ctype: ctype,
  owner,
  template,
}: Wanted): string {
  const options = [
    ...(owner === undefined ? [] : [`OWNER = ${quoteName(owner)}`]),
    ...(template === undefined ? [] : [`TEMPLATE = ${quoteName(template)}`]),
    ...(encoding === undefined ? [] : [`ENCODING = ${quoteText(encoding)}`]),
    ...(collate === undefined ? [] : [`LC_COLLATE = ${quoteText(collate)}`]),
    ...(ctype === undefined ? [] : [`LC_CTYPE = ${quoteText(ctype)}`]),
    ...(tablespace === undefined ? [] : [`TABLESPACE = ${quoteName(tablespace)}`]),
  ];
  return `CREATE DATABASE ${quoteName(name)}${options.length > 0 ? ` WITH ${options.join(' ')}` : ''};`;
}

function made({ name, owner, encoding, lc_collate: collate, lc_ctype: ctype, tablespace }: Wanted): Database {
  return {
    name,
    owner: owner ?? 'postgres',
    encoding: encoding ?? 'UTF8',
    collate: collate ?? 'C',
    ctype: ctype ?? 'C',
    tablespace: tablespace ?? 'pg_default',
  };
}

/** What differs and is settled when a database is made. */
function fixedDifferences({ encoding, lc_collate: collate, lc_ctype: ctype }: Wanted, found: Database): string[] {
  return [
    ...(encoding !== undefined && plain(encoding) !== plain(found.encoding)
      ? [`encoding is ${found.encoding}, not ${encoding}`]
      : []),
    ...(collate !== undefined && plain(collate) !== plain(found.collate)
      ? [`lc_collate is ${found.collate}, not ${collate}`]
      : []),
    ...(ctype !== undefined && plain(ctype) !== plain(found.ctype) ? [`lc_ctype is ${found.ctype}, not ${ctype}`] : []),
  ];
}

/** `en_US.UTF-8` and `en_US.utf8` are one locale. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

function withDatabase(cluster: Cluster, database: Database): Cluster {
  return { ...cluster, databases: [...cluster.databases.filter(({ name }) => name !== database.name), database] };
}
