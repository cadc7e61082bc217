import test from 'ava';
import * as v from 'valibot';
import { systemClock } from '../../lib/clock.ts';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { customBeaconsOf } from '../../minion/custom/registries.ts';
import { builtinModules } from '../../minion/modules/registry.ts';
import { sandbox, type World } from '../states/sandbox.ts';

/** Calls one function as the minion does: its arguments parsed by its own schema. */
async function call(fun: string, args: JsonMap, world: World = {}, more: Partial<ExecContext> = {}): Promise<unknown> {
  const [module = '', name = ''] = fun.split('.');
  const found = (await builtinModules.load(module)).functions[name];
  if (!found) throw new RangeError(`no function ${fun}`);
  const box = sandbox(world);
  const context: ExecContext = {
    id: 'm',
    jid: '20260101000000000000',
    machine: box.machine,
    grains: world.grains ?? {},
    pillar: world.pillar ?? {},
    opts: {},
    nodegroups: {},
    clock: systemClock,
    log: silent,
    signal: new AbortController().signal,
    failed: () => {},
    pillarFor: async ({ override = {} }) => ({ ...world.pillar, ...override }),
    call: async () => null,
    applyStates: async () => ({}),
    showStates: async () => ({ errors: [], high: {}, low: [], files: [], top: {} }),
    runningStates: async () => [],
    modules: builtinModules,
    customBeacons: customBeaconsOf(() => undefined),
    syncCustom: async () => ({ changed: {}, problems: {}, renewed: [] }),
    clearCache: async () => {},
    jobs: { list: async () => [], end: async () => undefined },
    mine: { tell: async () => {}, forget: async () => {}, forgetAll: async () => {}, ask: async () => ({}) },
    upgrade: async () => ({}),
    tellGrains: async () => {},
    sendEvent: async () => false,
    ...more,
  };
  try {
    return await found.run(v.parse(found.args, args), context);
  } finally {
    box.remove();
  }
}

test('test: its functions, give what they are asked for', async (t) => {
  t.is(await call('test.ping', {}), true);
  t.is(await call('test.echo', { text: 'hello' }), 'hello');
  t.deepEqual(await call('test.arg', { args: [1, 'b'], kwargs: { c: [true] } }), {
    args: [1, 'b'],
    kwargs: { c: [true] },
  });
  t.is(await call('test.sleep', { length: 0.001 }), true);
  t.is(await call('test.false', {}), false);
});

test('event: with what is asked for of grains and pillar, it is sent; a tag of the master is refused; without a master, false and a failure', async (t) => {
  const sent: unknown[] = [];
  const codes: number[] = [];
  const sendEvent: ExecContext['sendEvent'] = async (tag, data) => sent.push([tag, data]) > 0;
  const failed = (code: number): void => void codes.push(code);
  const world = { grains: { os: 'Debian', cpu: { n: 2 } }, pillar: { site: 'delft' } };
  const asked = { tag: 'site/x', data: { a: 1 }, with_grains: ['os', 'cpu:n'], with_pillar: true, kwargs: { b: 2 } };
  t.is(await call('event.send', asked, world, { sendEvent, failed }), true);
  t.is(await call('event.fire_master', { tag: 'site/y', data: {} }, world, { sendEvent, failed }), true);
  const grains = { os: 'Debian', 'cpu:n': 2 };
  t.deepEqual(sent, [
    ['site/x', { a: 1, b: 2, grains, pillar: { site: 'delft' } }],
    ['site/y', {}],
  ]);
  t.deepEqual(codes, []);
  await t.throwsAsync(call('event.send', { tag: 'salt/minion/web2/start', data: {} }, world, { sendEvent, failed }), {
    message: /salt\/minion\/web2\/start can't be fired: tags under 'salt\/' are the master's/,
  });
  t.is(sent.length, 2);
  t.is(await call('event.send', { tag: 'site/x' }, world, { failed }), false);
  t.deepEqual(codes, [1]);
});

