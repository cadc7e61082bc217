import { readFileSync } from 'node:fs';
import os from 'node:os';
import test from 'ava';
import { DEEPEST_GRAIN } from '../../lib/config/grains.ts';
import { examineConfig, loadMinionConfig } from '../../lib/config/load.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { collectGrains } from '../../minion/grains/collect.ts';
import { pillarQuestion } from '../../minion/pillar-question.ts';
import { encodeJson } from '../../wire/codec.ts';
import { upLimits } from '../../wire/gate.ts';
import { systemSource, type GrainSource } from '../../minion/grains/source.ts';

const version = '1.2.3';
const config = { id: 'web1', master: 'salt', root: '/', grains: {} };

const debianRelease = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
`;

const address = (text: string) => ({
  address: text,
  netmask: '',
  mac: '',
  internal: false,
  cidr: null,
  ...(text.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const }),
});

/** A machine of recorded files: a virtual one with Debian 12. */
function machine(files: Record<string, string>, more: Partial<GrainSource> = {}): GrainSource {
  const all: Record<string, string> = {
    '/etc/os-release': debianRelease,
    '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 web1.example.net web1 # ours\n',
    '/etc/machine-id': '3d1219c7c4c5404aaa1f6d2a48adfda4\n',
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
    '/etc/group': 'root:x:0:\n',
    '/proc/cpuinfo':
      'processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\nflags\t\t: fpu vme\n\nprocessor\t: 1\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\nflags\t\t: fpu vme\n',
    '/proc/meminfo': 'MemTotal:       24684084 kB\nMemFree:        23407896 kB\nSwapTotal:             0 kB\n',
    '/run/systemd/system/': '',
    '/usr/lib/systemd/libsystemd-shared-252.so': '',
    '/sys/block/vda/queue/rotational': '1\n',
    '/sys/block/nvme0n1/queue/rotational': '0\n',
    '/sys/block/loop0/queue/rotational': '1\n',
    '/sys/class/dmi/id/sys_vendor': 'QEMU\n',
    '/sys/class/dmi/id/product_uuid': '8A1B0000-0000-4000-8000-00000000000F\n',
    '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'kvm-clock tsc acpi_pm\n',
    '/sys/class/net/lo/address': '00:00:00:00:00:00\n',
    '/sys/class/net/eth0/address': '02:fc:00:00:00:01\n',
    '/sys/class/net/ifb0/address': 'ce:4d:a0:e3:66:1a\n',
    ...files,
  };
  const names = Object.keys(all);
  return {
    readText: (file) => all[file],
    list: (folder) =>
      [
        ...new Set(
          names
            .filter((name) => name.startsWith(`${folder}/`))
            .map((name) => name.slice(folder.length + 1).split('/')[0] ?? ''),
        ),
      ].sort(),
    readLink: (file) => (file === '/sys/block/loop0' ? '../devices/virtual/block/loop0' : '../devices/pci0/x'),
    exists: (file) => names.some((name) => name === file || name.startsWith(`${file}/`)),
    env: { PATH: '/usr/bin:/bin', LANG: 'de_DE.UTF-8' },
    pid: 77,
    uid: 0,
    gid: 0,
    arch: 'x64',
    uname: { sysname: 'Linux', nodename: 'web1', release: '6.1.0-38-amd64', version: '#1 SMP', machine: 'x86_64' },
    interfaces: () => ({
      lo: [address('127.0.0.1'), address('::1')],
      eth0: [address('192.0.2.2'), address('fe80::fc:ff:fe00:1'), address('fd00::2')],
      'eth0:1': [address('10.79.0.1')],
    }),
    ...more,
  };
}

const grainsOf = (files: Record<string, string> = {}, more: Partial<GrainSource> = {}): JsonMap =>
  collectGrains({ config, configDir: '/nowhere', version, source: machine(files, more) });

test('grains: Debian 12 in a virtual machine, has the values that Salt 3007.8 gives it', (t) => {
  // Recorded from salt-call --local grains.items; names and addresses are those of the files above.
  t.like(grainsOf(), {
    cpu_model: 'AMD EPYC',
    cpuarch: 'x86_64',
    domain: 'example.net',
    fqdn: 'web1.example.net',
    host: 'web1',
    localhost: 'web1',
    nodename: 'web1',
    gid: 0,
    groupname: 'root',
    id: 'web1',
    init: 'systemd',
    kernel: 'Linux',
    kernelrelease: '6.1.0-38-amd64',
    kernelversion: '#1 SMP',
    lsb_distrib_codename: 'bookworm',
    lsb_distrib_id: 'Debian GNU/Linux',
    lsb_distrib_release: '12',
    machine_id: '3d1219c7c4c5404aaa1f6d2a48adfda4',
    manufacturer: 'QEMU',
    master: 'salt',
    mem_total: 24_105,
    num_cpus: 2,
    os: 'Debian',
    os_family: 'Debian',
    osarch: 'amd64',
    oscodename: 'bookworm',
    osfinger: 'Debian-12',
    osfullname: 'Debian GNU/Linux',
    osmajorrelease: 12,
    osrelease: '12',
    path: '/usr/bin:/bin',
    pid: 77,
    server_id: 1_826_842_219,
    shell: '/bin/sh',
    swap_total: 0,
    tsaltversion: version,
    uid: 0,
    username: 'root',
    uuid: '8a1b0000-0000-4000-8000-00000000000f',
    virtual: 'kvm',
  });
  const grains = grainsOf();
  t.deepEqual(grains.osrelease_info, [12]);
  t.deepEqual(grains.cpu_flags, ['fpu', 'vme']);
  t.deepEqual([grains.disks, grains.ssds], [['vda'], ['nvme0n1']]);
  t.deepEqual(grains.locale_info, { defaultlanguage: 'de_DE', defaultencoding: 'UTF-8', detectedencoding: 'utf-8' });
  t.deepEqual(grains.systemd, { version: '252' });
});

test('grains: interfaces, with and without addresses are listed and addresses sorted by number', (t) => {
  const grains = grainsOf();
  t.deepEqual(grains.ip4_interfaces, { eth0: ['192.0.2.2', '10.79.0.1'], ifb0: [], lo: ['127.0.0.1'] });
  t.deepEqual(grains.ip6_interfaces, { eth0: ['fe80::fc:ff:fe00:1', 'fd00::2'], ifb0: [], lo: ['::1'] });
  t.deepEqual((grains.ip_interfaces as JsonMap).lo, ['127.0.0.1', '::1']);
  t.deepEqual(grains.ipv4, ['10.79.0.1', '127.0.0.1', '192.0.2.2']);
  t.deepEqual(grains.ipv6, ['::1', 'fd00::2', 'fe80::fc:ff:fe00:1']);
  t.is((grains.hwaddr_interfaces as JsonMap).ifb0, 'ce:4d:a0:e3:66:1a');
});

const distributions: [title: string, release: string, expected: JsonMap][] = [
  [
    'Ubuntu 24.04',
    'NAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.3 LTS (Noble Numbat)"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n',
    { os: 'Ubuntu', os_family: 'Debian', osfinger: 'Ubuntu-24.04', osmajorrelease: 24, oscodename: 'noble' },
  ],
  [
    'Rocky 9',
    'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n',
    { os: 'Rocky', os_family: 'RedHat', osfinger: 'Rocky Linux-9', osarch: 'x86_64', oscodename: 'Blue Onyx' },
  ],
  [
    'Alpine',
    "NAME='Alpine Linux'\nID=alpine\nVERSION_ID=3.22.1\n",
    { os: 'Alpine', os_family: 'Alpine', osrelease: '3.22.1' },
  ],
  [
    'Arch',
    'NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n',
    { os: 'Arch', os_family: 'Arch', osfullname: 'Arch Linux' },
  ],
];
for (const [title, release, expected] of distributions) {
  test(`grains: ${title}, is named as Salt names it`, (t) => {
    t.like(grainsOf({ '/etc/os-release': release }), expected);
  });
}

test('grains: an lsb-release file, gives the lsb names', (t) => {
  const grains = grainsOf({ '/etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_DESCRIPTION="Ubuntu 24.04.3 LTS"\n' });
  t.like(grains, {
    lsb_distrib_id: 'Ubuntu',
    lsb_distrib_description: 'Ubuntu 24.04.3 LTS',
    lsb_distrib_release: '12',
  });
});

const surroundings: [title: string, files: Record<string, string>, expected: JsonMap][] = [
  ['a Docker container', { '/.dockerenv': '' }, { virtual: 'container', virtual_subtype: 'Docker' }],
  ['an nspawn container', { '/run/systemd/container': 'systemd-nspawn\n' }, { virtual: 'systemd-nspawn' }],
  [
    'an LXC container seen by its init',
    { '/proc/1/environ': 'A=b\0container=lxc\0' },
    { virtual: 'container', virtual_subtype: 'LXC' },
  ],
  [
    'QEMU without an accelerator',
    { '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc' },
    { virtual: 'qemu' },
  ],
  [
    'an EC2 machine',
    { '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n' },
    { virtual: 'Nitro', virtual_subtype: 'Amazon EC2' },
  ],
  [
    'bare metal',
    {
      '/sys/class/dmi/id/sys_vendor': 'Dell Inc.\n',
      '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet',
    },
    { virtual: 'physical' },
  ],
];
for (const [title, files, expected] of surroundings) {
  test(`grains: ${title}, is told by its files`, (t) => {
    t.like(grainsOf(files), expected);
  });
}

test('grains: a host whose name nobody completes, has no domain', (t) => {
  t.like(grainsOf({ '/etc/hosts': '127.0.0.1 localhost\n' }), { fqdn: 'web1', host: 'web1', domain: '' });
});

test("grains: the operator's own, go over what was found, config over file", (t) => {
  const grains = collectGrains({
    config: { ...config, grains: { role: 'web', os: 'Mine' } },
    configDir: '/c',
    version,
    source: machine({}),
    files: { read: (file) => (file === '/c/grains' ? 'role: db\nrack: 7\nspare: yes\n' : undefined), list: () => [] },
  });
  t.like(grains, { role: 'web', rack: 7, spare: true, os: 'Mine' });
});

test('grains: a grains file with a mistake, names the line', (t) => {
  const files = { read: () => 'a: 1\nb: [\n', list: () => [] };
  t.throws(() => collectGrains({ config, configDir: '/c', version, source: machine({}), files }), {
    message: /^\/c\/grains:\d+:\d+: not YAML/,
  });
});

const withFile = (text: string, grains: JsonMap = {}): JsonMap =>
  collectGrains({
    config: { ...config, grains },
    configDir: '/c',
    version,
    source: machine({}),
    files: { read: () => text, list: () => [] },
  });
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test('grains: what no message can carry in the grains file, is refused with its line', (t) => {
  const refused: [text: string, told: RegExp][] = [
    ['rack: 7\nconstructor: acme\n', /^\/c\/grains:2:1: no key can be 'constructor'/],
    ['rack:\n  rows:\n    - 1\n    - {__proto__: 1}\n', /^\/c\/grains:4:8: no key can be '__proto__'/],
    ['rack: 7\nload: .inf\n', /^\/c\/grains:2:7: the grain 'load' has the number Infinity/],
    [`rack: 7\ndeep: ${nested(DEEPEST_GRAIN + 1)}\n`, /^\/c\/grains:2:\d+: the grain 'deep' is nested deeper than 14/],
  ];
  for (const [text, message] of refused) t.throws(() => withFile(text), { message });
});

test('grains: one as deep as is allowed, fits into the question for pillar and no deeper one does', (t) => {
  const { config } = loadMinionConfig({ env: {}, files: { read: () => undefined, list: () => [] } });
  t.notThrows(() => encodeJson(pillarQuestion(config, withFile(`deep: ${nested(DEEPEST_GRAIN)}\n`)), upLimits));
  const deeper = { deep: JSON.parse(nested(DEEPEST_GRAIN + 1)) as Json };
  t.throws(() => encodeJson(pillarQuestion(config, deeper), upLimits), { code: 'TS_WIRE_UNFIT' });
});

test('grains: what no message can carry in the config, is refused with its line', (t) => {
  const told = (text: string): string[] =>
    examineConfig('minion', {
      configDir: '/c',
      env: {},
      files: { read: (file) => (file === '/c/minion' ? text : undefined), list: () => [] },
    }).errors.map((error) => error.message.split('\n')[0] ?? '');
  t.regex(told('grains:\n  constructor: acme\n')[0] ?? 'nothing', /^\/c\/minion:2:3: .*'constructor'/);
  t.regex(
    told(`grains:\n  deep: ${nested(DEEPEST_GRAIN + 1)}\n`)[0] ?? 'nothing',
    /^\/c\/minion:2:23: the grain 'deep' is nested/,
  );
  t.deepEqual(told('grains:\n  rack: 7\n'), []);
});

test('grains: a machine that shows nothing, still has its names', (t) => {
  const nothing: GrainSource = {
    ...machine({}, { interfaces: () => ({}), env: {} }),
    readText: () => undefined,
    list: () => [],
    readLink: () => undefined,
    exists: () => false,
  };
  const grains = collectGrains({
    config,
    configDir: '/c',
    version,
    source: nothing,
    files: { read: () => undefined, list: () => [] },
  });
  t.like(grains, { id: 'web1', os: 'Linux', num_cpus: 0, mem_total: 0, username: '0', fqdn: 'web1', init: 'unknown' });
});

test('grains: this machine, is read as it is', (t) => {
  const grains = collectGrains({ config, configDir: '/nowhere', version });
  t.like(grains, {
    nodename: os.hostname(),
    kernel: os.type(),
    kernelrelease: os.release(),
    num_cpus: os.cpus().length,
  });
  t.is(grains.mem_total, Math.floor(os.totalmem() / 1024 / 1024));
});

test("grains: an image under another root, is named by the image's own files", (t) => {
  const source = systemSource('/nonexistent-image');
  t.is(source.readText('/etc/os-release'), undefined);
  t.is(source.readText('/proc/version'), readFileSync('/proc/version', 'utf8'));
});
