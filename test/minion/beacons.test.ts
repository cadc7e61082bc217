import test from 'ava';
import { fakeMachine, startBeacon, told } from './beacon-kit.ts';

const averages = { '1m': [0.5, 2], '15m': [0, 1] };

test('load: out of its bounds, at each look', async (t) => {
  const machine = fakeMachine({ '/proc/loadavg': '1.00 1.00 0.50 1/100 1\n' });
  const load = await startBeacon('load', { averages }, machine);
  t.deepEqual(await told(load), []);
  for (const text of ['2.50 1.0 0.5 1/1 1', '2.60 1.0 0.5 1/1 1', '0.40 1 0.5 1/1 1', '1 9 1.1 1/1 1']) {
    machine.write('/proc/loadavg', text);
    const [one, five, fifteen] = text.split(' ').map(Number);
    t.deepEqual(await told(load), [['', { '1m': one, '5m': five, '15m': fifteen } as never]], text);
  }
});

test('load: onchangeonly, when it goes above or below; at the start only when it is asked to', async (t) => {
  const machine = fakeMachine({ '/proc/loadavg': '3 1 0 1/1 1' });
  const options = { averages, onchangeonly: true };
  const quiet = await startBeacon('load', { ...options, emitatstartup: false }, machine);
  const loud = await startBeacon('load', options, machine);
  t.deepEqual(await told(quiet), []);
  t.is((await told(loud)).length, 1);
  const seen: number[] = [];
  for (const one of [3.5, 1, 2.5, 2.6, 0.1, 0.2, 1]) {
    machine.write('/proc/loadavg', `${one} 1 0 1/1 1`);
    if ((await told(quiet)).length > 0) seen.push(one);
  }
  t.deepEqual(seen, [2.5, 0.1]);
});

test('memusage and swapusage: at the threshold or above it', async (t) => {
  const text = 'MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 370 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\n';
  const machine = fakeMachine({ '/proc/meminfo': text });
  t.deepEqual(await told(await startBeacon('memusage', { percent: '63%' }, machine)), [['', { memusage: 63 }]]);
  t.deepEqual(await told(await startBeacon('memusage', { percent: 63.1 }, machine)), []);
  t.deepEqual(await told(await startBeacon('swapusage', { percent: '25%' }, machine)), [['', { swapusage: 25 }]]);
});

test('diskusage: each file system that is full, by its mount point or a pattern of it', async (t) => {
  const machine = fakeMachine({
    '/proc/self/mounts': 'a / ext4 rw 0 0\nb /home ext4 rw 0 0\nc /my\\040disk ext4 rw 0 0\nb /home ext4 rw 0 0\n',
  });
  Object.assign(machine.full, { '/': 50, '/home': 95.5, '/my disk': 99 });
  t.deepEqual(await told(await startBeacon('diskusage', { '/': '50%', '/hom': 1 }, machine)), [
    ['', { diskusage: 50, mount: '/' }],
  ]);
  t.deepEqual(await told(await startBeacon('diskusage', { '^/(?!home).+$': 90 }, machine)), [
    ['', { diskusage: 99, mount: '/my disk' }],
  ]);
});

test('diskusage: a file system that can not be asked, hides no other that is full, and is told of while none is', async (t) => {
  const machine = fakeMachine({ '/proc/self/mounts': 'a /net nfs rw 0 0\nb / ext4 rw 0 0\n' });
  machine.full['/'] = 95;
  const { space } = machine;
  Object.assign(machine, {
    space: async (mount: string) => {
      if (mount === '/net') throw new Error('ESTALE');
      return space(mount);
    },
  });
  const beacon = await startBeacon('diskusage', { '/.*': '90%' }, machine);
  t.deepEqual(await told(beacon), [['', { diskusage: 95, mount: '/' }]]);
  machine.full['/'] = 50;
  await t.throwsAsync(told(beacon), { message: 'ESTALE' });
});