test('grains and pillar: a value at a:b:c, is found or the default is given', async (t) => {
  const world = { grains: { os: 'Debian', ip: { eth0: ['10.0.0.1'] } }, pillar: { app: { port: 80, on: false } } };
  t.is(await call('grains.get', { key: 'ip:eth0:0' }, world), '10.0.0.1');
  t.is(await call('grains.get', { key: 'none' }, world), '');
  t.is(await call('pillar.get', { key: 'app:on', default: true }, world), false);
  t.is(await call('pillar.get', { key: 'app/port', delimiter: '/' }, world), 80);
  t.is(await call('pillar.get', { key: 'constructor', default: 'd' }, world), 'd');
  t.deepEqual(await call('grains.item', { keys: ['os', 'no'] }, world), { os: 'Debian', no: '' });
  t.deepEqual(await call('grains.ls', {}, world), ['ip', 'os']);
  t.deepEqual(await call('pillar.keys', { key: 'app' }, world), ['port', 'on']);
});

test('cmd: a command, gives its output and its code', async (t) => {
  const world = { commands: true };
  t.is(await call('cmd.run', { cmd: 'echo out; echo err >&2' }, world), 'out\nerr');
  t.is(await call('cmd.retcode', { cmd: 'exit 5' }, world), 5);
  t.is(await call('cmd.run_stdout', { cmd: 'cat', stdin: 'typed' }, world), 'typed');
  t.like(await call('cmd.run_all', { cmd: 'echo "$A"', env: { A: 1 } }, world), {
    retcode: 0,
    stdout: '1',
    stderr: '',
  });
});

test('file: what is on the disk, is told', async (t) => {
  const world = { before: { '/d/a': { content: 'text', mode: '0640' }, '/d/l': { link: 'a' } } };
  t.is(await call('file.file_exists', { path: '/d/l' }, world), true);
  t.is(await call('file.directory_exists', { path: '/d/a' }, world), false);
  t.is(await call('file.is_link', { path: '/d/l' }, world), true);
  t.is(await call('file.read', { path: '/d/a' }, world), 'text');
  t.like(await call('file.stats', { path: '/d/a' }, world), { type: 'file', mode: '0640', size: 4 });
  t.deepEqual(await call('file.stats', { path: '/none' }, world), {});
  t.deepEqual(await call('file.readdir', { path: '/d' }, world), ['.', '..', 'a', 'l']);
  t.is(
    await call('file.get_hash', { path: '/d/a' }, world),
    '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
  );
  await t.throwsAsync(call('file.read', { path: 'relative' }, world), { message: /absolute path/ });
});

test('hosts: the hosts file, is told by address and by name', async (t) => {
  const world = { before: { '/etc/hosts': '# x\n10.0.0.1 head head.c # main\n10.0.0.1 more\n' } };
  t.deepEqual(await call('hosts.list_hosts', {}, world), {
    '10.0.0.1': { aliases: ['head', 'head.c', 'more'], comment: 'main' },
  });
  t.is(await call('hosts.get_ip', { host: 'more' }, world), '10.0.0.1');
  t.deepEqual(await call('hosts.get_alias', { ip: '10.0.0.2' }, world), []);
});

test('user and group: who is in the files, is told', async (t) => {
  const world = {
    before: {
      '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nanna:x:1000:50:Anna B,12:/home/anna:/bin/bash\n+::::::\n',
      '/etc/group': 'root:x:0:\nstaff:x:50:\nadm:x:4:anna,root\n',
    },
  };
  const anna = {
    name: 'anna',
    passwd: 'x',
    uid: 1000,
    gid: 50,
    groups: ['adm', 'staff'],
    home: '/home/anna',
    shell: '/bin/bash',
    fullname: 'Anna B',
    roomnumber: '12',
    workphone: '',
    homephone: '',
    other: '',
  };
  t.deepEqual(await call('user.info', { name: 'anna' }, world), anna);
  t.deepEqual(await call('user.info', { name: 'nobody' }, world), {});
  t.deepEqual(await call('user.list_users', {}, world), ['anna', 'root']);
  t.deepEqual(await call('user.list_groups', { name: 'root' }, world), ['adm', 'root']);
  t.is(await call('user.primary_group', { name: 'anna' }, world), 'staff');
  t.deepEqual(((await call('user.getent', {}, world)) as unknown[])[1], anna);
  const adm = { name: 'adm', passwd: 'x', gid: 4, members: ['anna', 'root'] };
  t.deepEqual(await call('group.info', { name: 'adm' }, world), adm);
  t.deepEqual(await call('group.info', { name: 'none' }, world), {});
  t.deepEqual(((await call('group.getent', {}, world)) as unknown[])[2], adm);
});

