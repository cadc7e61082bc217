import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { eventually, openHosts, sweep, type Hosts } from './kit.ts';

let hosts: Hosts;
test.before(async () => {
  hosts = await openHosts({ packages: ['hello'] });
});
test.after.always(() => hosts.close());

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
  const specs = ['db1', 'db1', 'db2'].map((id) => ({ id, userData: '#cloud-config\n' }));
  const [first, second, other] = await Promise.all(specs.map((spec) => hosts.provider.launch(spec, signal)));
  t.deepEqual(first, second);
  t.not(first?.address, other?.address);
  const db1 = await hosts.host('db1');
  const db2 = await hosts.host('db2');
  await Promise.all([db1.booted(), db2.booted()]);
  await db1.run('ping', '-c1', '-W5', db2.address);
  t.not(await db1.run('cat', '/etc/machine-id'), await db2.run('cat', '/etc/machine-id'));
  await hosts.provider.terminate('db2');
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
  await host.exec(['systemctl', 'reboot']);
  await eventually('the host has rebooted', async () => {
    const { code } = await host.exec(['test', '!', '-e', '/run/gone']).catch(() => ({ code: 1 }));
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
  await host.run('systemd-run', '--unit=ticker', 'sh', '-c', 'while echo >> /root/ticks; do sleep 0.01; done');
  await eventually('it ticks', async () => Number(await host.run('stat', '--format=%s', '/root/ticks')) > 3);
  await host.pause();
  await t.throwsAsync(host.exec(['true']), { message: /not running/ });
  await host.resume();
  const resumed = Number(await host.run('stat', '--format=%s', '/root/ticks'));
  await eventually(
    'it ticks again',
    async () => Number(await host.run('stat', '--format=%s', '/root/ticks')) > resumed,
  );
  await host.run('systemctl', 'stop', 'ticker');
  t.pass();
});

test.serial('cut: an open connection carries nothing and is told nothing, and goes on after heal', async (t) => {
  const host = await hosts.host('db1');
  let heard = '';
  const events: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => (heard += chunk.toString()));
    for (const event of ['close', 'error'] as const) socket.on(event, () => events.push(event));
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, hosts.gateway, resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await host.push('/root/talk', `exec 3<>/dev/tcp/${hosts.gateway}/${port}; while echo -n . >&3; do sleep 0.05; done`);
  await host.run('systemd-run', '--unit=talker', 'bash', '/root/talk');
  await eventually('it is heard', () => heard.length > 3);
  await host.cut();
  t.not((await host.exec(['ping', '-c2', '-W1', '-i0.2', hosts.gateway])).code, 0);
  const before = heard.length;
  t.not((await host.exec(['ping', '-c2', '-W1', '-i0.2', hosts.gateway])).code, 0);
  t.is(heard.length, before);
  t.deepEqual(events, []);
  await host.heal();
  await eventually('it is heard again', () => heard.length > before + 3);
  // A pulled plug says no goodbye either.
  await host.kill();
  t.deepEqual(events, []);
});

test.serial('terminate: of a running host nothing is left, and again is fine', async (t) => {
  const machines = await hosts.provider.list();
  const handles = machines.map(({ handle }) => handle);
  t.true(handles.length >= 2);
  for (const { id } of machines) await hosts.provider.terminate(id);
  for (const { id } of machines) await hosts.provider.terminate(id);
  t.deepEqual(await hosts.provider.list(), []);
  const bridge = handles[0]?.split('-')[0] ?? '';
  const lines = (file: string): string[] => readFileSync(file, 'utf8').split('\n');
  t.deepEqual(
    {
      mounts: lines('/proc/self/mounts').filter((line) => line.includes(bridge)),
      namespaces: readdirSync('/run/netns').filter((name) => name.startsWith(bridge)),
      interfaces: Object.keys(networkInterfaces()).filter((name) => name.startsWith(bridge)),
      links: readdirSync('/sys/class/net').filter((name) => name.startsWith(bridge)),
      processes: commandLines().filter((line) => line.includes(bridge)),
      cgroups: cgroupsNamed(bridge),
      propagate: handles.filter((handle) => existsSync(`/run/systemd/nspawn/propagate/${handle}`)),
    },
    { mounts: [], namespaces: [], interfaces: [], links: [], processes: [], cgroups: [], propagate: [] },
  );
});

test.serial('terminate: of an id that never was is fine', async (t) => {
  await hosts.provider.terminate('nobody');
  await t.throwsAsync(hosts.provider.exec('nobody', ['true']), { message: /no machine nobody/ });
});

test.serial('sweep: the hosts of a living run are left alone', async (t) => {
  const host = await hosts.boot('alive');
  await sweep();
  t.is(await host.run('hostname'), 'alive');
});

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });
}

function cgroupsNamed(bridge: string): string[] {
  const places = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([, place = '', type = '']) => (type.startsWith('cgroup') ? [place] : []));
  return places.filter((place) => readdirSync(place).some((name) => name.includes(bridge)));
}
