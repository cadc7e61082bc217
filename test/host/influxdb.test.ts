import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { eventually } from '../kit/eventually.ts';
import { event, never, opened, returned } from '../returners/kit.ts';
import { openHosts, type Host, type Hosts } from './kit.ts';

let hosts: Hosts;
let host: Host;
test.before(async () => {
  hosts = await openHosts({ packages: ['influxdb', 'curl'] });
  host = await hosts.boot('metrics');
  await host.run('apt-get', 'update');
  await host.run('apt-get', 'install', '--yes', '--no-install-recommends', 'influxdb', 'curl');
  await host.run('systemctl', 'start', 'influxdb');
});
test.after.always(() => hosts.close());

const ask = (query: string): Promise<string> =>
  host.run(
    'curl',
    '-sS',
    '-u',
    'me:s3cret',
    '-G',
    'http://localhost:8086/query',
    '--data-urlencode',
    `q=${query}`,
    '--data-urlencode',
    'db=salt',
  );

const values = async (query: string): Promise<unknown> => {
  const { results } = JSON.parse(await ask(query)) as { results: { series?: { values: unknown }[] }[] };
  return results[0]?.series?.[0]?.values;
};

test('influxdb: a real one takes what is sent, twice is once, and it can go away and come back', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const password = path.join(directory, 'password');
  writeFileSync(password, 's3cret\n');
  const command = (query: string): Promise<string> =>
    host.run('curl', '-sS', '-f', 'http://localhost:8086/query', '--data-urlencode', `q=${query}`);
  await eventually(() => command('CREATE DATABASE salt'));
  await command("CREATE USER me WITH PASSWORD 's3cret' WITH ALL PRIVILEGES");
  const url = `http://${host.address}:8086`;
  const returner = await opened('influxdb', { url, database: 'salt', user: 'me', password_file: password, json: true });
  const odd = { 'a b,c=d\\': 1.5, 'x\ny': '2', time: 3, text: 'say "x\\"', success: 4 };
  const events = [
    returned(1, 'web1', 'test.echo', odd),
    returned(2, 'web2', 'test.echo', 7),
    event(3, 'collector/result', { id: 'web1', data: { tag: 'load', '1m': 0.5 } }),
  ];
  await returner.send(events, never);
  await host.run('systemctl', 'stop', 'influxdb');
  await t.throwsAsync(returner.send(events, never), { code: 'TS_RETURNER_UNREACHABLE' });
  await host.run('systemctl', 'start', 'influxdb');
  await eventually(async () => {
    await returner.send(events, never);
    return true;
  });
  t.deepEqual(await values('SELECT "a b,c=d_", "x_y", time_, success, "value", id FROM returns'), [
    ['2026-01-31T23:59:59.123000001Z', 1.5, 2, 3, true, null, 'web1'],
    ['2026-01-31T23:59:59.123000002Z', null, null, null, true, 7, 'web2'],
  ]);
  const [[, text]] = (await values('SELECT "return" FROM returns WHERE id = \'web1\'')) as [[number, string]];
  t.deepEqual(JSON.parse(text), odd);
  t.deepEqual(await values('SELECT "data.1m", event FROM events'), [
    ['2026-01-31T23:59:59.123000003Z', 0.5, 'collector/result'],
  ]);
  // A field of another type than it was about that time: it says so each time.
  await host.run(
    'curl',
    '-sS',
    '-u',
    'me:s3cret',
    'http://localhost:8086/write?db=salt',
    '--data-binary',
    'returns,fun=f,id=x clash="text" 1769903999123000000',
  );
  await t.throwsAsync(returner.send([returned(4, 'x', 'f', { clash: 1 })], never), {
    code: 'TS_RETURNER_REFUSED',
    message: /field type conflict/,
  });
});
