import test from 'ava';
import type { Answered, Asked } from './apply-states.ts';
import { eventually, openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';

let hosts: Hosts;
let host: Host;
test.before(async () => {
  hosts = await openHosts({ binds: tsaltBinds });
  host = await hosts.boot('packages');
  await provide(
    { name: 'probe', version: '1.0-1', depends: 'probe-data', conffile: '/etc/probe.conf' },
    { name: 'probe', version: '2.0-1', depends: 'probe-data', conffile: '/etc/probe.conf' },
    { name: 'probe-data', version: '1' },
    { name: 'other', version: '0.9~rc1' },
    { name: 'slow', version: '1', postinst: 'test -e /run/quick || { touch /run/slow; sleep infinity; }' },
    { name: 'broken', version: '1', postinst: 'echo "the disk is made of cheese" >&2; exit 3' },
  );
});
test.after.always(() => hosts.close());

interface Deb {
  readonly name: string;
  readonly version: string;
  readonly depends?: string;
  readonly conffile?: string;
  readonly postinst?: string;
}

/** Builds packages on the host, and makes them a package source there. */
async function provide(...debs: readonly Deb[]): Promise<void> {
  const entries: string[] = [];
  for (const { name, version, depends, conffile, postinst } of debs) {
    const folder = `/srv/build/${name}_${version}`;
    const control = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: all',
      'Maintainer: Nobody <nobody@example.org>',
      ...(depends === undefined ? [] : [`Depends: ${depends}`]),
      'Description: a package to try out',
    ].join('\n');
    await host.push(`${folder}/DEBIAN/control`, `${control}\n`);
    if (conffile !== undefined) {
      await host.push(`${folder}${conffile}`, `version ${version}\n`);
      await host.push(`${folder}/DEBIAN/conffiles`, `${conffile}\n`);
    }
    if (postinst !== undefined) await host.push(`${folder}/DEBIAN/postinst`, `#!/bin/sh\n${postinst}\n`, '0755');
    const file = `${name}_${version}.deb`;
    await host.run('mkdir', '-p', '/srv/probe');
    await host.run('dpkg-deb', '--build', '--root-owner-group', folder, `/srv/probe/${file}`);
    const [size, sum] = (
      await host.run('sh', '-c', 'stat -c %s "$1"; sha256sum < "$1"', 'sh', `/srv/probe/${file}`)
    ).split('\n');
    entries.push(`${control}\nFilename: ./${file}\nSize: ${size}\nSHA256: ${sum?.split(' ')[0]}\n`);
  }
  await host.push('/srv/probe/Packages', entries.join('\n'));
  await host.push('/etc/apt/sources.list.d/probe.list', 'deb [trusted=yes] file:/srv/probe ./\n');
}

const program = ['/usr/local/bin/node', '/opt/tsalt/dist/test/host/apply-states.js'];

async function apply(...asked: readonly Asked[]): Promise<Answered[]> {
  const { code, stdout, stderr } = await host.exec(program, { input: JSON.stringify(asked) });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answered[];
}

async function one(fun: string, args: Asked['args'], more: Partial<Asked> = {}): Promise<Answered> {
  const [answer] = await apply({ fun, args, ...more });
  if (!answer) throw new Error('no answer');
  return answer;
}

const installed = async (name: string): Promise<string> =>
  (await host.exec(['dpkg-query', '--show', '--showformat=${db:Status-Status} ${Version}', name])).stdout;

test.serial(
  'pkg.installed: a version that the lists do not have yet, is found after one update and comes with its dependency',
  async (t) => {
    const predicted = await one('pkg.installed', { name: 'probe', version: '1.0*', refresh: false }, { test: true });
    t.is(predicted.comment, "No package source has 'probe'");
    const answer = await one('pkg.installed', { name: 'probe', version: '1.0*' });
    t.is(answer.comment, 'The following packages were installed/updated: probe=1.0*');
    t.deepEqual(
      [answer.result, answer.changes],
      [true, { probe: { old: '', new: '1.0-1' }, 'probe-data': { old: '', new: '1' } }],
    );
    t.is(await installed('probe'), 'installed 1.0-1');
    t.is(answer.ran.filter((command) => command.includes('update')).length, 1);
  },
);

test.serial('pkg.installed: what is there already, takes no process and leaves the database untouched', async (t) => {
  const stamp = () => host.run('stat', '--format=%i %y', '/var/lib/dpkg/status');
  const before = await stamp();
  const answers = await apply(
    { fun: 'pkg.installed', args: { name: 'probe' } },
    { fun: 'pkg.installed', args: { name: 'all', pkgs: ['bash', 'coreutils', { probe: '<2' }] } },
    { fun: 'pkg.removed', args: { name: 'other' } },
    { fun: 'pkg.purged', args: { name: 'other' } },
  );
  for (const { result, changes, ran } of answers)
    t.deepEqual({ result, changes, ran }, { result: true, changes: {}, ran: [] });
  t.is(await stamp(), before);
});

