import test from 'ava';
import { openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';
import { onHost, type Applied } from './state-apply.ts';

let hosts: Hosts;
let host: Host;
let apply: (sls: string, ...more: string[]) => Promise<Applied>;
test.before(async () => {
  hosts = await openHosts({ binds: tsaltBinds, packages: ['postgresql'] });
  host = await hosts.boot('databases');
  await host.run('apt-get', 'update');
  await host.run('apt-get', 'install', '--yes', '--no-install-recommends', 'postgresql');
  apply = onHost(host);
});
test.after.always(() => hosts.close());

const ask = (sql: string): Promise<string> =>
  host.run(
    'runuser',
    '-u',
    'postgres',
    '--',
    'psql',
    '--no-align',
    '--tuples-only',
    '--dbname=shop',
    `--command=${sql}`,
  );

test.serial(
  'postgres: users, databases and extensions are made once; the password works and is seen nowhere',
  async (t) => {
    const sls = `
readers:
  postgres_user.present: [{login: false}]
app:
  postgres_user.present: [{password: 'it''s "secret"'}, {createdb: true}, {groups: [readers]}, {valid_until: '2040-01-01'}]
odd "name":
  postgres_user.present: [{password: other}, {encrypted: md5}]
shop:
  postgres_database.present: [{owner: app}, {encoding: UTF8}, {lc_collate: C}, {lc_ctype: C.UTF-8}, {template: template0}]
plpgsql:
  postgres_extension.present: [{maintenance_db: shop}]
pgcrypto:
  postgres_extension.absent: [{maintenance_db: shop}]
`;
    const foretold = await apply(sls, 'test=true');
    t.deepEqual(foretold.failed, []);
    const first = await apply(sls);
    t.deepEqual([first.failed, first.changed.map(({ id }) => id)], [[], ['readers', 'app', 'odd "name"', 'shop']]);
    t.notRegex(JSON.stringify(first), /secret/);
    t.notRegex(await host.run('sh', '-c', 'cat /var/log/postgresql/*'), /secret/);
    t.is(
      await ask("SELECT rolcreatedb, rolcanlogin, rolpassword LIKE 'SCRAM%' FROM pg_authid WHERE rolname = 'app'"),
      't|t|t',
    );
    t.is(
      await ask("SELECT pg_get_userbyid(datdba), datcollate, datctype FROM pg_database WHERE datname = 'shop'"),
      'app|C|C.UTF-8',
    );
    const login = async (user: string, password: string): Promise<string> => {
      const { stdout, stderr } = await host.exec(
        [
          'psql',
          '--host=127.0.0.1',
          `--username=${user}`,
          '--dbname=shop',
          '--no-align',
          '--tuples-only',
          '--command=SELECT 42',
        ],
        { env: { PGPASSWORD: password } },
      );
      return stdout.trim() || stderr;
    };
    t.is(await login('app', `it's "secret"`), '42');
    t.regex(await login('app', 'wrong'), /password authentication failed/);
    t.deepEqual((await apply(sls)).changed, [], 'the passwords are compared, not set again');
  },
);

test.serial('postgres: what differs is changed, and what is not wanted goes', async (t) => {
  const changed = await apply(`
app:
  postgres_user.present: [{password: newer}, {createdb: false}, {createroles: true}]
shop:
  postgres_database.present: [{owner: readers}]
`);
  t.deepEqual(changed.failed, []);
  t.deepEqual(changed.changed[0]?.changes, { app: { createdb: false, createroles: true, password: true } });
  t.is(await ask("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'shop'"), 'readers');
  const owned = await apply(`
readers:
  postgres_user.absent: []
`);
  t.regex(owned.failed.join(), /cannot be dropped because some objects depend on it/);
  const sls = `
shop:
  postgres_database.absent: []
app:
  postgres_user.absent: []
readers:
  postgres_user.absent: []
`;
  const gone = await apply(sls);
  t.deepEqual([gone.failed, gone.changed.length], [[], 3]);
  t.deepEqual((await apply(sls)).changed, []);
});

test.serial('systemd: a unit is judged before it is written, a drop-in and a timer are read at once', async (t) => {
  const sls = `
probe.service:
  systemd.unit:
    - sections:
        Unit: {Description: to try out}
        Service: {ExecStart: /usr/bin/sleep infinity}
        Install: {WantedBy: multi-user.target}
  service.running:
    - enable: true
    - watch: [{systemd: probe.service}, {systemd: limits}]
limits:
  systemd.dropin: [{unit: probe.service}, {sections: {Service: {LimitNOFILE: 4321}}}]
tidy:
  systemd.timer:
    - command: [/bin/sh, -c, 'echo "a $((40 + 2)) 100%" > /run/tidied']
    - on_calendar: '*-*-* 03:00'
    - persistent: true
`;
  const foretold = await apply(sls, 'test=true');
  t.deepEqual([foretold.failed, foretold.results.map(({ result }) => result)], [[], [null, null, null, null]]);
  t.deepEqual((await apply(sls)).failed, []);
  t.is(await host.run('systemctl', 'show', '--property=LimitNOFILE,ActiveState', '--value', 'probe'), '4321\nactive');
  t.regex(await host.run('systemctl', 'list-timers', '--all'), /03:00:00.*tidy\.timer/);
  await host.run('systemctl', 'start', 'tidy.service');
  t.is(await host.run('cat', '/run/tidied'), 'a 42 100%');
  t.deepEqual((await apply(sls)).changed, []);

  const wrong = await apply(
    sls
      .replace('Service: {ExecStart:', 'Service: {Restrat: always, ExecStart:')
      .replace('*-*-* 03:00', 'Someday 03:00'),
  );
  t.regex(wrong.failed.join('\n'), /probe\.service: .*Restrat/s);
  t.regex(wrong.failed.join('\n'), /tidy: .*Someday/s);
  t.notRegex(
    await host.run('cat', '/etc/systemd/system/probe.service', '/etc/systemd/system/tidy.timer'),
    /Restrat|Someday/,
  );
});