test('cron: a crontab, is told in its parts', async (t) => {
  const tab =
    '1 1 1 1 1 mine\n# Lines below here are managed by Salt, do not edit\nA=1\n# c SALT_CRON_IDENTIFIER:i\n0 * * * * x y\n@daily z\n';
  const world = { before: { '/var/spool/cron/crontabs/root': tab } };
  t.is(await call('cron.raw_cron', { user: 'root' }, world), tab);
  t.is(await call('cron.raw_cron', { user: 'anna' }, world), '');
  t.deepEqual(await call('cron.list_tab', { user: 'root' }, world), {
    pre: ['1 1 1 1 1 mine'],
    crons: [
      {
        minute: '0',
        hour: '*',
        daymonth: '*',
        month: '*',
        dayweek: '*',
        cmd: 'x y',
        identifier: 'i',
        comment: 'c',
        commented: false,
      },
    ],
    special: [{ spec: '@daily', cmd: 'z', identifier: null, comment: null, commented: false }],
    env: [{ name: 'A', value: '1' }],
  });
});

test('sysctl, kmod, timezone and mount: what the kernel and the files say, is told', async (t) => {
  const world = {
    before: {
      '/proc/sys/net/ipv4/ip_forward': '1\n',
      '/proc/sys/kernel/osrelease': '6.1.0\n',
      '/etc/sysctl.conf': '# no\nvm.swappiness = 10\n',
      '/proc/modules': 'nf_nat 50000 1 xt_nat, Live 0x0\nxt_nat 16384 0 - Live 0x0\n',
      '/lib/modules/6.1.0/modules.dep': 'kernel/net/llc/llc.ko.xz:\n',
      '/etc/modules': 'loop\n',
      '/etc/localtime': { link: '/usr/share/zoneinfo/Europe/Zurich' },
      '/etc/adjtime': '0.0 0 0.0\n0\nLOCAL\n',
      '/proc/self/mountinfo': '2 1 0:5 / /srv/a\\040b rw,nosuid - tmpfs tmpfs rw,size=64k\n',
      '/proc/swaps': 'Filename\tType\n/dev/sda2 partition 1 0 -2\n',
      '/etc/fstab': 'tmpfs /tmp tmpfs size=1g,ro\n',
    },
  };
  t.is(await call('sysctl.get', { name: 'net.ipv4.ip_forward' }, world), '1');
  t.is(await call('sysctl.get', { name: 'net.ipv4.none' }, world), '');
  t.deepEqual(await call('sysctl.show', {}, world), { 'vm.swappiness': '10' });
  t.is(await call('sysctl.default_config', {}, world), '/etc/sysctl.conf');
  t.deepEqual(await call('kmod.mod_list', {}, world), ['nf_nat', 'xt_nat']);
  t.deepEqual(await call('kmod.mod_list', { only_persist: true }, world), ['loop']);
  t.is(await call('kmod.is_loaded', { mod: 'xt-nat' }, world), true);
  t.is(await call('kmod.check_available', { mod: 'llc' }, world), true);
  t.deepEqual(((await call('kmod.lsmod', {}, world)) as unknown[])[0], {
    module: 'nf_nat',
    size: '50000',
    depcount: '1',
    deps: ['xt_nat'],
  });
  t.is(await call('timezone.get_zone', {}, world), 'Europe/Zurich');
  t.is(await call('timezone.get_hwclock', {}, world), 'localtime');
  t.deepEqual(await call('mount.active', {}, world), {
    '/srv/a b': { device: 'tmpfs', fstype: 'tmpfs', opts: ['rw', 'nosuid', 'rw', 'size=64k'] },
  });
  t.is(await call('mount.is_mounted', { name: '/srv/a b' }, world), true);
  t.deepEqual(await call('mount.swaps', {}, world), ['/dev/sda2']);
  t.deepEqual(await call('mount.fstab', {}, world), {
    '/tmp': { device: 'tmpfs', fstype: 'tmpfs', opts: ['size=1g', 'ro'], dump: '0', pass: '0' },
  });
});

