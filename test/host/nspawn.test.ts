import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { eventually, openHosts, soon, sweep, type Hosts } from './kit.ts';

let hosts: Hosts;
test.before(async () => {
  hosts = await openHosts({ packages: ['hello'] });
});
// Undefined when opening failed: that is the error to see.
test.after.always(() => (hosts as Hosts | undefined)?.close());

const signal = AbortSignal.timeout(600_000);

test.serial(
  'a host: launched with user-data, it has its own name and address and cloud-init has run the script',
  async (t) => {
    const userData = '#!/bin/sh\nprintf "%s" "$(hostname)" > /root/made-by-user-data\n# an odd end: \\ \' "   ';
    const host = await hosts.boot('Web-a1B2', userData);
    t.is(await host.run('cat', '/root/made-by-user-data'), 'Web-a1B2');
    t.is((await host.exec(['cat', '/var/lib/cloud/seed/nocloud/user-data'])).stdout, userData);
    t.is(await host.run('cat', '/proc/1/comm'), 'systemd');
    t.is(await host.run('systemctl', 'is-system-running'), 'running');
    t.true((await host.run('ip', '-brief', 'address', 'show', 'eth0')).includes(` ${host.address}/24`));
    t.deepEqual(
      (await hosts.provider.list()).map(({ id, state, address }) => ({ id, state, address })),
      [{ id: 'Web-a1B2', state: 'running', address: host.address }],
    );
  },
);

test.serial('exec: gives output, errors and exit code, passes input, and needs no quoting', async (t) => {
  const host = await hosts.host('Web-a1B2');
  t.deepEqual(await host.exec(['sh', '-c', 'cat; echo bad >&2; exit 7'], { input: 'in' }), {
    code: 7,
    stdout: 'in',
    stderr: 'bad\n',
  });
  t.is(await host.run('printf', '%s', '$(id) `id` "; id'), '$(id) `id` "; id');
  t.is((await host.exec(['sh', '-c', 'echo $WORD'], { env: { WORD: 'said' } })).stdout, 'said\n');
  await host.push('/opt/some/new/file', 'text\n', '0600');
  t.is(await host.run('stat', '--format=%a %s', '/opt/some/new/file'), '600 5');
  t.not((await host.exec(['date', '--set=2001-01-01'])).code, 0, 'the clock that all share is not for hosts to set');
});

test.serial('apt: what was provided can be installed without any network', async (t) => {
  const host = await hosts.host('Web-a1B2');
  await host.run('apt-get', 'update');
  await host.run('apt-get', 'install', '--yes', 'hello');
  t.is(await host.run('hello', '--greeting=there'), 'there');
  t.not((await host.exec(['apt-get', 'install', '--yes', 'nginx'])).code, 0);
});

test.serial('launch: asked twice for one id, the second finds the first', async (t) => {
  const before = await hosts.provider.list();
  const host = await hosts.host('Web-a1B2');
  const boot = await host.run('cat', '/proc/sys/kernel/random/boot_id', '/etc/machine-id');
  const started = await host.run('stat', '--format=%Y', '/proc/1');
  const again = await hosts.provider.launch({ id: 'Web-a1B2', userData: '#!/bin/sh\nexit 1\n' }, signal);
  t.deepEqual([again], before.slice());
  t.is(await host.run('cat', '/proc/sys/kernel/random/boot_id', '/etc/machine-id'), boot);
  t.is(await host.run('stat', '--format=%Y', '/proc/1'), started);
});

test.serial('launch: two at once for one id make one host, for two ids two that reach each other', async (t) => {
  const specs = ['db1', 'db1', 'network'].map((id) => ({ id, userData: '#cloud-config\n' }));
  const [first, second, other] = await Promise.all(specs.map((spec) => hosts.provider.launch(spec, signal)));
  t.deepEqual(first, second);
  t.not(first?.address, other?.address);
  const db1 = await hosts.host('db1');
  // Its id is that of a lock of the provider's own.
  const network = await hosts.host('network');
  await Promise.all([db1.booted(), network.booted()]);
  await db1.run('ping', '-c1', '-W5', network.address);
  t.not(await db1.run('cat', '/etc/machine-id'), await network.run('cat', '/etc/machine-id'));
  await hosts.provider.terminate('network');
});

test.serial('launch: an id that is no host name is refused, with nothing left of it', async (t) => {
  const before = await hosts.provider.list();
  const error = await t.throwsAsync(hosts.provider.launch({ id: 'a_b', userData: '' }, signal));
  t.regex(error.message, /a_b can't be a host's name/);
  t.deepEqual(await hosts.provider.list(), before);
});

test.serial('reboot: the host comes back with its files, and cloud-init runs no script again', async (t) => {
  const host = await hosts.host('Web-a1B2');
  await host.run('sh', '-c', 'rm /root/made-by-user-data; touch /root/kept /run/gone');
  // The machine may be gone before the command has ended.
  await host.exec(['systemctl', 'reboot'], { signal: soon() }).catch(() => {});
  await eventually('the host has rebooted', async () => {
    const { code } = await host.exec(['test', '!', '-e', '/run/gone'], { signal: soon() }).catch(() => ({ code: 1 }));
    return code === 0;
  });
  await host.booted();
  t.is(await host.run('ls', '/root'), 'kept');
});

