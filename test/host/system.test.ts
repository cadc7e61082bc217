import test from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';

/* States of users, keys, jobs, mounts, kernel settings and the like, on a host, checked with its own tools. */

const packages = ['at', 'cron', 'locales', 'openssh-client'];
let hosts: Hosts;
let host: Host;
test.before(async () => {
  hosts = await openHosts({ binds: tsaltBinds, packages });
  host = await hosts.boot('system');
  await host.run('apt-get', 'update');
  await host.run('apt-get', 'install', '--yes', '--no-install-recommends', ...packages);
});
test.after.always(() => hosts.close());

const program = ['node', '/opt/tsalt/bin/tsalt.cjs', 'call', '--local', '--file-root', '/srv/states', '--out', 'json'];

/** Applies a state file on the host; gives its results by their ids. */
async function apply(sls: string, ...options: string[]): Promise<Record<string, StateResult>> {
  await host.push('/srv/states/it.sls', sls);
  const { stdout, stderr } = await host.exec([...program, 'state.apply', 'it', ...options]);
  let results: Record<string, StateResult>;
  try {
    results = (JSON.parse(stdout) as { local: Record<string, StateResult> }).local;
  } catch {
    throw new Error(stderr || stdout);
  }
  if (Array.isArray(results)) throw new Error(results.join('\n'));
  return Object.fromEntries(Object.values(results).map((result) => [result.__id__, result]));
}

/** Foretells, applies and applies again: what was foretold comes about, and then nothing is left to do. */
async function settle(t: import('ava').ExecutionContext, sls: string): Promise<Record<string, StateResult>> {
  const foretold = await apply(sls, 'test=True');
  const done = await apply(sls);
  for (const [id, { result, comment, changes }] of Object.entries(done)) {
    t.is(result, true, `${id}: ${comment}`);
    t.deepEqual([foretold[id]?.result, foretold[id]?.changes], [null, changes], `${id}: ${foretold[id]?.comment}`);
  }
  const again = await apply(sls);
  for (const [id, { result, comment, changes }] of Object.entries(again))
    t.deepEqual([result, changes], [true, {}], `${id}, again: ${comment}`);
  return done;
}

const hash = '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/';

test.serial('user and group: made, changed and removed, are what the system says of them', async (t) => {
  const done = await settle(
    t,
    `
team:
  group.present:
    - gid: 4000
ops:
  group.present: []
deploy:
  user.present:
    - uid: 2000
    - fullname: Deployment
    - shell: /bin/bash
    - groups: [team, adm]
    - password: ${hash}
    - maxdays: 90
app:
  user.present:
    - system: true
    - home: /srv/deep/app
    - usergroup: false
    - password: geheim
    - hash_password: true
/home/deploy/hello:
  file.managed:
    - contents: hello
    - user: deploy
    - group: team
members:
  group.present:
    - name: ops
    - addusers: [root, app]
`,
  );
  t.like(done['deploy']?.changes, { uid: 2000, gid: 2000, home: '/home/deploy', groups: ['adm', 'deploy', 'team'] });
  t.is(await host.run('getent', 'passwd', 'deploy'), 'deploy:x:2000:2000:Deployment:/home/deploy:/bin/bash');
  t.is(await host.run('id', '--name', '--groups', 'deploy'), 'deploy adm team');
  t.is(await host.run('getent', 'group', 'ops'), 'ops:x:4001:root,app');
  t.regex(await host.run('getent', 'shadow', 'deploy'), /^deploy:\$6\$saltsalt\$qFmFH.*:0:90:7:::$/);
  t.is(
    await host.run('stat', '--format=%U:%G %F', '/home/deploy', '/srv/deep/app'),
    ['deploy:deploy directory', 'app:users directory'].join('\n'),
  );
  t.is(
    await host.run('stat', '--format=%U:%G', '/home/deploy/.profile', '/home/deploy/hello'),
    ['deploy:deploy', 'deploy:team'].join('\n'),
  );
  const crypted = (await host.run('getent', 'shadow', 'app')).split(':')[1] ?? '';
  t.regex(crypted, /^\$y\$/);

  await settle(
    t,
    `
ops:
  group.present:
    - gid: 4100
    - delusers: [root, app]
deploy:
  user.present:
    - uid: 5000
    - gid: team
    - allow_uid_change: true
    - allow_gid_change: true
    - groups: [ops]
    - shell: /bin/sh
    - fullname: D
    - roomnumber: 7
    - home: /srv/deploy
    - password_lock: true
    - expire: 30000
`,
  );
  t.is(await host.run('getent', 'passwd', 'deploy'), 'deploy:x:5000:4000:D,7:/srv/deploy:/bin/sh');
  t.is(await host.run('getent', 'group', 'ops'), 'ops:x:4100:deploy');
  t.regex(await host.run('getent', 'shadow', 'deploy'), /^deploy:!\$6\$saltsalt\$qFmFH.*:0:90:7::30000:$/);
  t.is(await host.run('stat', '--format=%U:%G %a', '/srv/deploy'), 'deploy:team 755');

  await settle(
    t,
    `
deploy:
  user.absent:
    - purge: true
app:
  user.absent: []
ops:
  group.absent: []
team:
  group.absent: []
`,
  );
  for (const entry of ['passwd deploy', 'passwd app', 'group ops', 'group team', 'group app'])
    t.is((await host.exec(['getent', ...entry.split(' ')])).code, 2, entry);
  t.is((await host.exec(['test', '-e', '/srv/deploy'])).code, 1);
});

