import type { JsonMap } from '../../lib/json.ts';
import { certificate } from '../kit/certificate.ts';
import { eventually } from '../kit/eventually.ts';
import { needing } from '../kit/needing.ts';
import { postgresIsInstalled, startPostgres } from '../kit/postgres.ts';
import { event, never, opened, returned } from './kit.ts';

const withPostgres = needing('PostgreSQL', postgresIsInstalled);

withPostgres(
  'postgres: jobs, returns and events are rows of their tables, each once however often it is sent',
  async (t) => {
    const database = await startPostgres(t, 's3cret');
    const settings = { host: '127.0.0.1', port: database.port, password_file: database.passwordFile };
    const returner = await opened('postgres', settings);
    t.teardown(() => returner.close?.());
    const jid = '20260131235959120001';
    const events = [
      event(1, `salt/job/${jid}/new`, { jid, fun: 'test.echo', minions: ['web1'] }),
      returned(2, 'web1', 'test.echo', { text: `it's "x" \0 \\u0000 \ud800 ü` }),
      returned(3, 'web2', 'cmd.run', null, { success: false, retcode: 2 }),
      event(4, 'salt/auth', { id: 'web1', act: 'accept' }),
    ];
    await returner.send(events, never);
    await returner.send(events, never);
    t.is(database.ask(`select jid, load->'minions'->>0 from jids`), `${jid}|web1`);
    t.is(
      database.ask("select id, fun, success, full_ret->>'retcode', \"return\"->>'text' from salt_returns order by id"),
      `web1|test.echo|true|0|it's "x" \ufffd \\u0000 \ufffd ü\nweb2|cmd.run|false|2|`,
    );
    t.is(database.ask(`select alter_time at time zone 'UTC' from salt_returns limit 1`), '2026-01-31 23:59:59.123');
    t.is(database.ask('select id, tag, master_id from salt_events'), '4|salt/auth|test_master');
  },
);

withPostgres(
  'postgres: a server that goes away and comes back, or a password that is wrong, is said, and what is sent again arrives once',
  async (t) => {
    const database = await startPostgres(t, 'canary-3e5a');
    const settings = { host: '127.0.0.1', port: database.port, password_file: database.passwordFile };
    const returner = await opened('postgres', settings);
    t.teardown(() => returner.close?.());
    await returner.send([returned(1, 'web1', 'test.ping', true)], never);
    await database.stop();
    const gone = await t.throwsAsync(returner.send([returned(2, 'web1', 'test.ping', true)], never));
    t.regex(gone?.message ?? '', /PostgreSQL at 127\.0\.0\.1/);
    await database.start();
    await returner.send([returned(2, 'web1', 'test.ping', true)], never);
    t.is(database.ask('select count(*) from salt_returns'), '2');

    const wrong = await opened('postgres', { ...settings, user: 'nobody' });
    const error = await t.throwsAsync(wrong.send([returned(3, 'web1', 'test.ping', true)], never), {
      code: 'TS_RETURNER_BAD_ANSWER',
      message: /28P01 password authentication failed/,
    });
    t.notRegex(error?.message ?? '', /canary/);
    const encrypted = await opened('postgres', { ...settings, tls: true });
    await t.throwsAsync(encrypted.send([returned(3, 'web1', 'test.ping', true)], never), {
      code: 'TS_RETURNER_UNREACHABLE',
    });
  },
);

withPostgres('postgres: tables of a Salt master without the keys, are left as they are, and it is said', async (t) => {
  const database = await startPostgres(t, 's3cret');
  database.ask(`create table salt_returns (fun varchar(50) not null, jid varchar(255) not null, return jsonb not null,
    id varchar(255) not null, success varchar(10) not null, full_ret jsonb not null, alter_time timestamptz default now())`);
  const settings = { host: '127.0.0.1', port: database.port, password_file: database.passwordFile };
  const returner = await opened('postgres', settings);
  t.teardown(() => returner.close?.());
  const events = [returned(1, 'web1', 'test.ping', true)];
  await t.throwsAsync(returner.send(events, never), { code: 'TS_RETURNER_BAD_ANSWER', message: /42P10/ });
  database.ask('alter table salt_returns add primary key (jid, id)');
  await returner.send(events, never);
  t.is(database.ask('select id, success from salt_returns'), 'web1|true');
  // A name that is too long for their column is refused, and would be again.
  const long = [returned(2, 'web1', `a.${'b'.repeat(60)}`, true)];
  await t.throwsAsync(returner.send(long, never), { code: 'TS_RETURNER_REFUSED', message: /22001/ });
});

withPostgres('postgres: a server that does not answer, is given up when the time is up', async (t) => {
  const database = await startPostgres(t, 's3cret');
  const settings = { host: '127.0.0.1', port: database.port, password_file: database.passwordFile };
  const returner = await opened('postgres', settings);
  t.teardown(() => returner.close?.());
  await returner.send([returned(1, 'web1', 'test.ping', true)], never);
  const release = database.hold('begin; lock table salt_returns; select pg_sleep(600)');
  const waiting = (application: string, event: string): boolean =>
    database.ask(
      `select count(*) from pg_stat_activity where application_name = '${application}' and wait_event_type = '${event}'`,
    ) === '1';
  await eventually(() => waiting('psql', 'Timeout'));
  const over = new AbortController();
  const sent = t.throwsAsync(returner.send([returned(2, 'web1', 'test.ping', true)], over.signal), {
    code: 'TS_RETURNER_UNREACHABLE',
  });
  await eventually(() => waiting('tsalt', 'Lock'));
  over.abort();
  await sent;
  release();
  await returner.send([returned(2, 'web1', 'test.ping', true)], never);
  t.is(database.ask('select count(*) from salt_returns'), '2');
});

withPostgres('postgres over TLS: only a certificate that is trusted, and of that host, is believed', async (t) => {
  const own = certificate(t, 'DNS:localhost');
  const database = await startPostgres(t, 'canary-77', own);
  const settings = { port: database.port, password_file: database.passwordFile, tls: true };
  const send = async (more: JsonMap): Promise<void> => {
    const returner = await opened('postgres', { ...settings, ...more });
    try {
      await returner.send([returned(1, 'web1', 'test.ping', true)], never);
    } finally {
      await returner.close?.();
    }
  };
  const unreachable = { code: 'TS_RETURNER_UNREACHABLE' };
  await t.throwsAsync(send({ host: 'localhost' }), { ...unreachable, message: /self-signed certificate/ });
  await t.throwsAsync(send({ host: '127.0.0.1', ca_file: own.file }), {
    ...unreachable,
    message: /127\.0\.0\.1 is not in/,
  });
  await send({ host: 'localhost', ca_file: own.file });
  t.is(database.ask('select count(*) from salt_returns'), '1');
});
