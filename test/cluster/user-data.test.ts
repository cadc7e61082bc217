import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { userData, type UserDataSpec } from '../../cluster/user-data.ts';
import { loadMasterConfig, loadMinionConfig } from '../../lib/config/load.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { isMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { serveBundles } from '../../master/bundle-server.ts';
import { needing } from '../kit/needing.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const hash = 'ab'.repeat(32);
const token = 'dG9rZW4tdGhhdC1pcy1zZWNyZXQ';

const spec: UserDataSpec = {
  id: 'worker-Ab3dEf',
  role: 'minion',
  master: '192.0.2.7',
  masterPort: 4506,
  masterKey: 'curve+key/==.aa:bb:cc',
  token,
  version: '0.1.0',
  bundles: { x64: hash, arm64: hash },
  bundlesFrom: 'http://192.0.2.7:4507/',
};

const masterSpec: UserDataSpec = { ...spec, role: 'master', id: 'head-1', bundlesFrom: 'https://mirror.example/tsalt' };

for (const [title, given] of [
  ['a minion', spec],
  ['a master', masterSpec],
] as const) {
  test(`user-data: of ${title}, is a script that shells accept, far below the limit`, (t) => {
    const made = userData(given);
    t.true(Buffer.byteLength(made) < 8192, `${Buffer.byteLength(made)} bytes`);
    for (const shell of ['sh', 'bash']) {
      const { status, stderr, error } = spawnSync(shell, ['-n'], { input: made, encoding: 'utf8' });
      if (error && 'code' in error && error.code === 'ENOENT') continue;
      t.is(status, 0, stderr);
    }
  });
}

test('user-data: the token, stands in one place and on no command line', (t) => {
  const made = userData(spec);
  t.is(made.split(token).length, 2);
  const lines = made.split('\n');
  const at = lines.indexOf(token);
  t.is(lines[at - 1], `put 0600 "$root/etc/tsalt/enrolment_token" <<'END'`);
  t.notRegex(made, /set -[a-z]*x/);
});

test('user-data: without a master key, trusts the first it is told', (t) => {
  const { masterKey: _, ...without } = spec;
  t.regex(userData(without), /"trust_first_use": true/);
});

const hostile: [title: string, change: Partial<UserDataSpec>][] = [
  ['a quote in the master', { master: "x'; rm -rf /" }],
  ['no master', { master: '' }],
  ['a blank in the address', { bundlesFrom: 'http://x y' }],
  ['another scheme', { bundlesFrom: 'file:///etc' }],
  ['a line break in the token', { token: 'a\nb' }],
  ['a dollar in the key', { masterKey: '$(id)' }],
  ['a hash that is none', { bundles: { x64: 'abc' } }],
  ['a path for a version', { version: '../../x' }],
  ['an id that is none', { id: "x'y" }],
];
for (const [title, change] of hostile) {
  test(`user-data: ${title}, is refused`, (t) => {
    t.throws(() => userData({ ...spec, ...change }), { instanceOf: TsaltError });
  });
}

test('user-data: more than clouds take, is refused with both numbers', (t) => {
  const error = t.throws(() => userData({ ...spec, minionConfig: { grains: { big: 'x'.repeat(17_000) } } }));
  t.regex(error?.message ?? '', /has \d{5} bytes; clouds take 16384 at most/);
});

/** What a script may use: the tools of a minimal Debian, and one that fetches. */
const tools =
  'sh uname cat chmod mv mkdir mktemp rm sleep cut sha256sum tar gzip dirname ln cp grep head readlink sync'.split(' ');

/** The system's own, whatever wrappers are on the PATH. */
function systemTool(name: string): string | undefined {
  return ['/usr/bin', '/bin'].map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

function toolbox(folder: string, fetcher: string): string {
  mkdirSync(folder);
  for (const tool of [...tools, fetcher]) symlinkSync(systemTool(tool) ?? '/nonexistent', path.join(folder, tool));
  return folder;
}

/** A machine in a directory. */
function sandbox(t: ExecutionContext) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-user-data-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const machine = path.join(folder, 'machine');
  mkdirSync(machine);
  return {
    folder,
    machine,
    read: (file: string) => readFileSync(path.join(machine, file), 'utf8'),
    run: async (script: string, bin: string) => {
      const child = spawn('/bin/sh', ['-s'], {
        env: { PATH: bin, DESTDIR: machine, LOGGED: path.join(folder, 'log') },
        cwd: '/',
      });
      child.stdin.end(script);
      const done = new Promise<number | null>((resolve) => child.once('close', resolve));
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      return { code: await done, out, err };
    },
  };
}

