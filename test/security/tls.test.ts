import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { QueryStep } from '../../lib/contracts/machine.ts';
import { createDownloads } from '../../lib/sources/downloads.ts';
import { createQueries } from '../../minion/machine/queries.ts';
import { httpRegistry } from '../../reactors/http-registry.ts';

/* Whoever answers at an address is believed when its certificate is one that the machine trusts. */

const folder = mkdtempSync(path.join(tmpdir(), 'tsalt-tls-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const [key, cert] = [path.join(folder, 'key'), path.join(folder, 'cert')];
test.before(() => {
  const words = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  execFileSync('openssl', words, { stdio: 'ignore' });
});

async function listening(t: ExecutionContext, server: http.Server | https.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTPS server whose certificate nobody signed; it counts who got as far as asking, and what they told it. */
async function impostor(t: ExecutionContext, answer = 'safe'): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const plain = http.createServer((_, response) => void response.end('plain'));
  const elsewhere = `http://127.0.0.1:${await listening(t, plain)}`;
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = https.createServer(options, (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    if (request.url === '/down') response.writeHead(302, { location: elsewhere });
    response.end(answer);
  });
  return { url: `https://127.0.0.1:${await listening(t, server)}`, asked };
}

test('tls: a download from a server whose certificate nobody signed, is refused unless that is asked for', async (t) => {
  const { url, asked } = await impostor(t);
  const downloads = createDownloads();
  await t.throwsAsync(downloads.get(url), { message: /self-signed certificate/ });
  t.deepEqual(asked, []);
  t.deepEqual(await downloads.get(url, { verifyTls: false }), { content: Buffer.from('safe'), etag: undefined });
  await t.throwsAsync(downloads.get(`${url}/down`, { verifyTls: false }), {
    message: /from https only https is followed/,
  });
});

test('tls: a query to such a server, is not even asked', async (t) => {
  const { url, asked } = await impostor(t);
  const step: QueryStep = {
    do: 'query',
    url,
    method: 'POST',
    headers: { authorization: 'the secret' },
    body: 'the secret',
    verifyTls: true,
    timeoutMs: 10_000,
    expected: {},
    waitMs: 0,
    intervalMs: 1000,
  };
  const refused = await createQueries().perform(step);
  t.like(refused, { did: 'query', status: undefined });
  t.true(
    'error' in refused && refused.error?.startsWith('self-signed certificate'),
    'later versions of Node add advice',
  );
  t.deepEqual(asked, []);
  t.like(await createQueries().perform({ ...step, verifyTls: false }), { status: 200, text: 'safe' });
});

test('tls: a registry of machines that is not the one it should be, lets nobody in', async (t) => {
  const { url, asked } = await impostor(t, '[{"instance": {"instance_name": "w1"}}]');
  const { signal } = new AbortController();
  await t.throwsAsync(httpRegistry(url).find('w1', signal), { message: /self-signed certificate/ });
  t.deepEqual(asked, []);
});

test('tls: certificates are left unchecked in two places, where an operator may ask for it, and in no other', (t) => {
  const root = path.resolve(import.meta.dirname, '..', '..', '..');
  const sources = ['cli', 'cluster', 'lib', 'master', 'minion', 'pillar', 'reactors', 'states', 'wire'].flatMap(
    (room) =>
      readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => path.posix.join(room, name)),
  );
  const having = (pattern: RegExp): string[] =>
    sources.filter((name) => pattern.test(readFileSync(path.join(root, name), 'utf8'))).sort();
  t.deepEqual(having(/rejectUnauthorized/), ['lib/sources/downloads.ts', 'minion/machine/queries.ts']);
  t.deepEqual(
    having(/rejectUnauthorized: false|NODE_TLS_REJECT|checkServerIdentity|secureProtocol|--insecure|curl -k/),
    [],
  );
});
