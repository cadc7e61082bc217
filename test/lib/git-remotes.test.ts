import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { examineConfig } from '../../lib/config/load.ts';
import { whyNoAddress } from '../../lib/git/address.ts';
import { environmentIn, fileRemotes, namesIn, type FileRemoteOptions } from '../../lib/git/file-remotes.ts';
import { noRefs, type Refs } from '../../lib/git/kept.ts';

function examined(text: string) {
  const configDir = mkdtempSync(path.join(os.tmpdir(), 'tsalt-config-'));
  mkdirSync(configDir, { recursive: true });
  writeFileSync(path.join(configDir, 'master'), text);
  const { errors, warnings } = examineConfig('master', { configDir, env: {} });
  rmSync(configDir, { recursive: true });
  const told = ({ message }: Error): string => message.replaceAll(`${configDir}/`, '');
  return { errors: errors.map(told), warnings: warnings.map(told) };
}

for (const [what, text, first, rest] of [
  [
    'a misspelt setting',
    'gitfs_remotes:\n  - https://x/y.git:\n    - mountpiont: a\n',
    /^master:3:7: a git remote has no setting 'mountpiont'/,
    /did you mean 'mountpoint'/,
  ],
  [
    'a misspelt setting in a map',
    'gitfs_remotes:\n  - https://x/y.git:\n      roott: a\n',
    /^master:3:7: /,
    /did you mean 'root'/,
  ],
  [
    'a misspelt setting of an environment',
    'gitfs_remotes:\n  - https://x/y.git:\n    - saltenv:\n      - dev:\n        - reff: x\n',
    /^master:5:11: .*'reff'/,
    /did you mean 'ref'/,
  ],
  [
    'a folder that leads out',
    'gitfs_remotes:\n  - https://x/y.git:\n    - root: ../etc\n',
    /^master:3:13: 'root' should be a folder/,
    /without '..'/,
  ],
  [
    'a misspelt backend',
    'fileserver_backend: [roots, gti]\n',
    /^master:1:29: there is no fileserver_backend 'gti'/,
    /did you mean 'git'/,
  ],
  [
    'a misspelt setting of pillar',
    'ext_pillar:\n  - git:\n    - master https://x/y.git:\n      - envv: base\n',
    /^master:4:9: .*'envv'/,
    /did you mean 'env'/,
  ],
  [
    'a misspelt option',
    'gitfs_remots: []\n',
    /^master:1:1: the master has no option 'gitfs_remots'/,
    /did you mean 'gitfs_remotes'/,
  ],
  [
    'a remote with two addresses',
    'gitfs_remotes:\n  - https://x/y.git:\n    https://x/z.git:\n',
    /^master:2:5: a git remote is its address/,
    /./,
  ],
] as const) {
  test(`${what}: an error with its line, and the nearest right name`, (t) => {
    const { errors } = examined(text);
    t.is(errors.length, 1);
    t.regex(errors[0] ?? '', first);
    t.regex(errors[0] ?? '', rest);
  });
}

test("settings of Salt's that have no effect, are warnings with the reason, and show no password", (t) => {
  const { errors, warnings } = examined(
    'gitfs_password: hunter2\ngitfs_remotes:\n  - https://x/y.git:\n    - user: anna\n    - password: hunter2\n    - refspecs: []\nfileserver_backend: [s3fs, git]\n',
  );
  t.deepEqual(errors, []);
  t.is(warnings.length, 5);
  t.regex(
    warnings.join('\n'),
    /master:5:7: 'password' is a setting of Salt that has no effect here: .*http_header_file/,
  );
  t.false(warnings.join('\n').includes('hunter2'));
});

test('an address with a password in it is refused, and not shown', (t) => {
  const { errors } = examined('gitfs_remotes:\n  - https://anna:hunter2@x/y.git\n  - https://token@x/y.git: []\n');
  t.is(errors.length, 2);
  t.false(errors.join('\n').includes('hunter2') || errors.join('\n').includes('token@'));
});

test('addresses: those that git fetches from, and none that it would run, or take for an option', (t) => {
  for (const good of [
    'https://git.example/x.git',
    'http://[::1]:8080/x',
    'ssh://git@host:22/x.git',
    'git@host:x.git',
    'host:srv/x.git',
    'file:///srv/x.git',
    '/srv/x.git',
    'git://host/x',
  ])
    t.is(whyNoAddress(good), undefined, good);
  for (const bad of [
    '',
    'ext::sh -c id',
    'ext::id',
    '--upload-pack=id',
    '-x:y',
    'ssh://-oProxyCommand=id/x',
    'fd://3',
    'relative/path',
    'a b',
    'https://x/\u0000',
    'git@-oProxyCommand=id:x',
  ])
    t.not(whyNoAddress(bad), undefined, bad);
});

const options: FileRemoteOptions = {
  gitfs_remotes: ['/x'],
  gitfs_base: undefined,
  gitfs_fallback: '',
  gitfs_root: '',
  gitfs_mountpoint: '',
  gitfs_ref_types: ['branch', 'tag', 'sha'],
  gitfs_disable_saltenv_mapping: false,
  gitfs_saltenv_allowlist: [],
  gitfs_saltenv_blocklist: [],
  gitfs_saltenv: [],
  gitfs_update_interval: 60,
  gitfs_ssl_verify: true,
  gitfs_privkey: undefined,
  gitfs_http_header_file: undefined,
};
const id = (letter: string): string => letter.repeat(40);
const refs: Refs = {
  ...noRefs,
  branch: new Map([
    ['master', id('a')],
    ['dev', id('b')],
    ['base', id('c')],
  ]),
  tag: new Map([['v1', id('d')]]),
};

function environments(changes: Partial<FileRemoteOptions>) {
  const [remote] = fileRemotes({ ...options, ...changes });
  if (!remote) throw new Error('no remote');
  return {
    names: namesIn(remote, refs),
    id: (name: string) => environmentIn(remote, refs, name)?.id.charAt(0),
  };
}

test('environments: branches and tags by their names; base is the base branch, also where a branch is called base', (t) => {
  const { names, id: of } = environments({});
  t.deepEqual(names, ['base', 'dev', 'v1']);
  t.deepEqual(['base', 'dev', 'v1', 'master', 'none'].map(of), ['a', 'b', 'd', 'a', undefined]);
});

test('environments: what is named otherwise, is listed under that name; the lists say what is shown', (t) => {
  t.deepEqual(environments({ gitfs_saltenv: [{ qa: [{ ref: 'dev' }] }] }).names, ['base', 'qa', 'v1']);
  t.deepEqual(environments({ gitfs_saltenv_allowlist: ['b*', 'v?'] }).names, ['base', 'v1']);
  t.deepEqual(environments({ gitfs_saltenv_blocklist: ['base'] }).names, ['dev', 'v1']);
  t.deepEqual(environments({ gitfs_ref_types: ['branch'] }).names, ['base', 'dev']);
  t.deepEqual(environments({ gitfs_disable_saltenv_mapping: true }).names, ['base']);
  t.is(environments({ gitfs_saltenv_blocklist: ['dev'] }).id('dev'), undefined);
});

test('environments: a fallback stands for those that are not there; all_saltenvs for all', (t) => {
  t.is(environments({ gitfs_fallback: 'dev' }).id('anything'), 'b');
  const all = environments({ gitfs_remotes: [{ '/x': [{ all_saltenvs: 'dev' }] }] });
  t.deepEqual(['base', 'anything', 'v1'].map(all.id), ['b', 'b', 'b']);
});
