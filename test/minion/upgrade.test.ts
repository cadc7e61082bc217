import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { birthOf } from '../../lib/process-birth.ts';
import { holderOf } from '../../lib/process-lock.ts';
import { startCluster, type Cluster } from '../kit/cluster.ts';
import { plainEnvironment } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';
import { installSmall, offer, smallBundle } from '../kit/versions.ts';

/** A master with bundles, and a minion of an installed version that nobody but us looks after. */
async function upgradable(t: ExecutionContext) {
  const home = mkdtempSync(path.join(tmpdir(), 'tsalt-upgrade-'));
  const [bundles, root, etc] = ['bundles', 'opt', 'etc'].map((name) => path.join(home, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [bundles, root, etc]) mkdirSync(folder);
  const cluster = await startCluster(t, { bundle_dir: bundles });
  const old = smallBundle(bundles, '0.1.0');
  installSmall(root, old);
  const { ret_port, master_key } = cluster.described();
  const config = {
    id: 'web1',
    master: '127.0.0.1',
    master_port: ret_port,
    master_key,
    ...Object.fromEntries(['pki_dir', 'cachedir', 'sock_dir'].map((name) => [name, path.join(home, name)])),
    pidfile: path.join(home, 'pid'),
    root: path.join(home, 'machine'),
    allow_commands_outside_root: true,
  };
  mkdirSync(config.root);
  writeFileSync(path.join(etc, 'minion'), JSON.stringify(config));
  const lock = path.join(home, 'cachedir', 'minion.lock');
  const minionPid = (): number => holderOf(lock)?.pid ?? 0;
  const watcherPid = (): number => holderOf(path.join(root, '.upgrade', 'watcher.lock'))?.pid ?? 0;
  const log = path.join(home, 'log');
  const start = (): void => {
    const output = openSync(log, 'a');
    const program = path.join(root, 'current', 'bin', 'tsalt');
    const stdio = ['ignore', output, output] as const;
    spawn(program, ['minion', '--config-dir', etc], {
      detached: true,
      stdio: [...stdio],
      env: plainEnvironment(),
    }).unref();
  };
  const kill = (pid: number): void => {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  };
  t.teardown(async () => {
    // Who starts minions first.
    kill(watcherPid());
    await eventually(() => {
      kill(minionPid());
      return minionPid() === 0 && watcherPid() === 0;
    });
    if (!t.passed) t.log(readFileSync(log, 'utf8').slice(-5000));
    rmSync(home, { recursive: true, force: true });
  });
  start();
  await eventually(async () => ((await cluster.control.call('key.accept', { match: 'web1' })) as string[]).length > 0);
  await cluster.connected('web1');
  return {
    cluster,
    home,
    bundles,
    root,
    old,
    log: () => readFileSync(log, 'utf8'),
    start,
    kill,
    minionPid,
    watcherPid,
    current: () => readlinkSync(path.join(root, 'current')),
    versions: () =>
      readdirSync(root)
        .filter((name) => /^\d/.test(name))
        .sort(),
    update: async (kwarg: JsonMap = {}): Promise<JsonMap> => {
      const told: Json[] = [];
      const order = { tgt: 'web1', tgt_type: 'glob', fun: 'saltutil.update', arg: [], kwarg, timeout: 30 };
      await cluster.control.call('exec', order, (one) => told.push(one));
      return told.at(-1) as JsonMap;
    },
    begin: async (kwarg: JsonMap = {}): Promise<string> => {
      const order = { tgt: 'web1', tgt_type: 'glob', fun: 'saltutil.update', arg: [], kwarg, wait: false, timeout: 30 };
      return asText(((await cluster.control.call('exec', order)) as JsonMap)['jid']);
    },
    ending: (jid: string): Promise<JsonMap> =>
      eventually(async () => {
        const { Result } = (await cluster.run('jobs.show', jid)) as { Result: Record<string, JsonMap> };
        return Result['web1'];
      }),
    events: async () => (await cluster.events()).filter(({ tag }) => tag.startsWith('tsalt/minion/')),
  };
}

/** Resolves when a minion has a command running, as the master lists it. */
const runsCommand = (cluster: Cluster) =>
  eventually(async () => /"cmd\.run".*"Running":\[\{/.test(JSON.stringify(await cluster.run('jobs.active'))));

test('upgrade: to the bundle that the master has, returns from the new version, and is an event', async (t) => {
  const it = await upgradable(t);
  const { old } = it;
  const next = smallBundle(it.bundles, '0.2.0');
  offer(it.bundles, next);
  const before = it.minionPid();
  const ended = await it.update();
  t.like(ended, { id: 'web1', state: 'returned', success: true });
  t.deepEqual(ended['return'], { outcome: 'upgraded', from: old.name, to: next.name });
  t.is(it.current(), next.name);
  t.is(readlinkSync(path.join(it.root, 'previous')), old.name);
  t.not(it.minionPid(), before);
  const events = await it.events();
  t.deepEqual(
    events.map(({ tag }) => tag),
    ['tsalt/minion/web1/upgraded'],
  );
  t.like(events[0]?.data, { id: 'web1', from: old.name, to: next.name });
  t.like(await it.update(), { success: true, return: { outcome: 'unchanged', version: '0.2.0' } });

  // A third one, and back by its hash; the oldest goes.
  const third = smallBundle(it.bundles, '0.3.0');
  t.like(await it.update({ version: third.sha256 }), { return: { outcome: 'upgraded', to: third.name } });
  await eventually(() => it.watcherPid() === 0);
  t.deepEqual(it.versions(), [next.name, third.name]);
  t.like(await it.update({ version: '0.2.0' }), { return: { outcome: 'upgraded', from: third.name, to: next.name } });
});

test('upgrade: a version that does not start is never switched to, and the return says why', async (t) => {
  const it = await upgradable(t);
  const next = smallBundle(it.bundles, '0.2.0', 'echo "no such library" >&2; exit 127');
  offer(it.bundles, next);
  const before = it.minionPid();
  const ended = await it.update();
  t.like(ended, { state: 'returned', success: false });
  t.regex(
    asText(ended['return']),
    /0\.2\.0-\w+ does not work on this machine, and nothing was switched.*no such library/s,
  );
  t.is(it.minionPid(), before);
  t.is(it.current(), it.old.name);
});

test('upgrade: a version that ends as a minion is rolled back, and the old one says why', async (t) => {
  const it = await upgradable(t);
  const next = smallBundle(it.bundles, '0.2.0', '[ "$1" != minion ] || exit 7');
  offer(it.bundles, next);
  const ended = await it.update();
  t.like(ended, { state: 'returned', success: false, retcode: 1 });
  const reason = 'the process of 0.2.0 ended with 7';
  t.deepEqual(ended['return'], { outcome: 'rolled-back', from: it.old.name, to: next.name, reason });
  t.is(it.current(), it.old.name);
  t.like(
    (await it.events()).map(({ tag, data }) => ({ tag, reason: data['reason'] })),
    [{ tag: 'tsalt/minion/web1/rolled-back', reason }],
  );
  await eventually(() => it.watcherPid() === 0);
  t.deepEqual(it.versions(), [it.old.name]);
});

test('upgrade: a version that never asks the master is rolled back when its time is over', async (t) => {
  const it = await upgradable(t);
  offer(it.bundles, smallBundle(it.bundles, '0.2.0', '[ "$1" != minion ] || exec sleep 1000'));
  t.like(await it.update({ confirm_seconds: 5 }), {
    success: false,
    return: { outcome: 'rolled-back', reason: 'the master had not accepted it after 5 s' },
  });
  t.is(it.current(), it.old.name);
});

test('upgrade: a bundle that arrives with other bytes is refused, and leaves nothing', async (t) => {
  const it = await upgradable(t);
  const next = smallBundle(it.bundles, '0.2.0');
  offer(it.bundles, next);
  appendFileSync(next.file, 'x');
  const ended = await it.update();
  t.false(ended['success']);
  t.regex(asText(ended['return']), /arrived with other bytes, whose SHA-256 is \w+: nothing of it was unpacked/);
  t.deepEqual(readdirSync(it.root).sort(), ['.upgrade', it.old.name, 'current']);
});

test('upgrade: a version that the master does not have is refused before any minion is asked', async (t) => {
  const it = await upgradable(t);
  await t.throwsAsync(it.update(), { message: /there is no bundles\.json/ });
  offer(it.bundles, it.old);
  await t.throwsAsync(it.update({ version: '0.1.1' }), {
    message: /no bundle of version 0\.1\.1.*did you mean '0\.1\.0'/s,
  });
  const { code, stderr } = await it.cluster.tsalt('exec', 'web1', 'saltutil.update', 'version=7.7.7');
  t.is(code, 2);
  t.regex(stderr, /no bundle of version 7\.7\.7; bundles\.json is of 0\.1\.0/);
});

test('upgrade: waits for a job that runs; a job that comes meanwhile runs in the new version; a second upgrade is refused', async (t) => {
  const it = await upgradable(t);
  const gate = path.join(it.home, 'gate');
  const next = smallBundle(it.bundles, '0.2.0', `[ "$1" != minion ] || while [ ! -e '${gate}2' ]; do sleep 0.1; done`);
  offer(it.bundles, next);
  const before = it.minionPid();
  const running = await it.cluster.publish(
    'web1',
    'cmd.run',
    [`while [ ! -e ${gate} ]; do sleep 0.1; done; echo done`],
    30,
  );
  await runsCommand(it.cluster);
  const jid = await it.begin();
  await eventually(() => it.versions().includes(next.name));
  t.is(it.current(), it.old.name, 'not while a job runs');
  const [second] = await it.cluster.exec('web1', 'saltutil.update');
  t.regex(asText(second?.return), /an upgrade is under way already/);
  writeFileSync(gate, '');
  t.like(await it.ending(running), { return: 'done', success: true });
  await eventually(() => it.current() === next.name);
  await eventually(() => birthOf(before) === undefined);
  const meanwhile = await it.cluster.publish('web1', 'cmd.run', ['echo $PPID'], 60);
  writeFileSync(`${gate}2`, '');
  t.like(await it.ending(jid), { return: { outcome: 'upgraded' }, success: true });
  t.like(await it.ending(meanwhile), { success: true });
});

test('upgrade: where nobody could go back to this version, nothing is switched, and the minion works on', async (t) => {
  const it = await upgradable(t);
  offer(it.bundles, smallBundle(it.bundles, '0.2.0'));
  chmodSync(path.join(it.root, it.old.name, 'bin', 'tsalt'), 0o644);
  const before = it.minionPid();
  const ended = await it.update();
  t.regex(asText(ended['return']), /could not be started, and nothing was switched: spawn \S+ EACCES/);
  t.false(existsSync(path.join(it.root, '.upgrade', 'pending.json')));
  t.is(it.minionPid(), before);
  t.like((await it.cluster.exec('web1', 'cmd.run', ['echo on']))[0], { return: 'on' });
});

test('upgrade: jobs that do not end in time are named, and nothing is switched', async (t) => {
  const it = await upgradable(t);
  offer(it.bundles, smallBundle(it.bundles, '0.2.0'));
  await it.cluster.publish('web1', 'cmd.run', ['sleep 1000'], 30);
  await runsCommand(it.cluster);
  const ended = await it.update({ wait_seconds: 1 });
  t.regex(
    asText(ended['return']),
    /after 1 s there is still something running, and nothing was switched: cmd\.run \(\d+\)/,
  );
  t.is(it.current(), it.old.name);
});

test('upgrade: minion and watcher killed in the middle of it, goes on when the minion is started', async (t) => {
  const it = await upgradable(t);
  const gate = path.join(it.home, 'gate');
  const next = smallBundle(it.bundles, '0.2.0', `[ "$1" != minion ] || while [ ! -e '${gate}' ]; do sleep 0.1; done`);
  offer(it.bundles, next);
  const before = it.minionPid();
  const jid = await it.begin();
  await eventually(() => it.current() === next.name && it.minionPid() !== before && it.watcherPid() > 0);
  it.kill(it.watcherPid());
  await eventually(() => it.watcherPid() === 0);
  writeFileSync(gate, '');
  // As a boot does, or whoever looks after the machine.
  if (it.minionPid() === 0) it.start();
  t.like(await it.ending(jid), { return: { outcome: 'upgraded', to: next.name }, success: true });
  t.is((await it.events()).length, 1, 'told once');
  t.false(existsSync(path.join(it.root, '.upgrade', 'pending.json')));
});

test('upgrade: a minion that no installer put there says so', async (t) => {
  const bundles = mkdtempSync(path.join(tmpdir(), 'tsalt-upgrade-'));
  t.teardown(() => rmSync(bundles, { recursive: true }));
  offer(bundles, smallBundle(bundles, '0.2.0'));
  const cluster = await startCluster(t, { bundle_dir: bundles });
  await cluster.joinMinion('web1');
  const [ended] = await cluster.exec('web1', 'saltutil.update');
  t.regex(
    asText(ended?.return),
    /this tsalt runs from .*, not from a version that a bundle's installer put beside others/,
  );
});
