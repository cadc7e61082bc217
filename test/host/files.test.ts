import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';

let hosts: Hosts;
let host: Host;
const served: string[] = [];
const archive = Buffer.from('what is worth downloading\n');
const server = http.createServer((request, response) => {
  served.push(request.url ?? '');
  if (request.url === '/moved') response.writeHead(302, { location: '/app-1.2.bin' }).end();
  else if (request.url === '/app-1.2.bin') response.end(archive);
  else if (request.url === '/SHA256SUMS') {
    response.end(`${createHash('sha256').update(archive).digest('hex')}  app-1.2.bin\n`);
  } else response.writeHead(404).end();
});

test.before(async () => {
  hosts = await openHosts({ binds: tsaltBinds, packages: ['patch'] });
  host = await hosts.boot('files');
  await host.run('apt-get', 'update');
  await host.run('apt-get', 'install', '--yes', 'patch');
  await new Promise<void>((resolve) => server.listen(0, hosts.gateway, resolve));
});
test.after.always(async () => {
  server.close();
  await hosts.close();
});

const call = [
  '/usr/local/bin/node',
  '/opt/tsalt/bin/tsalt.cjs',
  'call',
  '--local',
  '--file-root',
  '/srv/states',
  '--out',
  'json',
];

/** What came of the states of a file, by their ids. */
async function apply(sls: string, ...words: string[]): Promise<Record<string, StateResult>> {
  await host.push('/srv/states/x.sls', sls);
  const { stdout, stderr } = await host.exec([...call, 'state.apply', 'x', ...words]);
  const { local } = JSON.parse(stdout || '{}') as { local?: Record<string, StateResult> | string[] };
  if (local === undefined || Array.isArray(local)) throw new Error(local?.join('\n') ?? stderr);
  return Object.fromEntries(Object.values(local).map((result) => [result.__id__, result]));
}

/** Applied, it changes what test mode foretold; then there is nothing left to do. */
async function applyTwice(
  t: { deepEqual(a: unknown, b: unknown): void },
  sls: string,
): Promise<Record<string, StateResult>> {
  const foretold = await apply(sls, 'test=True');
  const first = await apply(sls);
  for (const [id, { result, changes, comment }] of Object.entries(first)) {
    t.deepEqual([id, result, changes], [id, true, foretold[id]?.changes]);
    if (result !== true) throw new Error(comment);
  }
  for (const [id, { result, changes }] of Object.entries(await apply(sls))) {
    t.deepEqual([id, result, changes], [id, true, {}]);
  }
  return first;
}

test.serial('file.managed: attributes are given, and survive that the content changes', async (t) => {
  const sls = (text: string): string => `
/srv/plain:
  file.managed:
    - contents: ${text}
    - attrs: dA
`;
  await applyTwice(t, sls('one'));
  await applyTwice(t, sls('two'));
  t.is(await host.run('cat', '/srv/plain'), 'two');
  t.regex((await host.run('lsattr', '-d', '/srv/plain')).split(' ')[0] ?? '', /^[^i]*d[^i]*A|^[^i]*A[^i]*d/);
});

test.serial('file.mknod: a device and a pipe are made, with their owner and mode', async (t) => {
  await applyTwice(
    t,
    `
/srv/dev/null:
  file.mknod: [ntype: c, major: 1, minor: 3, mode: '0666']
/srv/pipe:
  file.mknod: [ntype: p, user: daemon, mode: '0620']
`,
  );
  t.is(await host.run('stat', '--format=%F %t %T %a', '/srv/dev/null'), 'character special file 1 3 666');
  t.is(await host.run('stat', '--format=%F %U %a', '/srv/pipe'), 'fifo daemon 620');
  const other = await apply('/srv/pipe:\n  file.mknod: [ntype: b, major: 1, minor: 3]\n');
  t.is(other['/srv/pipe']?.comment, 'File /srv/pipe exists and is not a block device. Refusing to continue');
});

