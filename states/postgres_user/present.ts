import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import type { Reading } from '../../lib/contracts/machine.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import {
  askServer,
  connectionArgs,
  listedAs,
  quoteName,
  quoteText,
  readCluster,
  sqlName,
  sqlStep,
  type Cluster,
  type Role,
} from '../../lib/postgres/psql.ts';
import { fits, isVerifier, md5Verifier, scramVerifier } from '../../lib/postgres/scram.ts';

const flag = v.optional(v.boolean());

const args = v.strictObject({
  name: sqlName,
  createdb: flag,
  createroles: flag,
  superuser: flag,
  replication: flag,
  inherit: flag,
  login: flag,
  /** How a new password is kept: true is scram-sha-256. */
  encrypted: v.optional(
    v.union([v.literal(true), v.picklist(['md5', 'scram-sha-256'])], "true, 'md5' or 'scram-sha-256'"),
    true,
  ),
  password: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.minLength(1))),
  /** For a role that is made; one that is there keeps its own. */
  default_password: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.minLength(1))),
  /** Sets the password each time, without looking at the one that is there. */
  refresh_password: v.optional(v.boolean(), false),
  valid_until: v.optional(v.string()),
  groups: v.optional(
    v.pipe(
      v.union([v.string(), v.array(v.string())]),
      v.transform((given) => (typeof given === 'string' ? given.split(',') : given).map((name) => name.trim())),
      v.array(sqlName),
    ),
  ),
  ...connectionArgs,
});

type Args = v.InferOutput<typeof args>;

interface Facts {
  readonly problem?: string;
  readonly cluster: Cluster;
  /** What is to be kept of the password; undefined where it is right. */
  readonly verifier?: string | undefined;
  /** `valid_until` as the server prints it. */
  readonly until?: string | undefined;
}

const flags = {
  superuser: 'SUPERUSER',
  createdb: 'CREATEDB',
  createroles: 'CREATEROLE',
  inherit: 'INHERIT',
  login: 'LOGIN',
  replication: 'REPLICATION',
} as const;
const flagNames = Object.keys(flags) as (keyof typeof flags)[];

export default defineState<typeof args, Facts>({
  summary:
    'PostgreSQL has a role of this name that may do what is said; its password is compared, and sent as a verifier.',
  example: `
app:
  postgres_user.present:
    - password: kept in pillar
    - createdb: true
    - groups: [readers]
`,
  args,
  reads: ['files', 'packages', 'services', 'accounts'],
  async read(given, machine) {
    const listed = await readCluster(given, machine);
    if ('problem' in listed) return { problem: listed.problem, cluster: { roles: [], databases: [] } };
    const { cluster } = listed;
    const isThere = cluster.roles.some(({ name }) => name === given.name);
    const password = await newPassword(given, isThere, machine);
    if ('problem' in password) return { problem: password.problem, cluster };
    if (given.valid_until === undefined) return { cluster, verifier: password.verifier };
    const cast = `SELECT to_json(${quoteText(given.valid_until)}::timestamptz::text);`;
    const until = await askServer(given, cast, machine);
    if ('problem' in until) return { problem: until.problem, cluster };
    return { cluster, verifier: password.verifier, until: typeof until.data === 'string' ? until.data : 'infinity' };
  },
  plan(given, facts) {
    const { name } = given;
    const { problem, cluster, verifier, until } = facts;
    if (problem !== undefined) return impossible(problem);
    const stranger = given.groups?.find((group) => !cluster.roles.some((role) => role.name === group));
    if (stranger !== undefined) return impossible(`Group ${stranger} of user ${name} does not exist`);
    const role = cluster.roles.find((one) => one.name === name);
    const isNew = role === undefined;
    const changed = flagNames.filter(
      (key) => given[key] !== undefined && given[key] !== (isNew ? undefined : role[key]),
    );
    const isOtherTime = until !== undefined && until !== (role?.valid_until ?? 'infinity');
    const groups = (given.groups ?? []).filter((group) => role?.groups.includes(group) !== true);
    const update: JsonMap = Object.fromEntries(changed.map((key) => [key, given[key] ?? false]));
    if (verifier !== undefined) update['password'] = true;
    if (isOtherTime) update['valid_until'] = given.valid_until ?? '';
    if (groups.length > 0) update['groups'] = groups;
    if (!isNew && Object.keys(update).length === 0) return alreadyRight(`User ${name} is already present`);
    const words = [
      // A role that PostgreSQL makes may not log in; one that Salt makes may.
      ...(isNew && given.login === undefined ? ['LOGIN'] : []),
      ...changed.map((key) => `${given[key] ? '' : 'NO'}${flags[key]}`),
      ...(verifier === undefined ? [] : [`PASSWORD ${quoteText(verifier)}`]),
      ...(isOtherTime ? [`VALID UNTIL ${quoteText(given.valid_until ?? '')}`] : []),
    ];
    const sql = [
      `BEGIN;`,
      ...(isNew || words.length > 0
        ? [`${isNew ? 'CREATE' : 'ALTER'} ROLE ${quoteName(name)} WITH ${words.join(' ')};`]
        : []),
      ...groups.map((group) => `GRANT ${quoteName(group)} TO ${quoteName(name)};`),
      'COMMIT;',
    ].join('\n');
    const then: Role = {
      ...(role ?? fresh),
      ...Object.fromEntries(changed.map((key) => [key, given[key] ?? false])),
      name,
      valid_until: until ?? role?.valid_until ?? null,
      groups: [...(role?.groups ?? []), ...groups],
    };
    const roles = [...cluster.roles.filter((one) => one !== role), then];
    return {
      changes: { [name]: isNew ? 'Present' : update },
      comment: `User ${name} is set to be ${isNew ? 'created' : 'updated'}`,
      done: `The user ${name} has been ${isNew ? 'created' : 'updated'}`,
      steps: [sqlStep(given, sql, [listedAs(given, { ...cluster, roles })])],
    };
  },
});

const fresh = {
  superuser: false,
  createdb: false,
  createroles: false,
  inherit: true,
  login: true,
  replication: false,
};

const kept = `SELECT coalesce(json_object_agg(rolname, rolpassword) FILTER (WHERE rolpassword IS NOT NULL), '{}') FROM pg_authid;`;

/** What is to be kept of the password that is wanted, if the role does not have it. */
async function newPassword(
  given: Args,
  isThere: boolean,
  machine: Reading,
): Promise<{ readonly verifier: string | undefined } | { readonly problem: string }> {
  const password = given.password ?? (isThere ? undefined : given.default_password);
  if (password === undefined) return { verifier: undefined };
  if (isThere && !given.refresh_password) {
    const answer = await askServer(given, kept, machine);
    if ('problem' in answer) return answer;
    const now = isMap(answer.data) ? (answer.data as JsonMap)[given.name] : undefined;
    const isForm = given.encrypted !== 'md5' || (typeof now === 'string' && now.startsWith('md5'));
    if (typeof now === 'string' && isForm && fits(password, given.name, now)) return { verifier: undefined };
  }
  if (isVerifier(password)) return { verifier: password };
  return {
    verifier: given.encrypted === 'md5' ? md5Verifier(password, given.name) : scramVerifier(password, randomBytes(16)),
  };
}