/** A bundle with the real installer and units, whose tsalt only notes what it is asked. */
function smallBundle(folder: string): string {
  const tree = path.join(folder, 'tree');
  cpSync(path.join(root, 'share'), tree, { recursive: true });
  writeFileSync(
    path.join(tree, 'bin', 'tsalt'),
    '#!/bin/sh\necho "$*" >>"$LOGGED"\ncase "$*" in "key finger --master") printf "master: tsalt1.curve.fin.ger\\nfingerprint: aa:bb\\n" ;; esac\n',
  );
  const bundles = path.join(folder, 'bundles');
  mkdirSync(bundles);
  spawnSync('tar', ['-czf', path.join(bundles, 'new'), '-C', tree, '.']);
  return addBundle(bundles, readFileSync(path.join(bundles, 'new')));
}

function addBundle(bundles: string, bytes: Buffer, name = createHash('sha256').update(bytes).digest('hex')): string {
  writeFileSync(path.join(bundles, `${name}.tar.gz`), bytes);
  return name;
}

async function serve(t: ExecutionContext, directory: string): Promise<string> {
  const server = await serveBundles({ interface: '127.0.0.1', port: 0, directory, masterKey: 'K', log: silent });
  t.teardown(() => server.stop());
  return `http://127.0.0.1:${server.port}`;
}

for (const fetcher of ['curl', 'wget', 'python3']) {
  needing(fetcher, systemTool(fetcher) !== undefined)(
    `user-data: on a machine with ${fetcher} alone, installs the bundle and writes the config`,
    async (t) => {
      const { folder, machine, read, run } = sandbox(t);
      const sha256 = smallBundle(folder);
      const bundlesFrom = await serve(t, path.join(folder, 'bundles'));
      const minionConfig = { grains: { note: 'it\'s "odd"\nEND\n$(id) `id` \\' }, collectors: 2 };
      const script = userData({ ...spec, bundlesFrom, bundles: { x64: sha256, arm64: sha256 }, minionConfig });

      const first = await run(script, toolbox(path.join(folder, 'bin'), fetcher));
      t.is(first.code, 0, first.err);
      t.false(`${first.out}${first.err}`.includes(token), 'the token is told to nobody');

      const home = path.join(machine, 'opt/tsalt', `0.1.0-${sha256.slice(0, 12)}`);
      t.is(readlinkSync(path.join(machine, 'opt/tsalt/current')), path.basename(home));
      t.deepEqual(readdirSync(path.join(machine, 'opt/tsalt')), [path.basename(home), 'current']);
      t.true(existsSync(path.join(machine, 'etc/systemd/system/tsalt-minion.service')));
      t.false(existsSync(path.join(machine, 'etc/systemd/system/tsalt-master.service')));
      t.is(statSync(path.join(machine, 'usr/local/bin/tsalt')).mode & 0o777, 0o755);
      t.is(statSync(path.join(machine, 'etc/tsalt')).mode & 0o777, 0o755);
      t.is(statSync(path.join(machine, 'etc/tsalt/enrolment_token')).mode & 0o777, 0o600);
      t.is(read('etc/tsalt/enrolment_token'), `${token}\n`);
      t.deepEqual(readdirSync(path.join(machine, 'var/lib/tsalt/bundles')), [], 'what was unpacked is not kept');

      const { config, warnings } = loadMinionConfig({ configDir: path.join(machine, 'etc/tsalt'), env: {} });
      t.deepEqual(warnings, []);
      t.like(config, { id: spec.id, master: '192.0.2.7', master_key: 'curve+key/==.aa:bb:cc', collectors: 2 });
      t.deepEqual(config.grains, minionConfig.grains);

      rmSync(path.join(machine, 'etc/tsalt/enrolment_token'));
      const second = await run(script, path.join(folder, 'bin'));
      t.is(second.code, 0);
      t.regex(second.err, /is installed already/);
      t.false(existsSync(path.join(machine, 'etc/tsalt/enrolment_token')), 'a used token does not come back');
    },
  );
}

