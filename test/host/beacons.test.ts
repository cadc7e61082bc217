import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import type { StateResult } from '../../lib/contracts/state.ts';
import { eventually, openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';

/* Beacons of a minion on a host, which has a master of its own: what they see of systemd, the journal and files. */

let hosts: Hosts;
let host: Host;
const tsalt = ['/usr/local/bin/node', '/opt/tsalt/bin/tsalt.cjs'];
const unit = '[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n';
const changed = { onchangeonly: true, emitatstartup: false };
const beacons: JsonMap = {
  service: [{ services: { probe: changed, other: changed } }],
  each: [{ services: { probe: {} } }, { beacon_module: 'service' }],
  journald: [{ services: { probe: { SYSLOG_IDENTIFIER: 'probe' } } }],
  inotify: [{ files: { '/srv/watched': { mask: ['create', 'modify', 'delete', 'moved_to'], recurse: true } } }],
  log: [{ file: '/var/log/probe.log' }, { tags: { bad: { regex: '.*bad' } } }],
  diskusage: [{ '^/$': '0%' }, { interval: 600 }],
  memusage: [{ percent: 1 }, { interval: 600 }],
  ps: [{ processes: { systemd: 'running' } }, { interval: 600 }],
  network_info: [{ interfaces: { eth0: { type: 'greater', packets_recv: -1 } } }, { interval: 600 }],
  status: [{ interval: 600 }],
  network_settings: [{ interfaces: { eth0: { mtu: {} } } }],
};

test.before(async () => {
  hosts = await openHosts({ binds: tsaltBinds });
  host = await hosts.boot('beacons');
  for (const name of ['probe', 'other']) await host.push(`/etc/systemd/system/${name}.service`, unit);
  await host.run('systemctl', 'daemon-reload');
  await host.run('systemctl', 'start', 'probe', 'other');
  await host.push('/srv/watched/below/file', 'old');
  await host.push('/var/log/probe.log', 'bad, but old\n');
  await host.push(
    '/etc/tsalt/master',
    JSON.stringify({ publish_port: 0, ret_port: 0, file_roots: { base: ['/srv/states'] } }),
  );
  await host.run('systemd-run', '--unit=tsalt-master', ...tsalt, 'master');
  const described = JSON.parse(await text('/run/tsalt/master.json')) as JsonMap;
  const { ret_port: master_port, master_key } = described;
  const config = { id: 'here', master: '127.0.0.1', master_port, master_key, beacons } as JsonMap;
  await host.push('/etc/tsalt/minion', JSON.stringify(config));
  await host.run('systemd-run', '--unit=tsalt-minion', ...tsalt, 'minion');
  await eventually(
    'the minion is let in',
    async () => (await host.exec([...tsalt, 'key', 'accept', 'here'])).code === 0,
    60,
  );
  await eventually('all have looked', async () => (await seen('status')).length > 0, 60);
});
test.after.always(() => hosts?.close());

/** What is in a file, as soon as it is there. */
async function text(file: string): Promise<string> {
  await eventually(`there is ${file}`, async () => (await host.exec(['test', '-s', file])).code === 0, 60);
  return host.run('cat', file);
}

/** Data of the events of one beacon, so far. */
async function seen(beacon: string): Promise<JsonMap[]> {
  // What there is comes at once; then there is nothing to wait for.
  const listen = [...tsalt, 'event', 'listen', `salt/beacon/here/${beacon}/*`, '--since', '0', '--out', 'json'];
  const { stdout } = await host.exec(['timeout', '2', ...listen]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { _stamp: _, ...data } = (JSON.parse(line) as { data: JsonMap }).data;
      return data;
    });
}

/** Waits until that beacon has told something of that kind. */
const told = (beacon: string, what: string, fits: (data: JsonMap) => boolean): Promise<boolean> =>
  eventually(`${beacon}: ${what}`, async () => (await seen(beacon)).some(fits), 30);

async function apply(t: import('ava').ExecutionContext, sls: string): Promise<void> {
  await host.push('/srv/states/it.sls', sls);
  const { stdout } = await host.exec([...tsalt, 'here', 'state.apply', 'it', '--out', 'json']);
  const results = Object.values((JSON.parse(stdout) as { here: Record<string, StateResult> }).here);
  for (const { result, changes, comment } of results)
    t.deepEqual([result, Object.keys(changes).length > 0], [true, true], comment);
}

