import * as v from 'valibot';
import type { Answer, Command, CommandResult, Reading, Step } from '../contracts/machine.ts';
import { messageOf } from '../errors/error.ts';
import { isMap, type Json, type JsonMap } from '../json.ts';
import { lacking } from '../programs.ts';

/* PostgreSQL by its own client: SQL goes in by stdin, so that no list of processes shows it. */

/** Salt's arguments for whom psql is run as, and where it connects to. */
export const connectionArgs = {
  /** The account that psql runs as: `postgres`, unless `db_host` is another machine. */
  user: v.optional(v.string()),
  maintenance_db: v.optional(v.pipe(v.string(), v.regex(/^[^\0=/][^\0=]*$/, 'the name of a database'))),
  db_user: v.optional(v.pipe(v.string(), v.regex(/^[^\0]+$/, 'the name of a role'))),
  db_password: v.optional(v.string()),
  db_host: v.optional(v.pipe(v.string(), v.regex(/^[^\0\s]+$/, 'a host, or a directory of sockets'))),
  db_port: v.optional(v.pipe(v.union([v.number(), v.string()]), v.transform(String), v.regex(/^\d{1,5}$/, 'a port'))),
};

const schema = v.strictObject(connectionArgs);
export type Connection = v.InferOutput<typeof schema>;

/** The name of a role, a database, or another thing in one. */
export const sqlName = v.pipe(v.string(), v.regex(/^[^\0]{1,63}$/, 'a name of up to 63 characters'));

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL. Sound with `standard_conforming_strings`, which every script here switches on. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What runs SQL in the maintenance database. */
export function psql(connection: Connection, sql: string): Command {
  const { user, maintenance_db: database = 'postgres', db_user: role, db_password: password } = connection;
  const { db_host: host, db_port: port } = connection;
  const isLocal = host === undefined || host.startsWith('/');
  const runas = user ?? (isLocal ? 'postgres' : undefined);
  return {
    argv: [
      'psql',
      '--no-psqlrc',
      '--no-align',
      '--tuples-only',
      '--quiet',
      '--no-password',
      '--set=ON_ERROR_STOP=1',
      // An error shows no part of the SQL.
      '--set=VERBOSITY=terse',
      ...(host === undefined ? [] : [`--host=${host}`]),
      ...(port === undefined ? [] : [`--port=${port}`]),
      ...(role === undefined ? [] : [`--username=${role}`]),
      `--dbname=${database}`,
    ],
    env: { PGCONNECT_TIMEOUT: '10', ...(password === undefined ? {} : { PGPASSWORD: password }) },
    ...(runas === undefined ? {} : { runas }),
    stdin: `SET standard_conforming_strings = on;\n${sql}\n`,
  };
}

/** The step that runs SQL, after which questions are answered otherwise. */
export function sqlStep(connection: Connection, sql: string, answers: readonly Answer[]): Step {
  return { do: 'run', command: psql(connection, sql), must: true, answers };
}

export interface Role {
  readonly name: string;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly createroles: boolean;
  readonly inherit: boolean;
  readonly login: boolean;
  readonly replication: boolean;
  /** As the server prints a time; null for ever. */
  readonly valid_until: string | null;
  readonly groups: readonly string[];
}

export interface Database {
  readonly name: string;
  readonly owner: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly tablespace: string;
}

export interface Cluster {
  readonly roles: readonly Role[];
  readonly databases: readonly Database[];
}

const listing = `SELECT json_build_object(
  'roles', (SELECT coalesce(json_agg(json_build_object('name', r.rolname, 'superuser', r.rolsuper,
    'createdb', r.rolcreatedb, 'createroles', r.rolcreaterole, 'inherit', r.rolinherit, 'login', r.rolcanlogin,
    'replication', r.rolreplication, 'valid_until', r.rolvaliduntil::text,
    'groups', (SELECT coalesce(json_agg(g.rolname ORDER BY g.rolname), '[]') FROM pg_auth_members m
      JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)) ORDER BY r.rolname), '[]') FROM pg_roles r),
  'databases', (SELECT coalesce(json_agg(json_build_object('name', d.datname, 'owner', pg_get_userbyid(d.datdba),
    'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
    'tablespace', t.spcname) ORDER BY d.datname), '[]') FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace));`;

/** The question that lists all roles and databases, and the answer to it that this cluster would give. */
export function listedAs(connection: Connection, cluster: Cluster): Answer {
  return { command: psql(connection, listing), stdout: JSON.stringify(cluster) };
}

/** Everything in the cluster; as `problem`, why nobody can tell. */
export async function readCluster(
  connection: Connection,
  machine: Reading,
): Promise<{ readonly cluster: Cluster } | { readonly problem: string }> {
  const answer = await askServer(connection, listing, machine);
  if ('problem' in answer) return answer;
  const { roles, databases } = isMap(answer.data) ? (answer.data as JsonMap) : {};
  return { cluster: { roles, databases } as unknown as Cluster };
}

/** The answer of the server to a question that gives one row with JSON in it; as `problem`, why there is none. */
export async function askServer(
  connection: Connection,
  sql: string,
  machine: Reading,
): Promise<{ readonly data: Json } | { readonly problem: string }> {
  const problem = lacking(machine.files, 'psql', 'A state of PostgreSQL', 'postgresql-client');
  if (problem !== undefined) return { problem };
  let result: CommandResult;
  try {
    result = await machine.ask(psql(connection, sql));
  } catch (thrown) {
    return { problem: `PostgreSQL can't be asked: ${messageOf(thrown)}` };
  }
  if (result.code !== 0 || result.timedOut) return { problem: `PostgreSQL can't be asked: ${result.stderr.trim()}` };
  return { data: JSON.parse(result.stdout.trim() || 'null') as Json };
}
