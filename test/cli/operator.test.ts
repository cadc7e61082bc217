import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { main } from '../../cli/main.ts';
import { asText, isMap } from '../../lib/json.ts';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { captured } from '../states-engine/kit.ts';

test('key: a decision on a key that is not there, exit 2 and said', async (t) => {
  const cluster = await startCluster(t);
  for (const action of ['accept', 'reject', 'delete', 'finger']) {
    const { code, stderr } = await cluster.tsalt('key', action, 'web9');
    t.is(code, 2, action);
    t.regex(stderr, new RegExp(`there is no key of 'web9' to ${action}`));
  }
  t.is((await cluster.tsalt('key', 'accept', '--all')).code, 0);
});

test('key accept: one of several that can not be accepted, is told and holds up no other', async (t) => {
  const cluster = await startCluster(t);
  for (const id of ['Ann', 'ann', 'zoe']) cluster.startMinion(id);
  await eventually(async () => {
    const { pending } = JSON.parse((await cluster.tsalt('key', 'list', '--out', 'json')).stdout) as {
      pending: string[];
    };
    return pending.length === 3;
  });
  const { code, stderr } = await cluster.tsalt('key', 'accept', '--all');
  t.is(code, 2);
  t.regex(
    stderr,
    /^error: (Ann|ann) is too like (Ann|ann), which is there already.*\nhint: the others were done: (Ann|ann), zoe\n$/,
  );
  const lists = JSON.parse((await cluster.tsalt('key', 'list', '--out', 'json')).stdout) as Record<string, string[]>;
  t.is(lists['accepted']?.length, 2);
  t.true(lists['accepted']?.includes('zoe'));
});

test('key accept: of several that are named, one that can not be accepted, is told and holds up no other', async (t) => {
  const cluster = await startCluster(t);
  for (const id of ['Ann', 'ann', 'zoe']) cluster.startMinion(id);
  await eventually(async () => /Unaccepted Keys:\nAnn\nann\nzoe\n/.test((await cluster.tsalt('key', 'list')).stdout));
  const { code, stdout, stderr } = await cluster.tsalt('key', 'accept', 'ann', 'Ann', 'zoe');
  t.deepEqual([code, stdout], [1, 'accepted ann\naccepted zoe\n']);
  t.regex(stderr, /^error: Ann is too like ann, which is there already.*\n/);
  t.is((await cluster.tsalt('key', 'accept', 'Ann', 'nobody')).code, 2);
});

test('operators: a key file that is not there, is named with what names it, and with how to make one', async (t) => {
  const cluster = await startCluster(t);
  const directory = path.join(cluster.directory, 'keys');
  mkdirSync(directory, { mode: 0o700 });
  t.is((await cluster.tsalt('operator', 'keygen', path.join(directory, 'alice.pem'))).code, 0);
  const missing = path.join(directory, 'carol.pem');
  const words = ['key', 'list', '--config-dir', cluster.master.configDir];
  const run = async (more: readonly string[], env = {}) => {
    const io = captured(cluster.directory);
    return { code: await main([...words, ...more], { ...io, env: { ...io.env, ...env } }), err: io.printed.err };
  };
  const byOption = await run(['--operator-key', missing]);
  t.is(byOption.code, 2);
  t.is(
    byOption.err,
    `error: there is no key file ${missing}, which --operator-key names\nhint: 'tsalt operator keygen ${missing}' makes a key, and prints the line for 'operators' of the master's config\n`,
  );
  const byVariable = await run([], { TSALT_OPERATOR_KEY: path.join(directory, 'alise.pem') });
  t.is(byVariable.code, 2);
  t.regex(byVariable.err, /^error: there is no key file \S+alise\.pem, which TSALT_OPERATOR_KEY names\n/);
  t.regex(byVariable.err, /\nhint: did you mean '\S+\/alice\.pem'\? Else 'tsalt operator keygen /);
  const shown = await cluster.tsalt('operator', 'public', missing);
  t.is(shown.code, 2);
  t.regex(shown.stderr, /^error: there is no key file \S+carol\.pem\nhint: 'tsalt operator keygen /);
  t.is((await run(['--operator-key', path.join(directory, 'alice.pem')])).code, 0);
});

test('key: a minion that waits, its log shows the fingerprint that key finger shows', async (t) => {
  const cluster = await startCluster(t);
  const minion = cluster.startMinion('web1');
  const { stdout } = await eventually(async () => {
    const fingers = await cluster.tsalt('key', 'finger', 'web1');
    return fingers.code === 0 && fingers;
  });
  const [, fingerprint = ''] = /^Unaccepted Keys:\nweb1: ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\n$/.exec(stdout) ?? [];
  t.true(minion.log().includes(`fingerprint=${fingerprint} `), stdout);
});

test('a reactor file by a relative path: it is in reactor_dir; mended, its dead letter is given to it again', async (t) => {
  const cluster = await startCluster(t, { reactor: [{ 'my/tag': ['sub/react.sls'] }] });
  const directory = path.join(cluster.directory, 'reactor');
  mkdirSync(path.join(directory, 'sub'), { recursive: true });
  await cluster.restartMaster({ reactor_dir: directory });
  write(directory, 'sub/react.sls', '{{#if broken}}\n');
  t.is((await cluster.tsalt('event', 'send', 'my/tag')).code, 0);
  const letter = await eventually(async () => {
    const dead = await cluster.run('reactor.dead');
    return Array.isArray(dead) && isMap(dead[0]) && dead[0];
  });
  t.regex(asText(letter['error']), /sub\/react\.sls:1:1: \{\{#if\}\} has no/);

  write(directory, 'sub/react.sls', 'go:\n  runner.event.send:\n    - args: [{tag: my/answer}]\n');
  const again = await cluster.tsalt('run', 'reactor.redeliver', asText(letter['event']), asText(letter['reactor']));
  t.is(again.code, 0, again.stderr);
  await eventually(async () => (await cluster.events('my/answer')).length === 1);
  t.deepEqual(await cluster.run('reactor.dead'), []);
});

test('master: started as somebody else than its config says, refused', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, 'etc/master', `user: nobody-of-this-name\nroot_dir: ${directory}\n`);
  const io = captured(directory);
  t.is(await main(['master', '--config-dir', path.join(directory, 'etc')], io), 2);
  t.regex(io.printed.err, /the master is to run as 'nobody-of-this-name' \(option 'user'\), not as '/);
});

test('master: a built-in reactor that there is not, refused with the place where config names it', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, 'etc/master', `root_dir: ${directory}\n`);
  write(directory, 'etc/master.d/react.conf', "reactor:\n  - 'salt/auth': builtin:auht\n");
  const io = captured(directory);
  t.is(await main(['master', '--config-dir', path.join(directory, 'etc')], io), 2);
  t.regex(io.printed.err, /react\.conf:2:18: there is no built-in reactor 'auht'\n2 \| [^]*did you mean 'auth'/);
});

test('master: a port that another one has, refused with what to look for', async (t) => {
  const cluster = await startCluster(t);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const { publish_port: port } = cluster.described();
  write(directory, 'etc/master', `root_dir: ${directory}\ninterface: 127.0.0.1\nret_port: 0\npublish_port: ${port}\n`);
  const io = captured(directory);
  t.is(await main(['master', '--config-dir', path.join(directory, 'etc')], io), 2);
  t.regex(
    io.printed.err,
    /cannot listen on tcp:\/\/127\.0\.0\.1:\d+: Address already in use\nhint: another program has this port/,
  );
});
