import test from 'ava';
import { stateFiles, type StateFiles } from './apply-sls.ts';
import { openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';

/* The states of packages and their sources, on a machine that reaches no network: every source is on its own disk. */

let hosts: Hosts;
let host: Host;
let apply: StateFiles['apply'];
let applyTwice: StateFiles['applyTwice'];
test.before(async () => {
  const packages = ['gpg', 'gpg-agent', 'dnf', 'rpm', 'createrepo-c'];
  hosts = await openHosts({ binds: tsaltBinds, packages });
  host = await hosts.boot('packages');
  ({ apply, applyTwice } = stateFiles(host));
  await host.run('apt-get', '-qq', 'update');
  await host.run(
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-qq',
    '--yes',
    '--no-install-recommends',
    'install',
    ...packages,
  );
});
test.after.always(() => hosts.close());

const shell = (script: string): Promise<string> => host.run('sh', '-euc', script);

/** Builds a Debian package on the host. */
async function build(name: string, version: string, folder: string): Promise<void> {
  await shell(`
    mkdir -p /srv/build/${name}/DEBIAN /srv/build/${name}/usr/share/${name} ${folder}
    printf 'Package: ${name}\\nVersion: ${version}\\nArchitecture: all\\nMaintainer: Nobody <n@example.org>\\nDescription: one\\n' > /srv/build/${name}/DEBIAN/control
    echo ${version} > /srv/build/${name}/usr/share/${name}/version
    (cd /srv/build/${name} && md5sum usr/share/${name}/version > DEBIAN/md5sums)
    dpkg-deb --build --root-owner-group /srv/build/${name} ${folder}/${name}_${version}_all.deb`);
}

/** Makes a signed source of what is in a folder. */
const publish = (folder: string): Promise<string> =>
  shell(`
    cd ${folder}
    for deb in *.deb; do
      dpkg-deb --field "$deb"
      printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum < "$deb" | cut -d' ' -f1)"
    done > Packages
    printf 'Origin: probe\\nDate: %s\\nSHA256:\\n %s %s Packages\\n' "$(date -Ru)" "$(sha256sum < Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" > Release
    gpg --batch --yes --clearsign --output InRelease Release`);

test.serial('pkgrepo.managed: a signed source and its key, the packages of it are found at once', async (t) => {
  await shell("gpg --batch --quiet --passphrase '' --quick-generate-key probe@example.org ed25519 default never");
  await shell('mkdir -p /srv/states && gpg --armor --export probe@example.org > /srv/states/probe.asc');
  await build('probe', '1.0-1', '/srv/deb');
  await publish('/srv/deb');
  const done = await applyTwice(`
source:
  pkgrepo.managed:
    - name: deb [signed-by=/etc/apt/keyrings/probe.gpg] copy:/srv/deb ./
    - file: /etc/apt/sources.list.d/probe.sources
    - key_url: salt://probe.asc
probe:
  pkg.installed:
    - hold: true
    - require: [pkgrepo: source]
`);
  t.deepEqual(done['source']?.changes, {
    repo: 'deb [signed-by=/etc/apt/keyrings/probe.gpg] copy:/srv/deb ./',
    key: '/etc/apt/keyrings/probe.gpg',
  });
  t.deepEqual(done['probe']?.changes, { probe: { old: 'install', new: '1.0-1\nhold' } });
  t.is(await host.run('apt-mark', 'showhold'), 'probe');
});

test.serial('pkg: held, let go, upgraded, downloaded, brought as a file and repaired', async (t) => {
  await build('probe', '2.0-1', '/srv/deb');
  await build('other', '1:1.0', '/srv/deb');
  await build('carried', '3.0', '/srv/states');
  await publish('/srv/deb');
  await shell('mv /srv/states/carried_3.0_all.deb /srv/states/carried.deb');
  const held = await apply('all: {pkg.uptodate: [{refresh: true}, {pkgs: [probe]}]}');
  t.is(held['all']?.comment, 'System is already up-to-date');
  const done = await applyTwice(`
fetched: {pkg.downloaded: [{pkgs: [other]}]}
brought: {pkg.installed: [{sources: [{carried: 'salt://carried.deb'}]}]}
`);
  t.deepEqual(done['brought']?.changes, { carried: { old: '', new: '3.0' } });
  t.is(await host.run('cat', '/usr/share/carried/version'), '3.0');
  await host.run('test', '-e', '/var/cache/apt/archives/other_1%3a1.0_all.deb');
  const freed = await applyTwice('probe: {pkg.unheld: []}');
  t.deepEqual(freed['probe']?.changes, { probe: { old: 'hold', new: 'install' } });
  const upgraded = await applyTwice('new: {pkg.uptodate: [{pkgs: [probe]}]}');
  t.deepEqual(upgraded['new']?.changes, { probe: { old: '1.0-1', new: '2.0-1' } });
  await shell('echo broken > /usr/share/probe/version');
  const repaired = await applyTwice('probe: {pkg.installed: [{pkg_verify: true}]}');
  t.regex(repaired['probe']?.comment ?? '', /remediated:\n {4}\/usr\/share\/probe\/version: checksum/);
  t.is(await host.run('cat', '/usr/share/probe/version'), '2.0-1');
});

test.serial('pkg.installed: a package file of a web server, is installed once and brought up to date', async (t) => {
  await build('served', '1.0', '/srv/web');
  const server = `require('http').createServer(({ url }, answer) =>
    require('fs').createReadStream('/srv/web' + url).on('error', () => answer.writeHead(404).end()).pipe(answer)).listen(8099)`;
  await host.run('systemd-run', '--quiet', '--unit=web', await host.run('which', 'node'), '-e', server);
  await shell(`timeout 30 sh -c 'until bash -c "exec 3<>/dev/tcp/127.0.0.1/8099" 2>&-; do sleep 0.1; done'`);
  const served = (file: string): string =>
    `served: {pkg.installed: [{skip_verify: true}, {sources: [{served: 'http://127.0.0.1:8099/${file}'}]}]}`;
  const made = await applyTwice(served('served_1.0_all.deb'));
  t.deepEqual(made['served']?.changes, { served: { old: '', new: '1.0' } });
  await build('served', '1.1', '/srv/web');
  const renewed = await applyTwice(served('served_1.1_all.deb'));
  t.deepEqual(renewed['served']?.changes, { served: { old: '1.0', new: '1.1' } });
  t.is(await host.run('cat', '/usr/share/served/version'), '1.1');
  const missing = await apply(served('nothing.deb'));
  t.regex(missing['served']?.comment ?? '', /404/);
  t.false(missing['served']?.result);
});

test.serial('pkgrepo.absent: the source and its key go, its packages are on offer no longer', async (t) => {
  const id = await shell("gpg --list-keys --with-colons | awk -F: '/^fpr/ {print $10; exit}'");
  await applyTwice(`
source:
  pkgrepo.absent:
    - name: deb copy:/srv/deb ./
    - keyid: '${id}'
`);
  t.is(
    await host.run('ls', '/etc/apt/sources.list.d', '/etc/apt/keyrings'),
    '/etc/apt/keyrings:\n\n/etc/apt/sources.list.d:',
  );
  t.notRegex(await host.run('apt-cache', 'policy', 'other'), /copy:/);
});

test.serial('debconf.set: answers are what debconf itself shows', async (t) => {
  await applyTwice(`
answers:
  debconf.set:
    - name: probe
    - data:
        probe/where: {type: string, value: over there}
        probe/really: {type: boolean, value: true}
        probe/secret: {type: password, value: hush}
`);
  const shown = await host.run('debconf-show', 'probe');
  t.regex(shown, /probe\/really: true/);
  t.regex(shown, /probe\/where: over there/);
});

test.serial('pkg and pkgrepo: where dnf is at home, they are its own', async (t) => {
  await host.push(
    '/root/probe.spec',
    `Name: rpmprobe
Version: %{v}
Release: 1
Summary: x
License: x
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/srv/rpmprobe
echo %{v} > %{buildroot}/srv/rpmprobe/version
%files
/srv/rpmprobe/version
`,
  );
  await host.push(
    '/srv/rpm/groups.xml',
    '<comps><group><id>tools</id><name>tools</name><default>false</default><uservisible>true</uservisible>' +
      '<packagelist><packagereq type="mandatory">rpmprobe</packagereq></packagelist></group></comps>',
  );
  await shell(`
    for v in 1.0 2.0; do rpmbuild --quiet -bb --define "v $v" --define '_rpmdir /srv/rpm' /root/probe.spec; done
    createrepo_c --quiet -g /srv/rpm/groups.xml /srv/rpm
    mkdir -p /etc/yum.repos.d && rm /etc/os-release && echo ID=fedora > /etc/os-release`);
  const done = await applyTwice(`
probe: {pkgrepo.managed: [{humanname: Probe}, {baseurl: 'file:///srv/rpm'}, {gpgcheck: false}]}
rpmprobe: {pkg.installed: [{version: '<2'}, {require: [pkgrepo: probe]}]}
`);
  t.deepEqual(done['rpmprobe']?.changes, { rpmprobe: { old: '', new: '1.0-1' } });
  t.is(await host.run('rpm', '-q', 'rpmprobe'), 'rpmprobe-1.0-1.noarch');
  await shell('echo broken > /srv/rpmprobe/version');
  await applyTwice('rpmprobe: {pkg.installed: [{pkg_verify: true}]}');
  t.is(await host.run('cat', '/srv/rpmprobe/version'), '1.0');
  const newer = await applyTwice('all: {pkg.uptodate: []}');
  t.deepEqual(newer['all']?.changes, { rpmprobe: { old: '1.0-1', new: '2.0-1' } });
  await applyTwice('rpmprobe: {pkg.removed: []}');
  const group = await applyTwice('tools: {pkg.group_installed: []}');
  t.deepEqual(group['tools']?.changes, { rpmprobe: { old: '', new: '2.0-1' } });
  t.is(await host.run('rpm', '-q', 'rpmprobe'), 'rpmprobe-2.0-1.noarch');
});
