import { readFile } from 'node:fs/promises';
import type { Sql } from 'postgres';
import * as v from 'valibot';
import type { BusEvent } from '../lib/contracts/events.ts';
import { defineReturner } from '../lib/contracts/returner.ts';
import { messageOf, TsaltError } from '../lib/errors/error.ts';
import { returnerErrors } from '../lib/errors/returners.ts';
import { isMap } from '../lib/json.ts';
import { systemAuthorities } from '../lib/system/authorities.ts';
import { inserts, tables } from './postgres-tables.ts';
import { readSecret } from './secret.ts';
import { file, name, port } from './settings.ts';

export default defineReturner({
  summary:
    "Rows of PostgreSQL (9.5 and later), in the tables and columns that Salt's `pgjsonb` has: `jids`, `salt_returns`, `salt_events`.",
  promise: `Exactly once: a batch is one transaction, and what is there already by its primary key stays as it is. A new job
(\`salt/job/<jid>/new\`) goes to \`jids\` (\`jid\`), a return to \`salt_returns\` (\`jid\`, \`id\`), any other event to \`salt_events\`
(\`master_id\`, \`id\`, which is its number). Tables that are not there are made, unless \`create_tables\` is false; those of
a Salt master lack these keys, and have to be given them first. What PostgreSQL's \`jsonb\` can't hold (the character 0) is written as
U+FFFD.`,
  example: `
returners:
  postgres:
    host: db.example.com
    database: salt
    user: salt
    password_file: /etc/tsalt/postgres.password
    events: [salt/job/*/new, salt/job/*/ret/*]
`,
  settings: v.strictObject({
    host: v.optional(name, 'localhost'),
    port: v.optional(port, 5432),
    database: v.optional(name, 'salt'),
    user: v.optional(name, 'salt'),
    password_file: v.optional(file),
    tls: v.optional(v.boolean()),
    ca_file: v.optional(file),
    create_tables: v.optional(v.boolean(), true),
  }),
  events: ['salt/job/*/new', 'salt/job/*/ret/*'],
  isApart: true,
  open(settings, { master }) {
    const { host, port: at, database, user, password_file, ca_file, create_tables } = settings;
    const isHere = host.startsWith('/') || ['localhost', '127.0.0.1', '::1'].includes(host);
    const isEncrypted = settings.tls ?? !isHere;
    const where = `PostgreSQL at ${host}`;
    let client: Sql | undefined;

    async function connect(): Promise<Sql> {
      const { default: postgres } = await import('postgres');
      const own = ca_file === undefined ? undefined : await readFile(ca_file);
      const ca = [systemAuthorities(), own].filter((pem) => pem !== undefined);
      return postgres({
        host,
        port: at,
        database,
        user,
        password: password_file === undefined ? '' : await readSecret(password_file),
        // `host`: whose certificate it has to be; an address would be taken for localhost.
        ssl: isEncrypted && { host, ...(ca.length > 0 ? { ca } : {}) },
        max: 1,
        idle_timeout: 60,
        connect_timeout: 10,
        fetch_types: false,
        onnotice: () => {},
        connection: { application_name: 'tsalt' },
      });
    }

    async function letGo(): Promise<void> {
      const old = client;
      client = undefined;
      await old?.end({ timeout: 0 });
    }

    async function write(events: readonly BusEvent[]): Promise<void> {
      const isNew = client === undefined;
      const sql = (client ??= await connect());
      if (isNew && create_tables) await makeTables(sql);
      await sql.begin(async (transaction) => {
        for (const { statement, rows } of inserts(events, master)) await transaction.unsafe(statement, [rows]);
      });
    }

    return {
      async send(events, signal) {
        let end = (): void => {};
        // A transaction that waits for a lock does not hear that its connection is closed on this side.
        const over = new Promise<never>((_, reject) => {
          end = () => reject(returnerErrors.unreachable({ where, why: 'the time is up' }));
        });
        signal.addEventListener('abort', end, { once: true });
        try {
          await Promise.race([write(events), over]);
        } catch (error) {
          void letGo().catch(() => {});
          throw explained(error, where);
        } finally {
          signal.removeEventListener('abort', end);
        }
      },
      close: letGo,
    };
  },
});

async function makeTables(sql: Sql): Promise<void> {
  for (const [table, statements] of Object.entries(tables)) {
    const [found] = await sql.unsafe('select to_regclass($1::text) is not null as is_there', [table]);
    if (found?.['is_there'] !== true) for (const statement of statements) await sql.unsafe(statement);
  }
}

/** What PostgreSQL says of the data itself, it will say again: SQLSTATE classes of data, of integrity, and of limits. */
function explained(error: unknown, where: string): Error {
  if (error instanceof TsaltError) return error;
  const state = isMap(error) && error['name'] === 'PostgresError' ? String(error['code']) : undefined;
  if (state === undefined) return returnerErrors.unreachable({ where, why: messageOf(error) });
  const answer = `${state} ${messageOf(error)}`;
  return /^(?:22|23|54)/.test(state)
    ? returnerErrors.refused({ where, answer })
    : returnerErrors.badAnswer({ where, answer });
}
