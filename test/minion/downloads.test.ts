import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createDownloads } from '../../lib/sources/downloads.ts';
import { fakeClock } from '../kit/clock.ts';

async function serve(t: ExecutionContext, answer: RequestListener): Promise<string> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('downloads: a file, comes as its bytes, also when the server calls them packed', async (t) => {
  const bytes = Buffer.from([0, 1, 2, 255]);
  const url = await serve(t, (request, response) => {
    t.is(request.headers['accept-encoding'], 'identity');
    response.setHeader('content-encoding', 'gzip').setHeader('etag', '"one"').end(bytes);
  });
  t.deepEqual(await createDownloads().get(`${url}/a`), { content: bytes, etag: '"one"' });
});

test('downloads: what is here already, is not sent again', async (t) => {
  const url = await serve(t, (request, response) => {
    response.statusCode = request.headers['if-none-match'] === '"one"' ? 304 : 500;
    response.end();
  });
  t.is(await createDownloads().get(url, { etag: '"one"' }), 'unchanged');
});

test('downloads: redirections, are followed, but not for ever and nowhere odd', async (t) => {
  const passwords: (string | undefined)[] = [];
  const other = await serve(t, (request, response) => {
    passwords.push(request.headers.authorization);
    response.end('other');
  });
  const url = await serve(t, (request, response) => {
    passwords.push(request.headers.authorization);
    const targets: Record<string, string> = {
      '/a': '/b',
      '/circle': '/circle',
      '/odd': 'file:///etc/shadow',
      '/away': other,
    };
    const target = targets[request.url ?? ''];
    if (target !== undefined) response.writeHead(302, { location: target });
    response.end('here');
  });
  const downloads = createDownloads();
  t.deepEqual(await downloads.get(`${url}/a`), { content: Buffer.from('here'), etag: undefined });
  await t.throwsAsync(downloads.get(`${url}/circle`), { message: /leads through more than 10 redirections/ });
  await t.throwsAsync(downloads.get(`${url}/odd`), { message: /leads to file:\/\/\/etc\/shadow/ });
  passwords.length = 0;
  await downloads.get(`${url.replace('//', '//anna:secret@')}/away`);
  t.deepEqual(passwords, [`Basic ${Buffer.from('anna:secret').toString('base64')}`, undefined]);
});

test('downloads: what could not be had, is said without what its address may tell in confidence', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url?.startsWith('/round')) response.writeHead(302, { location: '/round?token=hunter3' });
    else if (request.url?.startsWith('/odd')) response.writeHead(302, { location: 'ftp://x/?token=hunter4' });
    else response.statusCode = 500;
    response.end();
  });
  const saidOf = async (address: string) => (await t.throwsAsync(createDownloads().get(address))).message;
  t.regex(await saidOf(`${url}/a?host=web1&token=hunter2`), /\/a\?\.\.\. could not be downloaded: it answered 500/);
  t.notRegex(await saidOf(`${url}/round`), /hunter/);
  t.notRegex(await saidOf(`${url}/odd`), /hunter/);
  t.is(
    await saidOf('http://anna:hunter2@no host/?token=hunter3'),
    'http://no host/?... is not an address that starts with http:// or https://',
  );
});

test('downloads: what is not there, or nobody serves, is said without the password', async (t) => {
  const url = await serve(t, (_, response) => void response.writeHead(404).end());
  const downloads = createDownloads();
  const failed = await t.throwsAsync(downloads.get(`${url.replace('//', '//anna:secret@')}/a`));
  t.is(failed.message, `${url}/a could not be downloaded: it answered 404 Not Found`);
  await t.throwsAsync(downloads.get('http://127.0.0.1:1/a'), { message: /ECONNREFUSED/ });
  await t.throwsAsync(downloads.get('ftp://127.0.0.1/a'), { message: /is not an address that starts with http/ });
});

test('downloads: too much, and what breaks off, are refused', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/short') {
      response.writeHead(200, { 'content-length': 100 }).write('x');
      setImmediate(() => response.destroy());
    } else if (request.url === '/says') response.writeHead(200, { 'content-length': 100 }).end('x'.repeat(100));
    else response.end('x'.repeat(100));
  });
  const downloads = createDownloads(undefined, { maxBytes: 99 });
  await t.throwsAsync(downloads.get(`${url}/streams`), { message: /is larger than the 99 bytes that are taken/ });
  await t.throwsAsync(downloads.get(`${url}/says`), { message: /is larger than the 99 bytes that are taken/ });
  await t.throwsAsync(createDownloads().get(`${url}/short`), { message: /was cut off after 1 bytes/ });
});

test('downloads: a server that falls silent, is not waited for', async (t) => {
  const clock = fakeClock();
  const url = await serve(t, (_, response) => {
    response.writeHead(200).write('x');
    clock.advance(60_000);
  });
  await t.throwsAsync(createDownloads(clock).get(url), { message: /sent nothing for 60 s/ });
});
