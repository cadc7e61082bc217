import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { Json, JsonMap } from '../../lib/json.ts';
import { version } from '../../lib/version.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

const sha256 = 'ab'.repeat(32);

function makeBundles(cluster: Cluster): string {
  const directory = path.join(cluster.directory, 'bundles');
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'bundles.json'), JSON.stringify({ version, bundles: { x64: sha256 } }));
  return directory;
}

/** The part of a script that is the file's text, read as config: one JSON value an option. */
function configIn(script: string, file: string): JsonMap {
  const [, text = ''] =
    new RegExp(`^put \\d+ "\\$root${file.replaceAll('.', '\\.')}" <<'END'\n(.*?)^END$`, 'ms').exec(script) ?? [];
  const lines = text.trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^("[^"]+"): (.*)$/.exec(line) ?? [];
      return [JSON.parse(name) as string, JSON.parse(value) as Json];
    }),
  );
}

test('user-data: by a master that serves bundles, a minion with that config is let in', async (t) => {
  const cluster = await startCluster(t, { bundle_server: true, reactor: [{ 'salt/auth': ['builtin:auth'] }] });
  const bundles = makeBundles(cluster);
  write(cluster.pillar, 'top.sls', "base:\n  '*': [timed]\n");
  write(
    cluster.pillar,
    'timed.sls',
    'schedule:\n  beat:\n    function: test.ping\n    seconds: 1\n    run_on_start: true\n',
  );
  const args = ['user-data', 'web-1', '--master', '127.0.0.1', '--roles', 'web,db', '--bundle-dir', bundles];
  const { code, stdout, stderr } = await cluster.tsalt(...args);
  t.is(code, 0, stderr);
  t.true(Buffer.byteLength(stdout) < 16_384);
  t.true(stdout.includes(`x64='${sha256}'`));
  const { master_key, ret_port } = cluster.described();
  const config = configIn(stdout, '/etc/tsalt/minion.d/user-data.conf');
  t.like(config, { id: 'web-1', master: '127.0.0.1', master_port: ret_port, master_key, collectors: true });

  const token = /enrolment_token" <<'END'\n(.*)\n/.exec(stdout)?.[1] ?? '';
  cluster.startMinion('web-1', { token });
  await cluster.connected('web-1');
  // Pillar's schedule came with the session.
  const beats = async () => (await cluster.events()).filter(({ data }) => data['schedule'] === 'beat');
  await eventually(async () => (await beats()).length > 0);

  const again = await cluster.tsalt(...args);
  t.is(again.code, 2);
  t.regex(again.stderr, /web-1/);
  t.is(again.stdout, '');
});

test('user-data: what is missing, said with the command that makes it', async (t) => {
  const cluster = await startCluster(t);
  const none = path.join(cluster.directory, 'none');
  const noBundle = await cluster.tsalt('user-data', 'web-1', '--bundle-dir', none);
  t.is(noBundle.code, 2);
  t.regex(noBundle.stderr, /no bundle of tsalt is in .*none: there is no bundles\.json/);
  t.regex(noBundle.stderr, /npm run bundles -- --out .*none/);

  const bundles = makeBundles(cluster);
  const off = await cluster.tsalt('user-data', 'web-1', '--bundle-dir', bundles);
  t.is(off.code, 2);
  t.regex(off.stderr, /this master serves no bundles/);
  t.regex(off.stderr, /bundle_server: true/);

  const role = await cluster.tsalt('user-data', 'web-1', '--bundle-dir', bundles, '--role', 'mastr');
  t.is(role.code, 2);
  t.regex(role.stderr, /did you mean 'master'/);

  await cluster.master.stop();
  const away = await cluster.tsalt('user-data', 'web-1', '--bundle-dir', bundles);
  t.is(away.code, 2);
  t.regex(away.stderr, /no master is answering/);

  const head = await cluster.tsalt('user-data', 'head', '--bundle-dir', bundles, '--role', 'master');
  t.is(head.code, 2);
  t.regex(head.stderr, /--bundles-from URL/);
  const args = ['--role', 'master', '--bundle-dir', bundles, '--bundles-from', 'http://10.0.0.1:4507'];
  const made = await cluster.tsalt('user-data', 'head', ...args);
  t.is(made.code, 0, made.stderr);
  t.like(configIn(made.stdout, '/etc/tsalt/master.d/user-data.conf'), { bundle_server: true });
});

test('trust on first use: a minion without a key, knows its master from then on', async (t) => {
  const cluster = await startCluster(t, { bundle_server: true });
  const { bundle_port, master_key } = cluster.described() as unknown as { bundle_port: number; master_key: string };
  const minion = await cluster.joinMinion('trusting', {
    config: { master_key: '', trust_first_use: true, bundle_port },
  });
  t.true(minion.log().includes(master_key));
  await minion.stop();
  await cluster.restartMaster({ bundle_server: false });
  minion.start();
  await cluster.connected('trusting');
});

test('trust on first use: no master there yet, the minion waits and can be stopped', async (t) => {
  const cluster = await startCluster(t);
  const minion = cluster.startMinion('alone', { config: { master_key: '', trust_first_use: true, bundle_port: 1 } });
  await eventually(() => minion.log().includes("can't be fetched yet"));
  t.is(await minion.stop(), 0);
});

test('key finger --master: a word that user-data can be made of', async (t) => {
  const cluster = await startCluster(t);
  const { code, stdout } = await cluster.tsalt('key', 'finger', '--master');
  t.is(code, 0);
  t.is(
    stdout.split(/\s+/).find((word) => word.startsWith('tsalt1.')),
    cluster.described().master_key,
  );
});