test.serial('kill: a pulled plug leaves the files, and start boots them', async (t) => {
  const host = await hosts.host('db1');
  await host.run('sh', '-c', 'echo data > /root/data; sync');
  await host.kill();
  t.is((await hosts.provider.list()).find(({ id }) => id === 'db1')?.state, 'stopped');
  await t.throwsAsync(host.exec(['true']), { message: /db1 is not running/ });
  t.regex(await host.console(), /systemd\[1\]: /, 'the journal of a dead host can be read');
  await host.start();
  await host.booted();
  t.is(await host.run('cat', '/root/data'), 'data');
});

test.serial('shut down from inside: the host is stopped, and start boots it', async (t) => {
  const host = await hosts.host('db1');
  await host.exec(['systemctl', 'poweroff']);
  await eventually('db1 is off', async () =>
    (await hosts.provider.list()).some(({ id, state }) => id === 'db1' && state === 'stopped'),
  );
  await host.start();
  await host.booted();
  t.is(await host.run('cat', '/root/data'), 'data');
});

test.serial('pause: nothing in the host goes on until resume', async (t) => {
  const host = await hosts.host('db1');
  const { url, heard } = await listen(t);
  await host.push('/root/talk', `exec 3<>${url}; while echo -n . >&3; do sleep 0.01; done`);
  await host.run('systemd-run', '--unit=talker', 'bash', '/root/talk');
  await eventually('it is heard', () => heard.text.length > 3);
  await host.pause();
  await t.throwsAsync(host.exec(['true']), { message: /not running/ });
  const neighbour = await hosts.host('Web-a1B2');
  const ping = ['ping', '-c2', '-i0.2', host.address];
  await neighbour.run(...ping);
  const before = heard.text.length;
  await neighbour.run(...ping);
  t.is(heard.text.length, before, 'its processes are silent while its kernel still answers');
  await host.resume();
  await eventually('it is heard again', () => heard.text.length > before);
  await host.run('systemctl', 'stop', 'talker');
});

test.serial('cut: an open connection carries nothing and is told nothing, and goes on after heal', async (t) => {
  const host = await hosts.host('db1');
  const { url, heard } = await listen(t);
  await host.push('/root/talk', `exec 3<>${url}; while echo -n . >&3; do sleep 0.01; done`);
  await host.run('systemd-run', '--unit=talker', 'bash', '/root/talk');
  await eventually('it is heard', () => heard.text.length > 3);
  await host.cut();
  const ping = ['ping', '-c2', '-W1', '-i0.2', hosts.gateway];
  t.not((await host.exec(ping)).code, 0);
  const before = heard.text.length;
  t.not((await host.exec(ping)).code, 0);
  t.is(heard.text.length, before);
  t.deepEqual(heard.ends, []);
  await host.heal();
  await eventually('it is heard again', () => heard.text.length > before);
  // A pulled plug says no goodbye either.
  await host.kill();
  t.deepEqual(heard.ends, []);
});

/** Listens where hosts can reach it; the address is in the form that bash opens. */
async function listen(t: ExecutionContext): Promise<{ url: string; heard: { text: string; ends: string[] } }> {
  const heard = { text: '', ends: [] as string[] };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => (heard.text += chunk.toString()));
    for (const event of ['close', 'error'] as const) socket.on(event, () => heard.ends.push(event));
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, hosts.gateway);
  await once(server, 'listening');
  const address = server.address();
  return { url: `/dev/tcp/${hosts.gateway}/${typeof address === 'object' && address ? address.port : 0}`, heard };
}

test.serial('terminate: of a running host nothing is left, and again is fine', async (t) => {
  const machines = await hosts.provider.list();
  const handles = machines.map(({ handle }) => handle);
  t.true(handles.length >= 2);
  t.not(leftOf(handles).length, 0);
  for (const { id } of machines) await hosts.provider.terminate(id);
  for (const { id } of machines) await hosts.provider.terminate(id);
  t.deepEqual(await hosts.provider.list(), []);
  t.deepEqual(leftOf(handles), []);
});

test.serial('terminate: of an id that never was is fine', async (t) => {
  await hosts.provider.terminate('nobody');
  await t.throwsAsync(hosts.provider.exec('nobody', ['true']), { message: /no machine nobody/ });
});

test.serial('sweep: what a killed run left is ended, the hosts of a living one are not', async (t) => {
  const host = await hosts.boot('alive');
  const run = spawn(process.execPath, [path.join(import.meta.dirname, 'abandon.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [handle] = (await once(run.stdout, 'data')).map((line) => String(line).trim());
  run.kill('SIGKILL');
  await once(run, 'exit');
  t.not(leftOf([handle ?? '']).length, 0, 'its host runs on');
  await sweep();
  t.deepEqual(leftOf([handle ?? '']), []);
  t.is(await host.run('hostname'), 'alive');
});

/** Whatever of these machines, or of their bridge, can be found on this machine. */
function leftOf(handles: readonly string[]): readonly string[] {
  const bridge = handles[0]?.split('-')[0] ?? '';
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const cgroups = mounts
    .map((line) => line.split(' '))
    .flatMap(([, place = '', type = '']) => (type.startsWith('cgroup') ? readdirSync(place) : []));
  return [
    ...mounts,
    ...cgroups,
    ...readdirSync('/run/netns'),
    ...readdirSync('/sys/class/net'),
    ...commandLines(),
    ...['propagate', 'unix-export', 'locks'].flatMap((kind) => namesIn(`/run/systemd/nspawn/${kind}`)),
  ].filter((text) => text.includes(bridge));
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function commandLines(): string[] {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });
}