test('environ and alternatives: variables and choices, are told', async (t) => {
  const world = {
    environment: { A: '1', E: '' },
    before: {
      '/var/lib/dpkg/alternatives/editor': 'auto\n/usr/bin/editor\n\n/bin/nano\n40\n\n',
      '/etc/alternatives/editor': { link: '/bin/nano' },
      '/etc/locale.conf': 'LANG="de_CH.UTF-8"\n',
    },
    answers: { 'locale -a': 'C\nde_CH.utf8\n' },
  };
  t.is(await call('environ.get', { key: 'A' }, world), '1');
  t.is(await call('environ.get', { key: 'B', default: 'b' }, world), 'b');
  t.is(await call('environ.has_value', { key: 'E' }, world), false);
  t.is(await call('environ.has_value', { key: 'A', value: '1' }, world), true);
  t.deepEqual(await call('environ.item', { keys: ['A', 'B'] }, world), { A: '1', B: '' });
  t.deepEqual(await call('environ.items', {}, world), world.environment);
  t.is(await call('alternatives.show_current', { name: 'editor' }, world), '/bin/nano');
  t.is(await call('alternatives.show_link', { name: 'none' }, world), '');
  t.is(await call('alternatives.check_exists', { name: 'editor', path: '/bin/nano' }, world), true);
  t.is(await call('locale.get_locale', {}, world), 'de_CH.UTF-8');
  t.is(await call('locale.avail', { locale: 'de_CH.UTF-8' }, world), true);
  t.deepEqual(await call('locale.list_avail', {}, world), ['C', 'de_CH.utf8']);
});

test('config: an option, else a grain, else what the pillar has, else the default', async (t) => {
  const world = { grains: { os: 'Debian', role: 'grain' }, pillar: { role: 'pillar', app: { port: 80 }, none: null } };
  const more = { opts: { id: 'm', nested: { a: 1 } } };
  const get = (args: JsonMap) => call('config.get', args, world, more);
  t.is(await get({ key: 'nested:a' }), 1);
  t.is(await get({ key: 'role' }), 'grain');
  t.is(await get({ key: 'role', omit_grains: true }), 'pillar');
  t.is(await get({ key: 'app:port' }), 80);
  t.is(await get({ key: 'none', default: 'd' }), 'd');
  t.is(await get({ key: 'id', omit_opts: true }), '');
  t.is(await call('config.option', { value: 'os' }, world, more), 'Debian');
  t.is(await call('config.option', { value: 'nothing', default: 3 }, world, more), 3);
});

test('match: a target of any kind means this minion or not', async (t) => {
  const world = { grains: { os: 'Debian' }, pillar: { role: 'web' } };
  const match = (kind: string, tgt: string, more: JsonMap = {}) =>
    call(`match.${kind}`, { tgt, ...more }, world, { nodegroups: { ms: 'm*' } });
  t.is(await match('compound', 'G@os:Deb* and m and N@ms'), true);
  t.is(await match('nodegroup', 'ms'), true);
  await t.throwsAsync(match('compound', 'N@mss'), { message: /there is no nodegroup 'mss'.*did you mean 'ms'/s });
  t.is(await match('compound', 'I@role:db'), false);
  t.is(await match('glob', 'web*', { minion_id: 'web1' }), true);
  t.is(await match('list', 'a,m'), true);
  t.is(await match('pcre', '^n'), false);
  t.is(await match('grain', 'os/Deb*', { delimiter: '/' }), true);
  const lookup = { 'G@os:RedHat': 'r', 'm*': 'mine', default: 'd' };
  t.is(await call('match.filter_by', { lookup }, world), 'mine');
  t.is(await call('match.filter_by', { lookup: { x: 1, default: 2 } }, world), 2);
  t.is(await call('match.filter_by', { lookup: { x: 1 } }, world), null);
});

