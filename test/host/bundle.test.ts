import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { userData } from '../../cluster/user-data.ts';
import { isMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { version } from '../../lib/version.ts';
import { serveBundles } from '../../master/bundle-server.ts';
import { openHosts, type Hosts } from './kit.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const token = 'c2VjcmV0LXRva2Vu';

let hosts: Hosts;
test.before(async () => {
  hosts = await openHosts();
});
test.after.always(() => hosts.close());

/** A bundle for this architecture, with the Node that runs the test. */
function makeBundle(folder: string): string {
  const script = path.join(root, 'scripts', 'minion-bundle.mjs');
  const args = ['--arch', process.arch, '--out', folder, '--node', process.execPath, '--level', '1'];
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const index: unknown = JSON.parse(readFileSync(path.join(folder, 'bundles.json'), 'utf8'));
  return isMap(index) && isMap(index.bundles) ? String(index.bundles[process.arch]) : '';
}

test('user-data: on a fresh Debian, installs the bundle and its services with nobody logging in', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-bundle-host-'));
  const sha256 = makeBundle(folder);
  const server = await serveBundles({
    interface: hosts.gateway,
    port: 0,
    directory: folder,
    masterKey: 'K',
    log: silent,
  });
  t.teardown(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const script = userData({
    id: 'web-7',
    role: 'minion',
    master: hosts.gateway,
    masterKey: 'none',
    token,
    version,
    bundles: { [process.arch]: sha256 },
    bundlesFrom: `http://${hosts.gateway}:${server.port}`,
  });
  const host = await hosts.boot('web-7', script);

  t.is(await host.run('tsalt', '--version'), `tsalt ${version}`);
  t.is((await host.exec(['node', '--version'])).code === 0, false, 'it has no Node of its own');
  t.is(await host.run('systemctl', 'is-enabled', 'tsalt-minion'), 'enabled');
  t.is(await host.run('stat', '-c', '%a %U', '/etc/tsalt/enrolment_token'), '600 root');
  const log = await host.run('cat', '/var/log/cloud-init-output.log');
  t.true(log.includes('tsalt: web-7 is installed'));
  t.false(log.includes(token));

  // The master's unit: systemd takes it, and Node with its addons runs inside its walls.
  await host.exec(['/opt/tsalt/current/install.sh', 'master']);
  t.is(await host.run('systemd-analyze', 'verify', 'tsalt-master.service', 'tsalt-minion.service'), '');
  t.is(await host.run('stat', '-c', '%a %U', '/etc/tsalt/pki/master', '/var/lib/tsalt/master'), '700 tsalt\n750 tsalt');
  const addons = `for (const name of ["zeromq", "lmdb"]) process.dlopen({ exports: {} }, "/opt/tsalt/current/lib/" + name + ".node");
    const fs = require("node:fs"), may = (dir) => { try { fs.writeFileSync(dir + "/t", ""); return "yes"; } catch (e) { return e.code; } };
    fs.writeFileSync("/run/tsalt/told", ["/var/lib/tsalt/master", "/etc/tsalt/pki/master", "/etc/tsalt", "/root"].map(may).join());
    setInterval(() => {}, 1e6);`;
  await host.push('/opt/tsalt/walls.cjs', addons);
  const walls = '[Service]\nExecStart=\nExecStart=/opt/tsalt/current/lib/node /opt/tsalt/walls.cjs\n';
  await host.push('/etc/systemd/system/tsalt-master.service.d/walls.conf', walls);
  await host.run('systemctl', 'daemon-reload');
  await host.run('systemctl', 'restart', 'tsalt-master');
  await host.run('sh', '-c', 'for n in 1 2 3 4 5 6 7 8 9; do [ -s /run/tsalt/told ] && exit; sleep 0.3; done; exit 1');
  t.is(await host.run('cat', '/run/tsalt/told'), 'yes,yes,EROFS,EACCES');
});
