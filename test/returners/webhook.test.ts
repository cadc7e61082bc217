import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { certificate } from '../kit/certificate.ts';
import { never, opened, returned } from './kit.ts';

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function folder(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('webhook: a batch is one POST of JSON, with the token of the file as it is now', async (t) => {
  const token = path.join(folder(t), 'token');
  const bodies: unknown[] = [];
  const seen: (string | undefined)[] = [];
  const port = await listening(
    t,
    createHttp((request, response) => {
      seen.push(request.headers.authorization);
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        bodies.push(JSON.parse(text));
        response.writeHead(202).end();
      });
    }),
  );
  const returner = await opened('webhook', { url: `http://127.0.0.1:${port}/x`, token_file: token });
  const events = [returned(1, 'web1', 'test.echo', 'ü'), returned(2, 'web2', 'test.ping', true)];
  await t.throwsAsync(returner.send(events, never), { code: 'TS_RETURNER_NO_SECRET', message: /token can't be read/ });
  writeFileSync(token, 'one\n');
  await returner.send(events, never);
  writeFileSync(token, 'two\n');
  await returner.send(events, never);
  t.deepEqual(seen, ['Bearer one', 'Bearer two']);
  const shown = events.map(({ seq, tag, data }) => ({ number: seq, tag, data }));
  t.deepEqual(bodies[0], { master: 'test_master', events: shown });
});

for (const [status, code] of [
  [400, 'TS_RETURNER_REFUSED'],
  [413, 'TS_RETURNER_REFUSED'],
  [422, 'TS_RETURNER_REFUSED'],
  [302, 'TS_RETURNER_BAD_ANSWER'],
  [401, 'TS_RETURNER_BAD_ANSWER'],
  [404, 'TS_RETURNER_BAD_ANSWER'],
  [429, 'TS_RETURNER_BAD_ANSWER'],
  [503, 'TS_RETURNER_BAD_ANSWER'],
] as const) {
  test(`webhook: an answer of ${status}, is ${code}`, async (t) => {
    const answer: RequestListener = (_, response) =>
      void response.writeHead(status, { location: '/elsewhere' }).end('no\nthanks');
    const port = await listening(t, createHttp(answer));
    const returner = await opened('webhook', { url: `http://127.0.0.1:${port}/x?key=canary` });
    const error = await t.throwsAsync(returner.send([returned(1, 'a', 'b.c', 1)], never), { code });
    t.regex(error?.message ?? '', new RegExp(`${status} no thanks`));
    t.notRegex(error?.message ?? '', /canary/);
  });
}

test('webhook: nobody listens, or never answers, is said', async (t) => {
  const server = createHttp(() => {});
  const port = await listening(t, server);
  const returner = await opened('webhook', { url: `http://127.0.0.1:${port}/` });
  const over = new AbortController();
  server.once('request', () => over.abort());
  await t.throwsAsync(returner.send([returned(1, 'a', 'b.c', 1)], over.signal), { code: 'TS_RETURNER_UNREACHABLE' });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await t.throwsAsync(returner.send([returned(1, 'a', 'b.c', 1)], never), {
    message: /can't be reached: .*ECONNREFUSED/,
  });
});

test('webhook: a certificate of nobody that is trusted, is refused; with ca_file it is believed', async (t) => {
  const own = certificate(t);
  const port = await listening(t, createHttps(own, (_, response) => void response.end()) as unknown as Server);
  const url = `https://127.0.0.1:${port}/`;
  const events = [returned(1, 'a', 'b.c', 1)];
  await t.throwsAsync((await opened('webhook', { url })).send(events, never), { message: /self-signed certificate/ });
  await t.notThrowsAsync((await opened('webhook', { url, ca_file: own.file })).send(events, never));
});