test('hashutil and random: hashes, encodings, and texts of the characters that are wanted', async (t) => {
  t.is(await call('hashutil.md5_digest', { instr: 'get salted' }), '2aacf29e92feaf528fb738bcf9d647ac');
  t.is(await call('hashutil.digest', { instr: 'x', checksum: 'sha1' }), '11f6ad8ec52a2984abaafd7c3b516503785c2072');
  t.is(await call('hashutil.base64_b64decode', { instr: 'Z2V0IHNhbHRlZA==' }), 'get salted');
  const signed = { string: 'get salted', shared_secret: 'shared secret' };
  const challenge_hmac = 'eBWf9bstXg+NiP5AOwppB5HMvZiYMPzEM9W5YMm/AmQ=';
  t.is(await call('hashutil.hmac_signature', { ...signed, challenge_hmac }), true);
  t.is(await call('hashutil.hmac_signature', { ...signed, challenge_hmac: 'x' }), false);
  t.regex(String(await call('random.get_str', { length: 50, uppercase: false, digits: false })), /^[a-z]{50}$/);
  t.regex(String(await call('random.get_str', { chars: 'ab' })), /^[ab]{20}$/);
  await t.throwsAsync(call('random.get_str', { lowercase: false, uppercase: false, digits: false }), {
    message: /no kind of characters is left/,
  });
  t.is(await call('random.rand_int', { start: 4, end: 4 }), 4);
  await t.throwsAsync(call('random.rand_int', { start: 5, end: 1 }), { message: 'there is no number from 5 to 1' });
});

test('status and disk: what the kernel and df tell', async (t) => {
  const before = {
    '/proc/loadavg': '0.50 1.25 2.00 1/200 1234\n',
    '/proc/uptime': '93784.20 100.00\n',
    '/proc/meminfo': 'MemTotal:       100 kB\nHugePages_Total:       0\n',
    '/proc/cpuinfo': 'processor\t: 0\nprocessor\t: 1\n',
    '/proc/12/cmdline': '/usr/sbin/nginx\0-g\0daemon off;\0',
    '/proc/7/cmdline': 'nginx: worker\0',
    '/proc/9/cmdline': 'other\0',
  };
  t.deepEqual(await call('status.loadavg', {}, { before }), { '1-min': 0.5, '5-min': 1.25, '15-min': 2 });
  t.like(await call('status.uptime', {}, { before }), { seconds: 93_784, days: 1, time: '2:03' });
  t.deepEqual(await call('status.meminfo', {}, { before }), {
    MemTotal: { value: '100', unit: 'kB' },
    HugePages_Total: { value: '0' },
  });
  t.is(await call('status.nproc', {}, { before }), 2);
  t.is(await call('status.pid', { sig: 'nginx' }, { before }), '7\n12');
  t.is(await call('status.pid', { sig: 'nobody' }, { before }), '');
  const head = 'Filesystem 1024-blocks Used Available Capacity Mounted on\n';
  const answers = {
    'df -P -k': `${head}/dev/sda 1000 180 820 18% /\n//nas/a b 10 1 9 10% /mnt/a b\n`,
    'df -P -k -l': `${head}/dev/sda 1000 180 820 18% /\n`,
    'df -P -i': `${head}/dev/sda 50 5 45 10% /\n`,
  };
  t.deepEqual(await call('disk.usage', {}, { answers }), {
    '/': { filesystem: '/dev/sda', '1K-blocks': '1000', used: '180', available: '820', capacity: '18%' },
    '/mnt/a b': { filesystem: '//nas/a b', '1K-blocks': '10', used: '1', available: '9', capacity: '10%' },
  });
  t.deepEqual(Object.keys((await call('disk.usage', { args: 'l' }, { answers })) as object), ['/']);
  t.is(await call('disk.percent', { args: '/' }, { answers }), '18%');
  t.is(await call('disk.percent', { args: '/none' }, { answers }), false);
  t.like(await call('disk.inodeusage', {}, { answers }), { '/': { inodes: '50', used: '5', free: '45', use: '10%' } });
  await t.throwsAsync(call('disk.usage', { args: '-x' }, { answers }), {
    message: /'-x' are not letters that df takes/,
  });
});