test.serial('ssh_auth and ssh_known_hosts: keys, are where ssh finds them', async (t) => {
  await host.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'anna@here', '-f', '/srv/anna');
  const [kind, key] = (await host.run('cat', '/srv/anna.pub')).split(' ');
  await settle(
    t,
    `
anna:
  user.present: []
${kind} ${key} anna@here:
  ssh_auth.present:
    - user: anna
    - options: [no-pty, 'from="10.*, 127.0.0.1"']
git.example.org:
  ssh_known_hosts.present:
    - user: anna
    - key: ${key}
    - enc: ed25519
`,
  );
  const file = '/home/anna/.ssh/authorized_keys';
  t.is(await host.run('stat', '--format=%U %a', file, '/home/anna/.ssh'), 'anna 600\nanna 700');
  t.regex(await host.run('ssh-keygen', '-l', '-f', file), /anna@here \(ED25519\)$/);
  const known = '/home/anna/.ssh/known_hosts';
  t.is(await host.run('stat', '--format=%U %a', known), 'anna 600');
  t.notRegex(await host.run('cat', known), /git/);
  t.true((await host.run('ssh-keygen', '-F', 'git.example.org', '-f', known)).endsWith(`ssh-ed25519 ${key}`));
  await settle(
    t,
    `
${key}:
  ssh_auth.absent:
    - user: anna
git.example.org:
  ssh_known_hosts.absent:
    - user: anna
`,
  );
  t.is(await host.run('cat', file, known), '');
});

test.serial('cron: jobs, are in the crontab that cron reads', async (t) => {
  await settle(
    t,
    `
/bin/true --quiet:
  cron.present:
    - identifier: truth
    - minute: random
    - hour: 3
    - comment: nothing
MAILTO:
  cron.env_present:
    - value: anna
start:
  cron.present:
    - name: /bin/true
    - special: '@reboot'
tab of nobody:
  cron.file:
    - name: /srv/tab
    - user: nobody
`.replace(
      'tab of nobody:',
      'tab:\n  file.managed:\n    - name: /srv/tab\n    - contents: "1 * * * * /bin/false"\ntab of nobody:',
    ),
  );
  t.regex(
    await host.run('crontab', '-l'),
    /^# Lines below here .*\nMAILTO=anna\n# nothing SALT_CRON_IDENTIFIER:truth\n\d+ 3 \* \* \* \/bin\/true --quiet\n# .*\n@reboot \/bin\/true$/,
  );
  t.is(await host.run('crontab', '-l', '-u', 'nobody'), '1 * * * * /bin/false');
  const bad = await apply('bad:\n  cron.present:\n    - minute: 99\n');
  t.false(bad['bad']?.result);
  t.regex(bad['bad']?.comment ?? '', /crontab -u root - ended with code 1: .*bad minute/s);
  await settle(t, '/bin/true --quiet:\n  cron.absent:\n    - identifier: truth\nMAILTO:\n  cron.env_absent: []\n');
  t.notRegex(await host.run('crontab', '-l'), /truth|MAILTO/);
});

test.serial('mount: file systems, are mounted, changed and unmounted', async (t) => {
  await settle(
    t,
    `
/srv/scratch:
  mount.mounted:
    - device: tmpfs
    - fstype: tmpfs
    - opts: [size=8m, mode=0750, uid=nobody, nosuid, nofail]
    - mkmnt: true
/srv/again:
  mount.mounted:
    - device: /srv/scratch
    - fstype: none
    - opts: bind
    - mkmnt: true
    - persist: false
    - require:
      - mount: /srv/scratch
tmpfs:
  mount.fstab_present:
    - fs_file: /srv/later
    - fs_vfstype: tmpfs
    - mount: false
`,
  );
  t.regex(
    await host.run('findmnt', '-n', '-o', 'SOURCE,OPTIONS', '/srv/scratch'),
    /^tmpfs +rw,nosuid.*size=8192k,mode=750,uid=65534/,
  );
  t.is(await host.run('findmnt', '-n', '-o', 'FSTYPE', '/srv/again'), 'tmpfs');
  t.notRegex((await host.exec(['findmnt', '--verify'])).stdout, /parse error/);
  t.regex(await host.run('cat', '/etc/fstab'), /^tmpfs\t\t\/srv\/later\ttmpfs\tdefaults\t0 0$/m);
  await settle(
    t,
    `
/srv/scratch:
  mount.mounted:
    - device: tmpfs
    - fstype: tmpfs
    - opts: size=16m,noexec
`,
  );
  t.regex(await host.run('findmnt', '-n', '-o', 'OPTIONS', '/srv/scratch'), /noexec.*size=16384k/);
  await settle(
    t,
    `
/srv/again:
  mount.unmounted: []
/srv/scratch:
  mount.unmounted:
    - persist: true
tmpfs:
  mount.fstab_absent:
    - fs_file: /srv/later
`,
  );
  t.is((await host.exec(['findmnt', '/srv/scratch'])).code, 1);
  t.notRegex(await host.run('cat', '/etc/fstab'), /srv/);
});