test('ps: what runs and should not, what does not and should; a name that the kernel cut', async (t) => {
  const machine = fakeMachine({
    '/proc/1/comm': 'init\n',
    '/proc/22/comm': 'a-very-long-nam\n',
    '/proc/22/cmdline': '/usr/bin/a-very-long-name\0--x\0',
    '/proc/self/comm': 'myself\n',
    '/proc/99/other': '',
  });
  const processes = { init: 'running', 'a-very-long-name': 'running', myself: 'stopped', cron: 'running' };
  t.deepEqual(await told(await startBeacon('ps', { processes }, machine)), [
    ['', { init: 'Running' }],
    ['', { 'a-very-long-name': 'Running' }],
    ['', { myself: 'Stopped' }],
  ]);
});

test('network_info: figures that are reached', async (t) => {
  const zeros = '0 0 0 0 0';
  const dev = `Inter-| Receive\n face |bytes\n  lo: 5 5 0 0 ${zeros.slice(0, 7)} 5 5 0 0 ${zeros.slice(0, 7)}\neth0: 100 10 3 4 0 0 0 0 200 20 5 6 0 0 0 0\n`;
  const machine = fakeMachine({ '/proc/net/dev': dev });
  const figures = { bytes_sent: 200, bytes_recv: 100, packets_sent: 20, packets_recv: 10 };
  const all = { ...figures, errin: 3, errout: 5, dropin: 4, dropout: 6 };
  const look = async (interfaces: Record<string, Record<string, string | number>>) =>
    told(await startBeacon('network_info', { interfaces }, machine));
  t.deepEqual(await look({ eth0: { errin: 3 } }), [['', { interface: 'eth0', network_info: all }]]);
  t.deepEqual(await look({ eth0: { type: 'greater', errin: 3 }, eth9: { errin: 0 } }), []);
  t.is((await look({ eth0: { type: 'greater', errin: '2' }, lo: { bytes_sent: 5 } })).length, 2);
});

test('network_settings: what has changed, by wildcard, to a value, all in one', async (t) => {
  const of = (name: string, file: string): string => `/sys/class/net/${name}/${file}`;
  const machine = fakeMachine({
    [of('eth0', 'ifindex')]: '2\n',
    [of('eth0', 'mtu')]: '1500\n',
    [of('eth0', 'flags')]: '0x1003\n',
    [of('veth1', 'ifindex')]: '3\n',
    [of('veth1', 'operstate')]: 'up\n',
    [of('bonding_masters', 'x')]: '',
  });
  machine.ips = { eth0: [['10.0.0.1', 24]] };
  const interfaces = { eth0: { mtu: null, ipaddr: null, promiscuity: { onvalue: 1 } }, 'veth*': { operstate: null } };
  const one = await startBeacon('network_settings', { interfaces }, machine);
  const all = await startBeacon('network_settings', { interfaces, coalesce: true }, machine);
  t.deepEqual([await told(one), await told(all)], [[], []]);
  machine.write(of('eth0', 'mtu'), '9000\n');
  machine.write(of('veth1', 'operstate'), 'down\n');
  machine.ips = { eth0: [['10.0.0.2', 16]] };
  const eth0 = { mtu: 9000, ipaddr: [['10.0.0.2', 16]] };
  t.deepEqual(await told(one), [
    ['eth0', { interface: 'eth0', change: eth0 }],
    ['veth1', { interface: 'veth1', change: { operstate: 'DOWN' } }],
  ]);
  t.deepEqual(await told(all), [['result', { changes: { eth0, veth1: { operstate: 'DOWN' } } }]]);
  machine.write(of('eth0', 'flags'), '0x1103\n');
  t.deepEqual(await told(one), [['eth0', { interface: 'eth0', change: { promiscuity: 1 } }]]);
  machine.write(of('eth0', 'flags'), '0x1003\n');
  t.deepEqual(await told(one), []);
});

test('service: at each look, or only when it has changed', async (t) => {
  const machine = fakeMachine({ '/run/b.pid': '7' });
  machine.services.set('a', true).set('b', true);
  const b = { onchangeonly: true, emitatstartup: false, uncleanshutdown: '/run/b.pid' };
  const service = await startBeacon('service', { services: { a: {}, b } }, machine);
  const a: [string, never] = ['a', { a: { running: true }, service_name: 'a' } as never];
  t.deepEqual(await told(service), [a]);
  machine.services.set('b', false);
  t.deepEqual(await told(service), [a, ['b', { b: { running: false, uncleanshutdown: true }, service_name: 'b' }]]);
  t.deepEqual(await told(service), [a]);
  machine.services.set('b', true);
  t.deepEqual(await told(service), [a, ['b', { b: { running: true }, service_name: 'b' }]]);
});