test.serial('file.managed: what its check_cmd refuses, is not put in place', async (t) => {
  const sls = (text: string): string => `
/etc/sudoers.d/ours:
  file.managed:
    - contents: ${text}
    - makedirs: True
    - check_cmd: grep --line-number good
    - tmp_dir: /var/tmp
    - tmp_ext: .checked
`;
  await applyTwice(t, sls('good'));
  const refused = (await apply(sls('bad')))['/etc/sudoers.d/ours'];
  t.is(refused?.result, false);
  t.regex(refused?.comment ?? '', /^check_cmd execution failed/);
  t.is(await host.run('cat', '/etc/sudoers.d/ours'), 'good');
  t.is(await host.run('find', '/var/tmp', '-name', '.tsalt*'), '');
});

test.serial('file.patch: a file and a directory are patched once', async (t) => {
  await host.push('/srv/app/a.conf', 'one\ntwo\n');
  await host.push('/srv/app/b.conf', 'three\n');
  await host.push('/srv/states/a.patch', '--- a.conf\n+++ a.conf\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n');
  await host.push(
    '/srv/states/all.patch',
    '--- x/a.conf\n+++ x/a.conf\n@@ -1,2 +1,2 @@\n-one\n+ONE\n TWO\n--- x/b.conf\n+++ x/b.conf\n@@ -1 +1 @@\n-three\n+THREE\n',
  );
  await applyTwice(t, '/srv/app/a.conf:\n  file.patch:\n    - source: salt://a.patch\n');
  await applyTwice(t, '/srv/app:\n  file.patch:\n    - source: salt://all.patch\n    - strip: 1\n');
  t.is(await host.run('cat', '/srv/app/a.conf', '/srv/app/b.conf'), 'ONE\nTWO\nTHREE');
  t.is(await host.run('ls', '/srv/app'), 'a.conf\nb.conf');
  await host.push('/srv/app/a.conf', 'something else\n');
  const refused = (await apply('/srv/app/a.conf:\n  file.patch:\n    - source: salt://a.patch\n'))['/srv/app/a.conf'];
  t.regex(refused?.comment ?? '', /^Patch would not apply cleanly, no changes made\.[^]*FAILED/);
  t.is(await host.run('cat', '/srv/app/a.conf'), 'something else');
});

test.serial(
  'file.managed: a source of a web server, comes once and only if it is the one that was hashed',
  async (t) => {
    const url = `http://${hosts.gateway}:${(server.address() as AddressInfo).port}`;
    const sls = `
/srv/app.bin:
  file.managed:
    - source: ${url}/moved
    - source_hash: ${url}/SHA256SUMS
    - source_hash_name: app-1.2.bin
    - mode: '0755'
`;
    await applyTwice(t, sls);
    t.is(await host.run('stat', '--format=%a', '/srv/app.bin'), '755');
    t.is(await host.run('cat', '/srv/app.bin'), archive.toString('utf8').trim());
    served.length = 0;
    await apply(sls);
    t.deepEqual(served, ['/SHA256SUMS']);
    const other = await apply(
      `/srv/other:\n  file.managed: [source: '${url}/moved', source_hash: ${'f'.repeat(64)}]\n`,
    );
    t.regex(other['/srv/other']?.comment ?? '', /does not match actual checksum/);
    const bare = await apply(`/srv/other:\n  file.managed: [source: '${url}/moved']\n`);
    t.regex(bare['/srv/other']?.comment ?? '', /^Unable to verify upstream hash/);
    t.is((await host.exec(['test', '-e', '/srv/other'])).code, 1);
  },
);

test.serial('file.accumulated: what states gather, is in the template of the file that requires them', async (t) => {
  await host.push('/srv/states/pets.conf', '{{#each accumulator.pets}}pet {{this}}\n{{/each}}');
  const sls = `
cats:
  file.accumulated: [name: pets, filename: /srv/pets, text: [cat, lynx], require_in: [file: /srv/pets]]
dogs:
  file.accumulated: [name: pets, filename: /srv/pets, text: dog, require_in: [file: /srv/pets]]
cows:
  file.accumulated: [name: pets, filename: /srv/pets, text: cow, require_in: [file: /srv/pets], onlyif: 'false']
/srv/pets:
  file.managed: [source: 'salt://pets.conf', template: handlebars]
`;
  await applyTwice(t, sls);
  t.is(await host.run('cat', '/srv/pets'), 'pet cat\npet lynx\npet dog');
  const orphan = await apply('cats:\n  file.accumulated: [name: pets, filename: /srv/pets, text: cat]\n');
  t.regex(orphan['cats']?.comment ?? '', /^Orphaned accumulator pets/);
});