test.serial('sysctl, kmod and timezone: the kernel and the clock, are set now and for the next start', async (t) => {
  await settle(
    t,
    `
net.ipv4.ip_default_ttl:
  sysctl.present:
    - value: 65
Europe/Zurich:
  timezone.system: []
`,
  );
  t.is(
    await host.run('cat', '/proc/sys/net/ipv4/ip_default_ttl', '/etc/sysctl.d/99-salt.conf'),
    '65\nnet.ipv4.ip_default_ttl = 65',
  );
  t.is(await host.run('date', '--date=2026-07-01 00:00 UTC', '+%H %Z'), '02 CEST');
  const failed = await apply(`
net.ipv4.ip_default_ttl:
  sysctl.present:
    - value: a lot
nonsense:
  kmod.present: []
`);
  t.regex(failed['net.ipv4.ip_default_ttl']?.comment ?? '', /ended with code 1: .*Invalid argument/);
  t.is(failed['net.ipv4.ip_default_ttl']?.result, false);
  t.regex(
    failed['nonsense']?.comment ?? '',
    /nonsense is unavailable|modprobe, which is not here|no kernel that loads modules/,
  );
});

test.serial('alternatives, locale and logrotate: what is chosen, is what the tools find', async (t) => {
  await settle(
    t,
    `
cat is a viewer:
  alternatives.install:
    - name: viewer
    - link: /usr/bin/viewer
    - path: /bin/cat
    - priority: 5
head is a viewer:
  alternatives.install:
    - name: viewer
    - link: /usr/bin/viewer
    - path: /usr/bin/head
    - priority: 50
viewer:
  alternatives.set:
    - path: /bin/cat
de_CH.UTF-8:
  locale.present: []
language:
  locale.system:
    - name: de_CH.UTF-8
rotate:
  logrotate.set:
    - key: /var/log/wtmp
    - value: rotate
    - setting: 7
    - conf_file: /srv/rotate.conf
`,
  );
  t.is(await host.run('readlink', '-f', '/usr/bin/viewer'), '/usr/bin/cat');
  t.regex(await host.run('update-alternatives', '--display', 'viewer'), /manual mode[^]*priority 5\n[^]*priority 50/);
  t.regex(await host.run('locale', '-a'), /de_CH.utf8/);
  t.is(await host.run('cat', '/etc/default/locale'), '#  File generated by update-locale\nLANG=de_CH.UTF-8');
  t.is(await host.run('cat', '/srv/rotate.conf'), '/var/log/wtmp {\n    rotate 7\n}');
  await settle(t, 'viewer:\n  alternatives.auto\n');
  t.is(await host.run('readlink', '/etc/alternatives/viewer'), '/usr/bin/head');
  await settle(t, 'viewer:\n  alternatives.remove:\n    - path: /usr/bin/head\n');
  t.is(await host.run('readlink', '/etc/alternatives/viewer'), '/bin/cat');
  await settle(t, 'viewer:\n  alternatives.remove:\n    - path: /bin/cat\n');
  t.is((await host.exec(['update-alternatives', '--display', 'viewer'])).code, 2);
});

test.serial('at: jobs, wait once and can be taken back', async (t) => {
  await settle(
    t,
    `
greeting:
  at.present:
    - job: echo "hello   you" > /srv/hello
    - timespec: now + 3 hours
    - tag: greeting
clerk:
  user.present: []
the clerk's:
  at.present:
    - job: /bin/true
    - timespec: '23:59'
    - user: clerk
`,
  );
  const jobs = await host.run('atq');
  t.is(jobs.split('\n').length, 2);
  const [id = ''] =
    jobs
      .split('\n')
      .find((line) => line.endsWith('root'))
      ?.split('\t') ?? [];
  t.regex(await host.run('at', '-c', id), /### SALT: greeting\necho "hello {3}you" > \/srv\/hello\n/);
  await settle(t, 'greeting:\n  at.absent:\n    - tag: greeting\n');
  t.regex(await host.run('atq'), /^\d+\t.* clerk$/);
  const bad = await apply('bad:\n  at.present:\n    - timespec: when it suits\n');
  t.regex(bad['bad']?.comment ?? '', /Garbled time/);
});

test.serial('environ: a variable, is seen by the commands after it', async (t) => {
  const done = await apply(`
GREETING:
  environ.setenv:
    - value: hello
'printf %s "$GREETING" > /srv/greeting':
  cmd.run: []
`);
  t.deepEqual(done['GREETING']?.changes, { GREETING: 'hello' });
  t.is(await host.run('cat', '/srv/greeting'), 'hello');
});