test('service: delay, only what has stayed so', async (t) => {
  const machine = fakeMachine();
  machine.services.set('a', true);
  const a = { onchangeonly: true, emitatstartup: false, delay: 10 };
  const service = await startBeacon('service', { services: { a } }, machine);
  t.deepEqual(await told(service), []);
  const seen: [number, boolean][] = [];
  for (const [second, running] of [false, true, false, false, false].entries()) {
    machine.services.set('a', running);
    machine.clock.advance(6000);
    for (const _ of await told(service)) seen.push([second, running]);
  }
  t.deepEqual(seen, [[4, false]]);
});

test('service: what a state run did, is known and not told', async (t) => {
  const machine = fakeMachine();
  machine.services.set('a', true);
  const service = await startBeacon(
    'service',
    { services: { a: { onchangeonly: true, emitatstartup: false } } },
    machine,
  );
  await service.look();
  machine.isOwn = (what) => 'service' in what && what.service === 'a';
  machine.services.set('a', false);
  t.deepEqual(await told(service), []);
  machine.isOwn = () => false;
  t.deepEqual(await told(service), []);
  machine.services.set('a', true);
  t.is((await told(service)).length, 1);
});

test('log: lines that were added and fit from their beginning, each with its tag', async (t) => {
  const machine = fakeMachine({ '/var/log/a': 'old bad\n' });
  const tags = { 'x/y': { regex: '.*bad' }, z: { regex: 'new' }, never: { regex: 'bad' } };
  const log = await startBeacon('log', { file: '/var/log/a', tags }, machine);
  t.deepEqual(await told(log), []);
  machine.write('/var/log/a', 'old bad\nnew bad\nhalf b');
  const event = (tag: string, raw: string): [string, never] => [tag, { match: 'yes', raw, error: '' } as never];
  t.deepEqual(await told(log), [event('x/y', 'new bad'), event('z', 'new bad')]);
  machine.write('/var/log/a', 'old bad\nnew bad\nhalf bad\r\n');
  t.deepEqual(await told(log), [event('x/y', 'half bad')]);
});

test('log: a file that is not there yet, and one that is put in its place', async (t) => {
  const machine = fakeMachine({ '/var/log/other': '' });
  const log = await startBeacon('log', { file: '/var/log/a', tags: { t: { regex: 'x' } } }, machine);
  t.deepEqual(await told(log), []);
  machine.write('/var/log/a', 'x1\n');
  t.is((await told(log)).length, 1);
  machine.remove('/var/log/a');
  machine.write('/var/log/a', 'x2\nx3\n');
  t.deepEqual((await told(log)).length, 2);
  machine.write('/var/log/a', 'x\n');
  t.is((await told(log)).length, 1, 'it was cut short');
});

test('log: of a line that is given up as too long, the rest is no line', async (t) => {
  const machine = fakeMachine({ '/a': '' });
  const log = await startBeacon('log', { file: '/a', tags: { t: { regex: 'x' } } }, machine);
  t.deepEqual(await told(log), []);
  const long = `y${'x'.repeat(64 * 1024)}`;
  machine.write('/a', long);
  t.deepEqual(await told(log), []);
  machine.write('/a', `${long}xx`);
  t.deepEqual(await told(log), []);
  machine.write('/a', `${long}xxx\nx1\nx`);
  t.deepEqual(
    (await told(log)).map(([, data]) => (data as { raw: string }).raw),
    ['x1'],
  );
  machine.write('/a', `${long}xxx\nx1\nx2\n`);
  t.is((await told(log)).length, 1);
});

