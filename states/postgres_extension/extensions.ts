import type { Answer, Reading } from '../../lib/contracts/machine.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { askServer, connectionArgs, psql, sqlName, type Connection } from '../../lib/postgres/psql.ts';

/* What the functions of `postgres_extension` have in common: the extensions of one database. */

export const extensionArgs = {
  name: sqlName,
  ...connectionArgs,
};

export interface Extensions {
  readonly installed: readonly { readonly name: string; readonly version: string; readonly schema: string }[];
  /** Those that the server could install, by name: their default version. */
  readonly available: Readonly<Record<string, string>>;
}

const listing = `SELECT json_build_object(
  'installed', (SELECT coalesce(json_agg(json_build_object('name', e.extname, 'version', e.extversion,
    'schema', n.nspname) ORDER BY e.extname), '[]') FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace),
  'available', (SELECT coalesce(json_object_agg(name, default_version), '{}') FROM pg_available_extensions));`;

export async function readExtensions(
  connection: Connection,
  machine: Reading,
): Promise<{ readonly extensions: Extensions } | { readonly problem: string }> {
  const answer = await askServer(connection, listing, machine);
  if ('problem' in answer) return answer;
  const { installed, available } = isMap(answer.data) ? (answer.data as JsonMap) : {};
  return { extensions: { installed, available } as unknown as Extensions };
}

export function listedExtensions(connection: Connection, extensions: Extensions): Answer {
  return { command: psql(connection, listing), stdout: JSON.stringify(extensions) };
}
