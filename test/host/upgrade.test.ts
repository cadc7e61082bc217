import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { makeBundle } from '../../cli/demo/bundle.ts';
import { userData } from '../../cluster/user-data.ts';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { version } from '../../lib/version.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { offer } from '../kit/versions.ts';
import { anotherVersion } from './bundles.ts';
import { openHosts } from './kit.ts';

/** The watcher of that version waits while this file is there. */
const hold = '/opt/tsalt/hold';
/** The new version's minion waits while this file is there; a deaf one does not heed that it is to end meanwhile. */
const gate = '/opt/tsalt/gate';
const held = `[ "$1" != upgrade-watch ] || while [ -e ${hold} ]; do sleep 0.1; done`;
const gated = `[ "$1" != minion ] || while [ -e ${gate} ]; do sleep 0.1; done`;
const deaf = `[ "$1" != minion ] || { trap '' TERM; while [ -e ${gate} ]; do sleep 0.1; done; trap - TERM; }`;
const patience = 180_000;

test('upgrade: on a Debian with systemd, confirms or goes back, whenever the power goes', async (t) => {
  t.timeout(900_000);
  const hosts = await openHosts();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-upgrade-host-'));
  t.teardown(async () => {
    await hosts.close();
    rmSync(folder, { recursive: true });
  });
  const made = (await makeBundle(folder))[process.arch === 'arm64' ? 'arm64' : 'x64'] ?? '';
  const cluster = await startCluster(t, { interface: hosts.gateway, bundle_dir: folder, bundle_server: true });
  const first = anotherVersion(folder, made, '0.1.1', held);
  const { ret_port, master_key } = cluster.described();
  const { bundle_port } = (await cluster.control.call('status')) as { bundle_port: number };
  const host = await hosts.boot(
    'web1',
    userData({
      id: 'web1',
      role: 'minion',
      master: hosts.gateway,
      masterPort: ret_port,
      masterKey: master_key,
      version: first.version,
      bundles: { x64: first.sha256, arm64: first.sha256 },
      bundlesFrom: `http://${hosts.gateway}:${bundle_port}`,
    }),
  );
  await eventually(
    async () => ((await cluster.control.call('key.accept', { match: 'web1' })) as string[]).length > 0,
    patience,
  );
  await cluster.connected('web1', patience);

  const current = (): Promise<string> => host.run('readlink', '/opt/tsalt/current');
  const runs = async (): Promise<Json | undefined> => (await cluster.exec('web1', 'test.version', [], 60))[0]?.return;
  const begin = async (kwarg: JsonMap): Promise<string> => {
    const order = { tgt: 'web1', tgt_type: 'glob', fun: 'saltutil.update', arg: [], kwarg, wait: false, timeout: 60 };
    return asText(((await cluster.control.call('exec', order)) as JsonMap)['jid']);
  };
  const ending = (jid: string): Promise<JsonMap> =>
    eventually(async () => {
      const { Result } = (await cluster.run('jobs.show', jid)) as { Result: Record<string, JsonMap> };
      return Result['web1'];
    }, patience);
  const there = async (file: string): Promise<boolean> => (await host.exec(['sh', '-c', `ls ${file}`])).code === 0;
  const stage = async (wanted: string): Promise<boolean> =>
    (await host.exec(['grep', '-q', `"stage":"${wanted}"`, '/opt/tsalt/.upgrade/pending.json'])).code === 0;
  const powerCut = async (): Promise<void> => {
    await host.kill();
    await host.start();
    await host.booted();
  };

  // A good one, from the unit's own minion to the unit's own minion.
  const second = anotherVersion(folder, made, '0.2.0', held);
  offer(folder, second);
  t.like(await ending(await begin({})), {
    success: true,
    return: { outcome: 'upgraded', from: first.name, to: second.name },
  });
  t.is(await runs(), '0.2.0');
  t.is(await host.run('tsalt', '--version'), 'tsalt 0.2.0');
  t.is(await host.run('systemctl', 'is-active', 'tsalt-minion'), 'active');
  t.like(await cluster.run('manage.versions'), { Master: version, 'Minion newer than master': { web1: '0.2.0' } });

  // One that ends as soon as it is a minion.
  const broken = anotherVersion(folder, made, '0.3.0', '[ "$1" != minion ] || exit 7');
  const undone = await ending(await begin({ version: broken.sha256 }));
  t.like(undone, { success: false, return: { outcome: 'rolled-back', from: second.name, to: broken.name } });
  t.regex(asText((undone['return'] as JsonMap)['reason']), /its process ended \d+ times, with status 7/);
  t.is(await runs(), '0.2.0');

  // The power goes while it is fetched: nothing was begun.
  const third = anotherVersion(folder, made, '0.4.0', `${held}\n${gated}`);
  const fetching = await begin({ version: third.sha256 });
  await eventually(() => there('/opt/tsalt/.new.*/bundle'), patience);
  await powerCut();
  t.regex(asText((await ending(fetching))['return']), /the minion was stopped while it ran saltutil\.update/);
  t.is(await runs(), '0.2.0');

  // The power goes before the link leads to the new one: it goes on.
  await host.run('touch', hold);
  const begun = await begin({ version: third.sha256 });
  await eventually(() => stage('begun'), patience);
  t.is(await current(), second.name);
  await powerCut();
  await host.run('rm', hold);
  t.like(await ending(begun), { success: true, return: { outcome: 'upgraded', to: third.name } });
  t.is(await runs(), '0.4.0');

  // The power goes while the new one is tried, and while it is undone. A second upgrade meanwhile is refused.
  const fourth = anotherVersion(folder, made, '0.5.0', `${held}\n${gated}`);
  await host.run('touch', gate);
  const trying = await begin({ version: fourth.sha256 });
  await eventually(async () => (await stage('trying')) && (await current()) === fourth.name, patience);
  await powerCut();
  await host.run('rm', gate);
  t.like(await ending(trying), { success: true, return: { outcome: 'upgraded', to: fourth.name } });

  const fifth = anotherVersion(folder, made, '0.6.0', `${held}\n${deaf}`);
  await host.run('touch', gate);
  const undoing = await begin({ version: fifth.sha256, confirm_seconds: 5 });
  // It does not heed that it is to end, so that there is time.
  await eventually(async () => (await stage('undoing')) && (await current()) === fourth.name, patience);
  await powerCut();
  await host.run('rm', gate);
  t.like(await ending(undoing), {
    success: false,
    return: { outcome: 'rolled-back', reason: 'the master had not accepted it after 5 s' },
  });
  t.is(await runs(), '0.5.0');
  t.deepEqual(
    (await cluster.events()).map(({ tag }) => tag).filter((tag) => tag.startsWith('tsalt/minion/')),
    ['upgraded', 'rolled-back', 'upgraded', 'upgraded', 'rolled-back'].map((end) => `tsalt/minion/web1/${end}`),
    'each told once',
  );

  // Other bytes than were promised.
  appendFileSync(fifth.file, 'x');
  const altered = await ending(await begin({ version: fifth.sha256 }));
  t.regex(asText(altered['return']), /arrived with other bytes/);
  t.is(await runs(), '0.5.0');
  const versions = await host.run('sh', '-c', 'cd /opt/tsalt && ls -d [0-9]*');
  t.is(versions, fourth.name, 'nothing is left of what was rolled back, and of versions before the last');
});
