import test from 'ava';
import { stateFiles, type StateFiles } from './apply-sls.ts';
import { openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';

/* What states fetch besides packages of the system, on a machine that reaches no network: every source is on its own disk. */

let hosts: Hosts;
let host: Host;
let apply: StateFiles['apply'];
let applyTwice: StateFiles['applyTwice'];
test.before(async () => {
  const packages = ['git', 'python3-venv', 'ruby'];
  hosts = await openHosts({ binds: tsaltBinds, packages });
  host = await hosts.boot('fetched');
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

test.serial('git: cloned, followed, turned to another branch; what is only here stays', async (t) => {
  await shell(`
    git config --global user.email a@b && git config --global user.name a && git config --global init.defaultBranch main
    git init -q /srv/up && cd /srv/up && echo 1 > f && git add f && git commit -qm 1 && git tag -a v1 -m x
    git checkout -q -b dev && echo dev > f && git commit -qam dev && git checkout -q main`);
  const sls = `
app: {git.latest: [{name: /srv/up}, {target: /srv/app}]}
tag: {git.detached: [{name: /srv/up}, {target: /srv/tag}, {rev: v1}]}
dev: {git.cloned: [{name: /srv/up}, {target: /srv/dev}, {branch: dev}]}
bare: {git.present: [{name: /srv/bare.git}]}
name:
  git.config_set: [{name: user.name}, {value: 'Anna; "Ann"'}, {repo: /srv/app}, {require: [git: app]}]
`;
  await applyTwice(sls);
  t.is(await host.run('git', '-C', '/srv/app', 'config', 'user.name'), 'Anna; "Ann"');
  t.is(await host.run('git', '-C', '/srv/tag', 'describe', '--exact-match'), 'v1');
  t.is(await host.run('cat', '/srv/dev/f'), 'dev');
  await shell('cd /srv/up && echo 2 > f && git commit -qam 2');
  const followed = await applyTwice(sls);
  t.true('revision' in (followed['app']?.changes ?? {}));
  t.is(await host.run('cat', '/srv/app/f'), '2');
  await shell('echo mine > /srv/app/f; cd /srv/up && echo 3 > f && git commit -qam 3');
  const kept = await apply(sls);
  t.regex(kept['app']?.comment ?? '', /there are uncommitted changes/);
  t.is(await host.run('cat', '/srv/app/f'), 'mine');
  await applyTwice(
    'app: {git.latest: [{name: /srv/up}, {target: /srv/app}, {rev: dev}, {branch: dev}, {force_checkout: true}]}',
  );
  t.is(await host.run('cat', '/srv/app/f'), 'dev');
});

test.serial('archive.extracted: tar as tar unpacks it, zip as Python packed it', async (t) => {
  await shell(`
    mkdir -p /srv/a/app/bin && cd /srv/a && echo x > app/bin/run && chmod 750 app/bin/run && ln -s bin/run app/link
    mkdir -p app/$(printf 'd%.0s' $(seq 120)) && touch -d 2020-01-01 app/bin/run && chown -R games: app
    tar -czf /srv/states/app.tar.gz app && python3 -m zipfile -c /srv/states/app.zip app
    mkdir /srv/wanted && tar -C /srv/wanted -xf /srv/states/app.tar.gz`);
  await applyTwice(`
/srv/tar: {archive.extracted: [{source: 'salt://app.tar.gz'}]}
/srv/stripped: {archive.extracted: [{source: 'salt://app.tar.gz'}, {options: '--strip-components=1'}, {enforce_toplevel: false}, {user: root}, {group: root}]}
/srv/zip: {archive.extracted: [{source: 'salt://app.zip'}]}
/srv/byprogram: {archive.extracted: [{source: 'salt://app.tar.gz'}, {options: '--no-same-owner'}]}
/srv/local: {archive.extracted: [{source: /srv/states/app.tar.gz}, {archive_format: tar}]}
`);
  const listing = (folder: string): Promise<string> =>
    shell(
      `cd ${folder} && find . -mindepth 1 -printf '%p %M %u %g %l ' -type f -printf '%TY' -o -printf '%p %M %u %g %l' -printf '\\n' | sort`,
    );
  t.is(await listing('/srv/tar'), await listing('/srv/wanted'));
  t.is(await host.run('stat', '--format=%U %a', '/srv/stripped/bin/run'), 'root 750');
  t.is(await host.run('cat', '/srv/zip/app/bin/run'), 'x');
  t.is(await host.run('stat', '--format=%U', '/srv/byprogram/app/bin/run'), 'root');
});

test.serial('virtualenv and pip: an environment, its packages, and what is removed from it', async (t) => {
  await host.push(
    '/root/wheel.py',
    `
import sys, zipfile
for name, version in (("probe", "1.0"), ("probe", "2.0"), ("other_one", "0.1")):
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(f"/srv/wheels/{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"version = '{version}'")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
`,
  );
  await shell('mkdir /srv/wheels && python3 /root/wheel.py && echo other-one==0.1 > /srv/states/needs.txt');
  const where = '{bin_env: /srv/venv}, {no_index: true}, {find_links: /srv/wheels}';
  const done = await applyTwice(`
/srv/venv: {virtualenv.managed: []}
old: {pip.installed: [{name: probe<2}, ${where}, {require: [virtualenv: /srv/venv]}]}
file: {pip.installed: [{requirements: 'salt://needs.txt'}, ${where}, {require: [virtualenv: /srv/venv]}]}
`);
  t.deepEqual(done['old']?.changes, { 'probe==1.0': 'Installed' });
  t.is(await host.run('/srv/venv/bin/python', '-c', 'import probe, other_one; print(probe.version)'), '1.0');
  const newer = await applyTwice(`probe: {pip.installed: [{upgrade: true}, ${where}]}`);
  t.deepEqual(newer['probe']?.changes, { 'probe==2.0': 'Installed' });
  await applyTwice('other_one: {pip.removed: [{bin_env: /srv/venv}]}');
  t.not((await host.exec(['/srv/venv/bin/python', '-c', 'import other_one'])).code, 0);
  const failed = await apply(`nosuch: {pip.installed: [${where}]}`);
  t.regex(failed['nosuch']?.comment ?? '', /No matching distribution found for nosuch/);
});

test.serial('gem: installed from a source, in the version that is wanted, and removed', async (t) => {
  await shell(`
    mkdir -p /srv/gems/gems && cd /srv/gems/gems
    for v in 1.0 1.5; do
      echo "Gem::Specification.new { |s| s.name = 'probe'; s.version = '$v'; s.summary = 'x'; s.authors = ['x']; s.files = [] }" > probe.gemspec
      gem build --silent probe.gemspec
    done 2> /dev/null
    gem generate_index --silent -d /srv/gems`);
  await applyTwice("probe: {gem.installed: [{version: '<1.5'}, {source: 'file:///srv/gems'}]}");
  t.regex(await host.run('gem', 'list', '--local', 'probe'), /probe \(1\.0\)/);
  await applyTwice('probe: {gem.removed: []}');
  t.notRegex(await host.run('gem', 'list', '--local', 'probe'), /probe/);
});

test.serial('gem.sources_add and sources_remove: gem itself has the source, and has it no longer', async (t) => {
  await applyTwice('file:///srv/gems: {gem.sources_add: []}\nhttps://rubygems.org/: {gem.sources_remove: []}');
  t.regex(await host.run('gem', 'sources', '--list'), /^\*\*\*[^\n]*\n\nfile:\/\/\/srv\/gems$/);
  await applyTwice('probe: {gem.installed: []}');
  t.regex(await host.run('gem', 'list', '--local', 'probe'), /probe \(1\.5\)/);
  const broken = await apply('file:///srv/nothing: {gem.sources_add: []}');
  t.false(broken['file:///srv/nothing']?.result);
});

test.serial('http.wait_for_successful_query: a server that comes up late', async (t) => {
  await host.run('systemd-run', '--unit=late', 'sh', '-c', 'sleep 1; cd /srv/wheels; exec python3 -m http.server 8123');
  const { up, none } = await apply(`
up: {http.wait_for_successful_query: [{name: 'http://127.0.0.1:8123/'}, {status: 200}, {match: probe-1.0}, {wait_for: 30}, {request_interval: 0.2}]}
none: {http.query: [{name: 'http://127.0.0.1:8123/none'}, {status: 200}]}
`);
  t.deepEqual([up?.result, up?.comment], [true, 'Match text "probe-1.0" was found. Status 200 was found.']);
  t.deepEqual([none?.result, none?.comment], [false, 'Status 200 was not found.']);
});