test.serial('pkg.latest: a newer one on offer, is what test mode foretold; my configuration stays', async (t) => {
  await host.push('/etc/probe.conf', 'mine\n');
  const foretold = await one('pkg.latest', { name: 'probe', refresh: false }, { test: true });
  t.deepEqual([foretold.result, foretold.changes], [null, { probe: { old: '1.0-1', new: '2.0-1' } }]);
  const answer = await one('pkg.latest', { name: 'probe' });
  t.deepEqual([answer.result, answer.changes], [true, foretold.changes]);
  t.is(await host.run('cat', '/etc/probe.conf'), 'mine');
  t.deepEqual((await one('pkg.latest', { name: 'probe' })).changes, {});
  const back = await one('pkg.installed', { name: 'probe', version: '1.0-1' });
  t.deepEqual([back.result, back.changes], [true, { probe: { old: '2.0-1', new: '1.0-1' } }]);
});

test.serial('pkg: several at once, are one transaction; removed and purged', async (t) => {
  const transactions = async (): Promise<number> =>
    Number(await host.run('grep', '--count', '^Commandline', '/var/log/apt/history.log'));
  const before = await transactions();
  const both = await one('pkg.installed', { name: 'both', pkgs: [{ probe: '>=2' }, 'other'] });
  t.deepEqual(both.changes, { other: { old: '', new: '0.9~rc1' }, probe: { old: '1.0-1', new: '2.0-1' } });
  t.is(await transactions(), before + 1);

  const removed = await one('pkg.removed', { name: 'gone', pkgs: ['probe', 'other', 'never'] });
  t.is(
    removed.comment,
    'The following packages were not installed: never The following packages were removed: other, probe.',
  );
  t.is(await installed('probe'), 'config-files 2.0-1');
  const purged = await one('pkg.purged', { name: 'probe' });
  t.deepEqual(purged.changes, { installed: {}, removed: { probe: { old: '2.0-1', new: '' } } });
  t.not((await host.exec(['test', '-e', '/etc/probe.conf'])).code, 0);
});

test.serial(
  'pkg.installed: a package whose script fails, is false with the words of the script; a name nobody has, with that',
  async (t) => {
    const broken = await one('pkg.installed', { name: 'broken' });
    t.false(broken.result);
    t.regex(broken.comment, /the disk is made of cheese[\s\S]*broken/);
    t.deepEqual(broken.changes, { broken: { old: '', new: '1' } });
    await host.run('apt-get', 'purge', '--yes', 'broken');
    const nobody = await one('pkg.installed', { name: 'nobody-has-this' });
    t.deepEqual([nobody.result, nobody.comment], [false, "No package source has 'nobody-has-this'"]);
  },
);

test.serial('pkg.installed: another apt holds the lock, it is waited for', async (t) => {
  const hold =
    'import fcntl; f = open("/var/lib/dpkg/lock-frontend", "w"); fcntl.lockf(f, fcntl.LOCK_EX); open("/run/held", "w"); ' +
    'import signal; signal.pause()';
  await host.run('systemd-run', '--unit=holder', 'python3', '-c', hold);
  await eventually('the lock is held', async () => (await host.exec(['test', '-e', '/run/held'])).code === 0);
  const waiting = one('pkg.installed', { name: 'other' });
  await eventually('apt waits', async () => (await host.exec(['pgrep', '--exact', 'apt-get'])).code === 0);
  await host.run('systemctl', 'stop', 'holder');
  const answer = await waiting;
  t.deepEqual([answer.result, answer.changes], [true, { other: { old: '', new: '0.9~rc1' } }]);
});

test.serial(
  'pkg.installed: an earlier run was killed in the middle of a package, its work is finished first',
  async (t) => {
    await host.push('/root/slow.json', JSON.stringify([{ fun: 'pkg.installed', args: { name: 'slow' } }]));
    await host.run('systemd-run', '--unit=victim', '--property=StandardInput=file:/root/slow.json', ...program);
    await eventually('its script runs', async () => (await host.exec(['test', '-e', '/run/slow'])).code === 0);
    await host.run('systemctl', 'kill', '--signal=KILL', 'victim');
    await host.run('touch', '/run/quick');
    const answer = await one('pkg.installed', { name: 'probe' });
    t.deepEqual([answer.result, answer.changes['probe']], [true, { old: '', new: '2.0-1' }]);
    t.is(await installed('slow'), 'installed 1');
  },
);

