import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { silent } from '../../lib/log.ts';
import { serveBundles } from '../../master/bundle-server.ts';

const bytes = Buffer.from('a bundle, for the sake of the test');
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** A server over a directory with one bundle and something that is none of anybody's business. */
async function setUp(t: ExecutionContext) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-bundles-'));
  mkdirSync(path.join(directory, 'secret'));
  writeFileSync(path.join(directory, `${sha256}.tar.gz`), bytes);
  writeFileSync(path.join(directory, 'bundles.json'), '{}');
  const server = await serveBundles({ interface: '127.0.0.1', port: 0, directory, masterKey: 'KEY', log: silent });
  t.teardown(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });
  return { server, directory, url: `http://127.0.0.1:${server.port}` };
}

/** What the server says to a request line as it stands: `fetch` would tidy it up. */
function raw(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

test('bundle server: a bundle, comes by the hash of its bytes', async (t) => {
  const { server, url } = await setUp(t);
  const response = await fetch(`${url}/${sha256}.tar.gz`);
  t.is(response.status, 200);
  t.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  t.is((await fetch(`${url}/${sha256}.tar.gz`, { method: 'HEAD' })).status, 200);
  t.is(await (await fetch(`${url}/master_key`)).text(), 'KEY\n');
  t.is(server.stats.refused, 0);
});

test('bundle server: a bundle that comes later, is there', async (t) => {
  const { directory, url } = await setUp(t);
  const name = `${'0'.repeat(64)}.tar.gz`;
  t.is((await fetch(`${url}/${name}`)).status, 404);
  writeFileSync(path.join(directory, name), 'late');
  t.is(await (await fetch(`${url}/${name}`)).text(), 'late');
});

const requests = [
  'GET / HTTP/1.1',
  'GET /bundles.json HTTP/1.1',
  'GET /secret HTTP/1.1',
  `GET /secret/../${sha256}.tar.gz HTTP/1.1`,
  `GET /./${sha256}.tar.gz HTTP/1.1`,
  `GET //${sha256}.tar.gz HTTP/1.1`,
  `GET /${sha256}.tar.gz?x=1 HTTP/1.1`,
  `GET /${sha256}.tar.gz%00 HTTP/1.1`,
  `GET /${sha256.toUpperCase()}.tar.gz HTTP/1.1`,
  'GET /../../../../etc/passwd HTTP/1.1',
  'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1',
  `GET http://127.0.0.1/${sha256}.tar.gz HTTP/1.1`,
  `POST /${sha256}.tar.gz HTTP/1.1`,
  'OPTIONS * HTTP/1.1',
  'NONSENSE',
];
for (const line of requests) {
  test(`bundle server: ${line}, gives nothing`, async (t) => {
    const { server } = await setUp(t);
    const answer = await raw(server.port, line);
    t.regex(answer, /^HTTP\/1\.1 4\d\d /);
    t.notRegex(answer, /root:|bundle, for/);
  });
}

test('bundle server: stopped, is gone with its connections', async (t) => {
  const { server } = await setUp(t);
  const socket = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await server.stop();
  await closed;
  await t.throwsAsync(fetch(`http://127.0.0.1:${server.port}/master_key`));
});

test('bundle server: a port that is taken, says so', async (t) => {
  const { server, directory } = await setUp(t);
  const again = { interface: '127.0.0.1', port: server.port, directory, masterKey: '', log: silent };
  await t.throwsAsync(serveBundles(again), { code: 'EADDRINUSE' });
});