test.serial('beacons of what there is: are told of this machine', async (t) => {
  const [disk] = await seen('diskusage');
  t.is(disk?.['mount'], '/');
  const df = await host.run('df', '--output=pcent', '/');
  t.true(Math.abs(Number(disk?.['diskusage']) - Number(/(\d+)%/.exec(df)?.[1])) <= 1.5, df);
  t.deepEqual(await seen('ps'), [{ systemd: 'Running', id: 'here' }]);
  t.like((await seen('network_info'))[0], { interface: 'eth0' });
  t.true(Number((await seen('memusage'))[0]?.['memusage']) > 1);
});

test.serial(
  'service: a unit that is stopped by hand, and one that ends, are told; what a state stops is not',
  async (t) => {
    await host.run('systemctl', 'stop', 'probe');
    await told('service', 'probe was stopped', (data) => data['service_name'] === 'probe');
    await apply(t, 'other:\n  service.dead: []\nprobe:\n  service.running: []\n');
    // What comes after that is no state's any more.
    await someLooks();
    await host.run('systemctl', 'kill', '--signal=KILL', 'probe');
    await eventually('it is told that probe has ended', async () => (await seen('service')).length >= 2, 30);
    t.deepEqual(await seen('service'), [
      { probe: { running: false }, service_name: 'probe', id: 'here' },
      { probe: { running: false }, service_name: 'probe', id: 'here' },
    ]);
  },
);

/** Some looks later: one that tells each time has told thrice. */
async function someLooks(): Promise<void> {
  const { length } = await seen('each');
  await eventually('some looks', async () => (await seen('each')).length >= length + 3, 30);
}

test.serial('journald: a line that is logged, is told with its fields', async (t) => {
  await host.run('logger', '--tag', 'probe', '--priority', 'user.err', 'hello there');
  await host.run('logger', '--tag', 'another', 'not for us');
  await told('journald', 'the line', (data) => data['MESSAGE'] === 'hello there');
  const events = await seen('journald');
  t.is(events.length, 1);
  t.like(events[0], { SYSLOG_IDENTIFIER: 'probe', PRIORITY: 3, id: 'here', _UID: 0 });
});

test.serial('inotify: what is written by hand is told, what file.managed and a command write is not', async (t) => {
  await apply(
    t,
    '/srv/watched/managed:\n  file.managed:\n    - contents: by a state\n/srv/watched/below/file:\n  file.managed:\n    - contents: by a state\necho by a command > /srv/watched/by-command:\n  cmd.run: []\n',
  );
  // What comes soon after a command is taken for its doing.
  await someLooks();
  await host.run('sh', '-c', 'echo by hand > /srv/watched/below/file; echo new > "/srv/watched/a name"');
  await told('inotify', 'a new file', (data) => data['path'] === '/srv/watched/a name');
  t.deepEqual(
    (await seen('inotify')).map(({ path, change }) => [path, change]),
    [
      ['/srv/watched/below/file', 'IN_MODIFY'],
      ['/srv/watched/a name', 'IN_CREATE'],
      ['/srv/watched/a name', 'IN_MODIFY'],
    ],
  );
});

test.serial('log and network_settings: a line that was added, a setting that was changed', async (t) => {
  await host.run('sh', '-c', 'echo "something bad" >> /var/log/probe.log; ip link set eth0 mtu 1400');
  await told('log', 'the line', (data) => data['raw'] === 'something bad');
  t.is((await seen('log')).length, 1);
  await told('network_settings', 'mtu', () => true);
  t.deepEqual(await seen('network_settings'), [{ interface: 'eth0', change: { mtu: 1400 }, id: 'here' }]);
});

test.serial('beacons that a state and a function set: run within seconds; the master hears of them', async (t) => {
  await apply(t, 'swapusage:\n  beacon.present:\n    - percent: 0\n    - interval: 600\n');
  await told('swapusage', 'at once', () => true);
  const { stdout } = await host.exec([
    ...tsalt,
    'here',
    'beacons.add',
    'more',
    '[{beacon_module: load}, {averages: {1m: [-1, -1]}}]',
    '--out',
    'json',
  ]);
  t.deepEqual(JSON.parse(stdout), { here: { comment: 'Added beacon: more.', result: true } });
  await told('more', 'at once', (data) => typeof data['1m'] === 'number');
});