const unit = (command: string, more = ''): string =>
  `[Service]\nExecStart=${command}\n${more}\n[Install]\nWantedBy=multi-user.target\n`;
const state = (property: string, name: string): Promise<string> =>
  host.run('systemctl', 'show', '--value', `--property=${property}`, name);

test.serial('service.running: stopped and disabled, is started and enabled; a second time nothing', async (t) => {
  await host.push('/etc/systemd/system/good.service', unit('/bin/sleep infinity'));
  const foretold = await one('service.running', { name: 'good', enable: true }, { test: true });
  t.deepEqual([foretold.result, foretold.comment], [null, 'Service good is set to start']);
  const answer = await one('service.running', { name: 'good', enable: true });
  t.deepEqual([answer.result, answer.changes], [true, { good: true }]);
  t.is(answer.comment, 'Service good has been enabled, and is running');
  t.is(await state('ActiveState', 'good'), 'active');
  t.is(await state('UnitFileState', 'good'), 'enabled');
  const again = await one('service.running', { name: 'good', enable: true });
  t.deepEqual([again.result, again.changes, again.ran.length], [true, {}, 1]);
});

test.serial(
  'service.running: what it watches has changed, it is restarted with its new unit file, or reloaded',
  async (t) => {
    const before = await state('MainPID', 'good');
    await host.push(
      '/etc/systemd/system/good.service',
      unit('/bin/sleep 1000000', 'ExecReload=/bin/touch /run/reloaded'),
    );
    const restarted = await one('service.running', { name: 'good' }, { changed: true });
    t.deepEqual([restarted.result, restarted.comment], [true, 'Service restarted']);
    t.not(await state('MainPID', 'good'), before);
    t.regex(await state('ExecStart', 'good'), /1000000/);
    const reloaded = await one('service.running', { name: 'good', reload: true }, { changed: true });
    t.is(reloaded.comment, 'Service reloaded');
    await host.run('test', '-e', '/run/reloaded');
  },
);

test.serial(
  'service.running: a unit that dies at once, or again and again, is false with the end of its journal',
  async (t) => {
    await host.push('/etc/systemd/system/dies.service', unit("/bin/sh -c 'sleep 0.1; echo no such port; exit 3'"));
    const dies = await one('service.running', { name: 'dies' });
    t.false(dies.result);
    t.regex(
      dies.comment,
      /^Service dies failed to start: it ended at once \(exit-code, exit status 3\)[\s\S]*no such port/,
    );
    await host.push('/etc/systemd/system/flaps.service', unit("/bin/sh -c 'exit 4'", 'Restart=always'));
    const flaps = await one('service.running', { name: 'flaps' });
    t.false(flaps.result);
    t.regex(flaps.comment, /ends again and again|ended at once/);
    await host.push('/etc/systemd/system/wrong.service', unit('/no/such/program'));
    const wrong = await one('service.running', { name: 'wrong' });
    t.false(wrong.result);
    t.regex(wrong.comment, /exit status 203: its program could not be executed/);
    const missing = await one('service.running', { name: 'missing' });
    t.deepEqual([missing.result, missing.comment], [false, 'The named service missing is not available']);
  },
);

test.serial('service.dead, disabled, masked and back: each is done once and then is so', async (t) => {
  const steps: readonly [string, Record<string, unknown>, string][] = [
    ['service.dead', { enable: false }, 'Service good has been disabled, and is dead'],
    ['service.enabled', {}, 'Service good has been enabled, and is in the desired state'],
    ['service.disabled', {}, 'Service good has been disabled, and is in the desired state'],
  ];
  for (const [fun, args, comment] of steps) {
    const [first, second] = await apply(
      { fun, args: { name: 'good', ...args } },
      { fun, args: { name: 'good', ...args } },
    );
    t.deepEqual([first?.result, first?.comment], [true, comment]);
    t.deepEqual([second?.result, second?.changes], [true, {}]);
  }
  // Only a unit whose file is the distribution's can be masked.
  await host.run('mv', '/etc/systemd/system/good.service', '/usr/lib/systemd/system/good.service');
  await host.run('systemctl', 'daemon-reload');
  const masked = await one('service.masked', { name: 'good' });
  t.deepEqual([masked.result, masked.changes], [true, { masked: { old: false, new: true } }]);
  t.regex((await one('service.running', { name: 'good' })).comment, /is masked/);
  t.true((await one('service.running', { name: 'good', unmask: true })).result);
  t.is((await one('service.unmasked', { name: 'good' })).comment, 'Service good was already unmasked');
});