test('user-data: a bundle that is not what was promised, is never unpacked', async (t) => {
  const { folder, machine, run } = sandbox(t);
  const bundles = path.join(folder, 'bundles');
  mkdirSync(bundles);
  addBundle(bundles, Buffer.from('something else'), hash);
  const bin = toolbox(path.join(folder, 'bin'), 'curl');
  // Waiting is all that this one leaves out.
  rmSync(path.join(bin, 'sleep'));
  writeFileSync(path.join(bin, 'sleep'), '#!/bin/sh\necho "$1" >>"$LOGGED"\n', { mode: 0o755 });
  const { code, err } = await run(userData({ ...spec, bundlesFrom: await serve(t, bundles) }), bin);
  t.is(code, 1);
  t.regex(err, /could not be fetched whole, trying again/);
  t.regex(err, /gave up: download/);
  t.deepEqual(readdirSync(path.join(machine, 'opt/tsalt')), []);
  t.false(existsSync(path.join(machine, 'etc')), 'and no config was written');
  const waits = readFileSync(path.join(folder, 'log'), 'utf8').trim().split('\n').map(Number);
  t.deepEqual(waits.slice(0, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
});

test('user-data: for a master, starts it, pins its key, accepts its own minion, applies its states', async (t) => {
  const { folder, machine, read, run } = sandbox(t);
  const sha256 = smallBundle(folder);
  const bundlesFrom = await serve(t, path.join(folder, 'bundles'));
  const script = userData({
    ...masterSpec,
    bundlesFrom,
    bundles: { x64: sha256, arm64: sha256 },
    masterConfig: { reactor: [{ 'salt/auth': ['builtin:auth'] }], bundle_server: true },
  });
  const { code, err } = await run(script, toolbox(path.join(folder, 'bin'), 'curl'));
  t.is(code, 0, err);
  t.deepEqual(readFileSync(path.join(folder, 'log'), 'utf8').trim().split('\n'), [
    'key finger --master',
    'key accept head-1',
    'call --local state.apply',
  ]);
  t.true(existsSync(path.join(machine, 'etc/systemd/system/tsalt-master.service')));
  t.is(read('etc/tsalt/minion.d/master-key.conf'), 'master_key: "tsalt1.curve.fin.ger"\n');
  t.true(existsSync(path.join(machine, 'var/lib/tsalt/bundles', `${sha256}.tar.gz`)), 'kept, to be served on');
  t.like(JSON.parse(read('var/lib/tsalt/bundles/bundles.json')), {
    version: '0.1.0',
    bundles: { [process.arch]: sha256 },
  });
  const configDir = path.join(machine, 'etc/tsalt');
  t.like(loadMasterConfig({ configDir, env: {} }).config, { bundle_server: true });
  t.like(loadMinionConfig({ configDir, env: {} }).config, { master: 'localhost', master_key: 'tsalt1.curve.fin.ger' });
});

test('dependencies: each one of package.json, is explained', (t) => {
  const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const explained = readFileSync(path.join(root, 'docs', 'dependencies.md'), 'utf8');
  const all = isMap(manifest) ? [manifest.dependencies, manifest.devDependencies] : [];
  const names = all.flatMap((part) => (isMap(part) ? Object.keys(part) : []));
  t.deepEqual(
    names.filter((name) => !explained.includes(`\`${name}\``)),
    [],
  );
});

test('bundle: made of the Node at hand, runs with an empty environment', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-bundle-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { arch } = process;
  const made = spawnSync(
    process.execPath,
    [
      path.join(root, 'scripts', 'minion-bundle.mjs'),
      '--arch',
      arch,
      '--out',
      folder,
      '--node',
      process.execPath,
      '--level',
      '0',
    ],
    { encoding: 'utf8' },
  );
  t.is(made.status, 0, made.stderr);
  const index: unknown = JSON.parse(readFileSync(path.join(folder, 'bundles.json'), 'utf8'));
  const sha256 = isMap(index) && isMap(index.bundles) ? String(index.bundles[arch]) : '';
  const file = path.join(folder, `${sha256}.tar.gz`);
  t.is(createHash('sha256').update(readFileSync(file)).digest('hex'), sha256, 'named by its hash');

  const tree = path.join(folder, 'tree');
  mkdirSync(tree);
  t.is(spawnSync('tar', ['-xzf', file, '-C', tree]).status, 0);
  for (const addon of ['zeromq.node', 'lmdb.node']) t.true(existsSync(path.join(tree, 'lib', addon)));
  t.true(readdirSync(path.join(tree, 'licenses')).includes('zeromq-LICENSE_MPL-2.0.txt'));
  const version = spawnSync(path.join(tree, 'bin', 'tsalt'), ['--version'], { env: {}, cwd: '/', encoding: 'utf8' });
  const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  t.is(version.stdout, `tsalt ${isMap(manifest) ? String(manifest.version) : ''}\n`, version.stderr);
  // A master and minions of the bundle's own: store, sockets and rendering processes are all in it.
  const demo = spawnSync(path.join(tree, 'bin', 'tsalt'), ['demo', '--once'], {
    env: { TMPDIR: folder },
    cwd: '/',
    encoding: 'utf8',
    timeout: 90_000,
  });
  t.is(demo.status, 0, demo.stdout.slice(-2000));
});
