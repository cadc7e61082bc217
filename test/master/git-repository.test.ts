import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { readRefs, readTree } from '../../lib/git/kept.ts';
import { dropBroken, updateRepository, type ToKeep, type Updated } from '../../master/git/repository.ts';
import { repositoryIn, type TestRepository } from '../kit/git.ts';
import { folder } from '../store/folder.ts';

function kept(t: ExecutionContext, url: string, more: Partial<ToKeep['repository']> = {}) {
  const directory = folder(t);
  const one: ToKeep = {
    repository: { url, ssl_verify: true, ...more },
    remote: 'the remote',
    directory,
    wanted: ({ branch }) => new Set(branch.values()),
    commits: [],
  };
  const update = (changes: Partial<ToKeep> = {}): Promise<Updated> =>
    updateRepository({ ...one, ...changes }, { clock: systemClock, signal: new AbortController().signal });
  return { directory, update };
}

const originIn = (t: ExecutionContext): TestRepository => repositoryIn(path.join(folder(t), 'origin'));
const blobsIn = (directory: string): string[] => readdirSync(path.join(directory, 'blobs'));

test('a repository: what is served no longer stays for an hour, and goes with the update after that', async (t) => {
  const origin = originIn(t);
  const first = origin.commit({ a: 'one', same: 'same' });
  const { directory, update } = kept(t, origin.directory);
  await update();
  const second = origin.commit({ a: 'two' });
  t.deepEqual(await update(), { changed: true, failures: [] });
  t.is(blobsIn(directory).length, 3);
  t.truthy(readTree(directory, first));
  const long = Date.now() / 1000 - 3700;
  utimesSync(path.join(directory, 'trees', `${first}.json`), long, long);
  const third = origin.commit({ b: 'three' });
  await update();
  t.is(readTree(directory, first), undefined);
  t.deepEqual(readRefs(directory)?.branch, new Map([['master', third]]));
  t.is(blobsIn(directory).length, 3);
  t.truthy(readTree(directory, second));
  t.is((await update()).changed, false);
});

test('a repository: a file that was cut short, is laid down again', async (t) => {
  const origin = originIn(t);
  const id = origin.commit({ a: 'one', b: 'two' });
  const { directory, update } = kept(t, origin.directory);
  await update();
  const [, sha256 = ''] = readTree(directory, id)?.[0] ?? [];
  const file = path.join(directory, 'blobs', sha256);
  truncateSync(file, 1);
  await dropBroken(directory);
  await update();
  t.is(readFileSync(file, 'utf8'), 'one');
  t.is(readTree(directory, id)?.length, 2);
});

test('a repository: a commit that can not be had is told, and keeps nothing from the others', async (t) => {
  const origin = originIn(t);
  origin.commit({ a: 'one' });
  const { directory, update } = kept(t, origin.directory);
  const none = 'f'.repeat(40);
  const { changed, failures } = await update({ commits: [none] });
  t.true(changed);
  t.regex(failures.join(), /git, fetching the remote: /);
  t.deepEqual([...(readRefs(directory)?.branch.keys() ?? [])], ['master']);
  t.is(readRefs(directory)?.sha.size, 0);
});

test('a repository: no hook, no filter and no config of a repository is run', async (t) => {
  const origin = originIn(t);
  const mark = path.join(origin.directory, '..', 'ran');
  origin.commit({
    '.gitattributes': '* filter=evil\n',
    '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ext::sh\n',
    a: 'x',
  });
  const { directory, update } = kept(t, origin.directory);
  await update();
  const hooks = path.join(directory, 'repository', 'hooks');
  t.false(existsSync(hooks), 'it is made without any');
  mkdirSync(hooks);
  for (const hook of ['reference-transaction', 'pre-auto-gc'])
    writeFileSync(path.join(hooks, hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
  origin.commit({ a: 'y' });
  t.true((await update()).changed);
  t.false(existsSync(mark));
});

test('a repository: a header from a file reaches the server, and no error', async (t) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, answer) => {
    seen.push(request.headers.authorization);
    answer.writeHead(403).end('hunter2 said no\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const header = path.join(folder(t), 'header');
  writeFileSync(header, 'Authorization: Bearer hunter2\n');
  const { port } = server.address() as AddressInfo;
  const { update } = kept(t, `http://127.0.0.1:${String(port)}/x.git`, { http_header_file: header });
  const error = await t.throwsAsync(update(), { code: 'TS_GIT_FAILED' });
  t.is(seen[0], 'Bearer hunter2');
  t.false(error.message.includes('Bearer'), error.message);
});

test('a repository: who is asked too long, is given up', async (t) => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { directory } = kept(t, '');
  const ending = new AbortController();
  // Its time is over as soon as git was started.
  const clock = {
    ...systemClock,
    after: (ms: number, call: () => void) => systemClock.after(ms > 5000 ? 300 : ms, call),
  };
  const one: ToKeep = {
    repository: { url: `http://127.0.0.1:${String(port)}/x.git`, ssl_verify: true },
    remote: 'the remote',
    directory,
    wanted: () => new Set(),
    commits: [],
  };
  await t.throwsAsync(updateRepository(one, { clock, signal: ending.signal }), { code: 'TS_GIT_TOOK_TOO_LONG' });
});
