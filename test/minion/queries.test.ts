import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { QueryStep } from '../../lib/contracts/machine.ts';
import { createQueries } from '../../minion/machine/queries.ts';
import { fakeClock } from '../kit/clock.ts';

/** A server of the test's own, and the address it has. */
async function serve(t: ExecutionContext, answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const question = (url: string, more: Partial<QueryStep> = {}): QueryStep => ({
  do: 'query',
  url,
  method: 'GET',
  headers: {},
  verifyTls: true,
  timeoutMs: 5000,
  waitMs: 0,
  intervalMs: 1000,
  expected: { status: { oneOf: ['200'], whole: true } },
  ...more,
});

test('queries: a server is asked with method, headers and body, and what it says is the answer', async (t) => {
  const url = await serve(t, (request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => response.writeHead(201).end(`${request.method} ${String(request.headers['x-a'])} ${body}`));
  });
  const step = question(url, { method: 'POST', headers: { 'X-A': 'b' }, body: 'text' });
  t.deepEqual(await createQueries().perform(step), { did: 'query', status: 201, text: 'POST b text' });
});

test('queries: redirected, it follows, and tells another server none of its secrets', async (t) => {
  const other = await serve(t, (request, response) => response.end(`${request.headers.authorization}`));
  const url = await serve(t, (_, response) => response.writeHead(302, { location: `${other}/x` }).end());
  const answer = await createQueries().perform(question(url, { headers: { Authorization: 'Basic x' } }));
  t.like(answer, { status: 200, text: 'undefined' });
});

test('queries: not right yet, it asks again until it is, or the time is up', async (t) => {
  let asked = 0;
  const url = await serve(t, (_, response) => response.writeHead(++asked < 3 ? 503 : 200).end('ok'));
  const clock = fakeClock();
  const running = createQueries({ clock }).perform(question(url, { waitMs: 10_000 }));
  while (asked < 3) {
    if (clock.waiting > 0) clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.like(await running, { status: 200 });
  t.like(await createQueries().perform(question(url, { expected: { text: { pattern: '^no$' } } })), { text: 'ok' });
});

test('queries: nobody is there, that is said', async (t) => {
  const answer = await createQueries().perform(question('http://127.0.0.1:9'));
  t.like(answer, { status: undefined });
  t.regex(answer.did === 'query' ? (answer.error ?? '') : '', /ECONNREFUSED/);
});