test('sys: modules, functions and what they take, by names and globs', async (t) => {
  t.true(((await call('sys.list_modules', {})) as string[]).includes('network'));
  t.deepEqual(await call('sys.list_functions', { names: ['test.p*', 'cp.get_file'] }), ['cp.get_file', 'test.ping']);
  const docs = (await call('sys.doc', { names: ['file.get_hash'] })) as Record<string, string>;
  t.regex(docs['file.get_hash'] ?? '', /path \(has to be given\)/);
  t.deepEqual(await call('sys.argspec', { names: ['cp.get_file'] }), {
    'cp.get_file': {
      args: ['path', 'dest', 'saltenv', 'makedirs'],
      optional: ['saltenv', 'makedirs'],
      varargs: null,
      kwargs: null,
    },
  });
});

test('cp: files of the state tree and of web servers, copied and read', async (t) => {
  const world = {
    sources: { 'salt://a/b.txt': 'text\n', 'salt://c.txt': 'c' },
    before: { '/d': { dir: true } },
    web: { 'http://w/x?y': 'web' },
  };
  t.is(await call('cp.get_file', { path: 'salt://a/b.txt', dest: '/d' }, world), '/d/b.txt');
  t.is(await call('cp.get_file', { path: 'salt://c.txt', dest: '/n/e/w', makedirs: true }, world), '/n/e/w');
  t.is(await call('cp.get_url', { path: 'http://w/x?y', dest: '/d/' }, world), '/d/x');
  t.is(await call('cp.get_file_str', { path: 'salt://a/b.txt' }, world), 'text\n');
  t.like(await call('cp.hash_file', { path: 'salt://c.txt' }, world), { hash_type: 'sha256' });
  await t.throwsAsync(call('cp.get_file_str', { path: 'salt://none' }, world), {
    message: /salt:\/\/none is not there/,
  });
  await t.throwsAsync(call('cp.get_file_str', { path: '/etc/passwd' }, world), { message: /salt:\/\// });
});

test('file: what is asked for is done, and told as Salt does', async (t) => {
  const world = { before: { '/d/a': { content: 'one', mode: '0640' }, '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n' } };
  const seen: string[] = [];
  const box = sandbox(world);
  t.teardown(() => box.remove());
  const on = async (fun: string, args: JsonMap) => {
    seen.push(fun);
    return call(`file.${fun}`, args, {}, { machine: box.machine });
  };
  const text = (place: string) => box.machine.files.read(place).toString('utf8');
  t.is(await on('append', { path: '/d/a', lines: ['two', 'three'] }), 'Wrote 2 lines to "/d/a"');
  t.is(text('/d/a'), 'one\ntwo\nthree\n');
  t.is(await on('write', { path: '/d/w', lines: ['x'] }), 'Wrote 1 lines to "/d/w"');
  t.is(text('/d/w'), 'x\n');
  t.true(await on('copy', { src: '/d/a', dst: '/d/b' }));
  t.is(box.machine.files.look('/d/b')?.mode, 0o640);
  t.true(await on('rename', { src: '/d/b', dst: '/d/c' }));
  t.true(await on('symlink', { src: 'c', path: '/d/l' }));
  t.is(text('/d/l'), 'one\ntwo\nthree\n');
  t.true(await on('symlink', { src: 'c', path: '/d/l' }));
  await t.throwsAsync(on('symlink', { src: 'a', path: '/d/l' }), { message: 'Found existing symlink: /d/l' });
  await t.throwsAsync(on('symlink', { src: 'a', path: '/d/w' }), { message: 'Existing path is not a symlink: /d/w' });
  t.is(text('/d/w'), 'x\n');
  t.true(await on('symlink', { src: 'a', path: '/d/w', force: true }));
  t.is(box.machine.files.look('/d/w')?.target, 'a');
  t.is(await on('set_mode', { path: '/d/c', mode: 600 }), '0600');
  t.true(await on('touch', { name: '/d/t' }));
  t.is(text('/d/t'), '');
  t.true(await on('mkdir', { dir_path: '/n/e/w', mode: '0750' }));
  t.is(box.machine.files.look('/n/e/w')?.mode, 0o750);
  t.true(await on('remove', { path: '/n' }));
  t.false(await on('remove', { path: '/n' }));
  await t.throwsAsync(on('remove', { path: '/./' }), { message: /that is everything/ });
  await t.throwsAsync(on('chown', { path: '/d/a', user: 'nobody-here', group: 'x' }), { message: /there is no user/ });
  t.is(new Set(seen).size, 10);
});

test('grains: what is set is in the file, and seen by what comes after it', async (t) => {
  const box = sandbox({ grains: { os: 'Debian', roles: ['a'], deep: { x: 1 } }, opts: { config_dir: '/etc/tsalt' } });
  t.teardown(() => box.remove());
  const codes: number[] = [];
  const on = async (fun: string, args: JsonMap) =>
    call(`grains.${fun}`, args, {}, { machine: box.machine, failed: (code) => void codes.push(code) });
  const file = () => box.machine.files.read('/etc/tsalt/grains').toString('utf8');
  t.deepEqual(await on('setval', { key: 'rack', val: 'r1' }), { rack: 'r1' });
  t.is(file(), 'rack: r1\n');
  t.deepEqual(await on('set', { key: 'rack', val: 'r1' }), {
    result: true,
    comment: 'Grain is already set',
    changes: {},
  });
  t.deepEqual(await on('append', { key: 'roles', val: 'b' }), { roles: ['a', 'b'] });
  t.is(await on('append', { key: 'roles', val: 'b' }), 'The val b was already in the list roles');
  t.is(await on('append', { key: 'os', val: 'b' }), 'The key os is not a valid list');
  t.deepEqual(await on('append', { key: 'rack', val: 'r2', convert: true }), { rack: ['r1', 'r2'] });
  t.deepEqual(await on('remove', { key: 'roles', val: 'a' }), { roles: ['b'] });
  t.is(await on('remove', { key: 'roles', val: 'a' }), 'The val a was not in the list roles');
  t.deepEqual(codes, []);
  const kept = (await on('set', { key: 'deep', val: 'y' })) as { result: boolean; comment: string };
  t.false(kept.result);
  t.regex(kept.comment, /The key 'deep' exists but is a dict or a list\. Use 'force=True'/);
  t.deepEqual(codes, [1]);
  t.like(await on('set', { key: 'deep:y', val: 2 }), { result: true, changes: { deep: { x: 1, y: 2 } } });
  t.like(await on('delkey', { key: 'rack', force: true }), { result: true });
  t.notRegex(file(), /rack/);
  t.deepEqual(await on('setvals', { grains: { a: 1, 'b:c': 2 } }), { a: 1, 'b:c': 2 });
  t.regex(file(), /a: 1/);
  t.is(await call('grains.equals', { key: 'os', value: 'Debian' }, { grains: { os: 'Debian' } }), true);
  t.is(await call('grains.has_value', { key: 'os:x' }, { grains: { os: 'Debian' } }), false);
});

test('pillar.items: as it is, or with something laid over it', async (t) => {
  const world = { pillar: { a: 1 } };
  t.deepEqual(await call('pillar.items', {}, world), { a: 1 });
  t.deepEqual(await call('pillar.items', { pillar: { b: 2 } }, world), { a: 1, b: 2 });
});
