import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { Json } from '../../lib/json.ts';
import { influxLine } from '../../returners/influxdb-line.ts';
import { event, never, opened, returned } from './kit.ts';

test('influxdb: a return, is a point with its numbers by their keys', (t) => {
  const value = { load: { '1m': 0.25, text: 'x' }, free: '12', disk: { '/a b,c=d\\': 3 } };
  t.is(
    influxLine(returned(1_000_042, 'web1', 'status.all', value), false),
    'returns,fun=status.all,id=web1 load.1m=0.25,free=12,disk./a\\ b\\,c\\=d_=3,jid="20260131235959121000042",success=true,retcode=0i 1769903999123000042\n',
  );
});

test('influxdb: a return that is a number itself, and one that has none, are points too', (t) => {
  t.regex(influxLine(returned(7, 'web1', 'test.echo', 4), false) ?? '', /^returns,fun=test.echo,id=web1 value=4,jid="/);
  t.regex(influxLine(returned(7, 'web1', 'test.ping', true), false) ?? '', /^returns,fun=test.ping,id=web1 jid="/);
});

test('influxdb: quotes and line ends, end no field and no line', (t) => {
  const line = influxLine(returned(7, 'web1', 'cmd.run', 'say "x\\"\n', { retcode: 1 }), true) ?? '';
  t.true(line.includes('return="\\"say \\\\\\"x\\\\\\\\\\\\\\"\\\\n\\""'), line);
  const key = influxLine(returned(7, 'web1', 'a.b', { 'x\ny': 1, time: 2 }), false) ?? '';
  t.regex(key, / x_y=1,time_=2,jid=/);
  t.is(key.split('\n').length, 2);
});

test('influxdb: another event, is a point of its numbers, or none', (t) => {
  const sample = event(5, 'collector/result', { id: 'web1', data: { tag: 'load', '1m': 1 }, ts: 12 });
  t.is(influxLine(sample, false), 'events,event=collector/result,id=web1 data.1m=1 1769903999123000005\n');
  t.is(influxLine(event(5, 'salt/auth', { id: 'web1', act: 'pend' }), false), undefined);
});

test('influxdb: numbers under a very long name or very deep, are left out of the point', (t) => {
  let deep: Json = 1;
  for (let depth = 0; depth < 3000; depth++) deep = { '': deep };
  const value = { ['k'.repeat(256)]: { a: 1 }, [`${'k'.repeat(253)}`]: { b: 2 }, deep, last: 3 };
  const line = influxLine(returned(7, 'web1', 'a.b', value), false) ?? '';
  t.regex(line, /^returns,fun=a.b,id=web1 k{253}\.b=2,last=3,jid=/);
});

for (const [version, settings, target, authorization] of [
  ['1', { database: 'salt', user: 'me', password_file: true }, '/write?db=salt&precision=ns', 'Basic bWU6czNjcmV0'],
  ['2', { org: 'o p', bucket: 'b', token_file: true }, '/api/v2/write?org=o+p&bucket=b&precision=ns', 'Token s3cret'],
] as const) {
  test(`influxdb ${version}: a batch is one request, signed with what the file holds`, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-test-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const secret = path.join(directory, 'secret');
    writeFileSync(secret, 's3cret\n');
    const asked: { request: IncomingMessage; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        asked.push({ request, body });
        response.writeHead(asked.length === 1 ? 204 : 401).end('{"error":"token s3cret is unknown"}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const own = Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [key, value === true ? secret : value]),
    );
    const returner = await opened('influxdb', { url, ...own });
    await returner.send([returned(1, 'a', 'test.ping', 1), returned(2, 'b', 'test.ping', 2)], never);
    const [first] = asked;
    t.deepEqual([first?.request.method, first?.request.url], ['POST', target]);
    t.is(first?.request.headers.authorization, authorization);
    t.is(first?.body.split('\n').length, 3);
    const error = await t.throwsAsync(returner.send([returned(3, 'a', 'test.ping', 1)], never), {
      code: 'TS_RETURNER_BAD_ANSWER',
    });
    t.regex(error?.message ?? '', /answered 401 .*token \*\*\* is unknown/);
    await returner.send([event(4, 'salt/auth', { act: 'pend' })], never);
    t.is(asked.length, 2, 'nothing to write, nothing asked');
  });
}