test('log: a line is taken whole wherever a read ends', async (t) => {
  const most = 1024 * 1024;
  for (const before of [most - 4, most - 3, most - 2, most - 1, most, most + 1]) {
    const machine = fakeMachine({ '/a': '' });
    const log = await startBeacon('log', { file: '/a', tags: { t: { regex: '\u00fc' } } }, machine);
    await told(log);
    machine.write('/a', '');
    const text = `${`${'y'.repeat(1023)}\n`.repeat(1023)}${'y'.repeat(before - 1023 * 1024 - 1)}\n\u00fc\u00fc1\n`;
    machine.write('/a', text);
    machine.touch('/a', { size: Buffer.byteLength(text) });
    const found = [...(await told(log)), ...(await told(log)), ...(await told(log))];
    t.deepEqual(
      found.map(([, data]) => (data as { raw: string }).raw),
      ['\u00fc\u00fc1'],
      String(before),
    );
  }
});

test('status: all, or the fields that are asked for', async (t) => {
  const machine = fakeMachine({
    '/proc/loadavg': '0.1 0.2 0.3 1/2 3\n',
    '/proc/stat': 'cpu 1 2 3 4 5 6 7 8\nctxt 9\n',
    '/proc/meminfo': 'MemTotal: 10 kB\nHugePages_Total: 0\n',
    '/proc/vmstat': 'nr_free_pages 5\n',
  });
  const asked = await told(await startBeacon('status', { loadavg: ['1-min', '9-min'], vmstats: 'all' }, machine));
  t.deepEqual(asked, [
    ['2026-01-01T00:00:00.000', { data: { loadavg: { '1-min': 0.1 }, vmstats: { nr_free_pages: 5 } } }],
  ]);
  const [[, all] = []] = await told(await startBeacon('status', {}, machine));
  t.like(all, {
    data: {
      loadavg: { '15-min': 0.3 },
      cpustats: { cpu: { user: 1, steal: 8 }, ctxt: 9 },
      meminfo: { MemTotal: { value: '10', unit: 'kB' }, HugePages_Total: { value: '0' } },
    },
  });
});

const entry = (fields: Record<string, unknown>): string => JSON.stringify({ __CURSOR: 's=1', ...fields });

test('journald: entries with all fields of a service', async (t) => {
  const machine = fakeMachine();
  const services = { sshd: { SYSLOG_IDENTIFIER: 'sshd', PRIORITY: 6 }, any: { _UID: 0 } };
  const journald = await startBeacon('journald', { services }, machine);
  const [child] = machine.followed;
  t.deepEqual(child?.argv.slice(-5), ['--since=now', 'SYSLOG_IDENTIFIER=sshd', 'PRIORITY=6', '+', '_UID=0']);
  t.deepEqual(await told(journald), []);
  child?.line(entry({ SYSLOG_IDENTIFIER: 'sshd', PRIORITY: '6', MESSAGE: [104, 105], _PID: '12' }));
  child?.line(entry({ SYSLOG_IDENTIFIER: 'sshd', PRIORITY: '4' }));
  child?.line('{not json');
  const data = { __CURSOR: 's=1', SYSLOG_IDENTIFIER: 'sshd', PRIORITY: 6, MESSAGE: 'hi', _PID: 12 };
  t.deepEqual(await told(journald), [['sshd', data]]);
  journald.close?.();
  t.true(child?.stopped);
});

test('journald: a journalctl that ends, is told, and goes on after the last entry', async (t) => {
  const machine = fakeMachine();
  const journald = await startBeacon('journald', { services: { all: {} } }, machine);
  machine.followed[0]?.line(entry({ MESSAGE: 'a' }));
  machine.followed[0]?.ended('spawn ENOENT');
  await t.throwsAsync(async () => journald.look(), { message: 'journalctl ended: spawn ENOENT' });
  t.deepEqual(machine.followed[1]?.argv.slice(-2), ['--no-tail', '--after-cursor=s=1']);
  t.is((await told(journald)).length, 1, 'what came before is not lost');
});

test('journald: more than can wait, is counted', async (t) => {
  const machine = fakeMachine();
  const journald = await startBeacon('journald', { services: { all: {} } }, machine);
  for (let n = 0; n < 1003; n++) machine.followed[0]?.line(entry({ N: n }));
  const events = await told(journald);
  t.is(events.length, 1001);
  t.deepEqual(events.at(-1), ['', { error: '3 more entries came at once: they were left out' }]);
});
