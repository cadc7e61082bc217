import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { repositoryIn, type TestRepository } from '../kit/git.ts';
import { folder } from '../store/folder.ts';

/** A master that serves a repository, which is there before it. */
async function served(
  t: ExecutionContext,
  fill: (repository: TestRepository) => unknown,
  config: JsonMap = {},
): Promise<{
  readonly cluster: Cluster;
  readonly repository: TestRepository;
  readonly update: () => Promise<JsonMap>;
}> {
  const repository = repositoryIn(path.join(folder(t), 'origin'));
  fill(repository);
  const cluster = await startCluster(t, {
    fileserver_backend: ['git', 'roots'],
    gitfs_remotes: [repository.directory],
    gitfs_update_interval: 3600,
    ...config,
  });
  const update = async (): Promise<JsonMap> => (await cluster.run('fileserver.update')) as JsonMap;
  await update();
  return { cluster, repository, update };
}

const top = (sls: string): string => `base:\n  '*': [${sls}]\n`;

test('gitfs: two branches and a tag are environments; a minion has what was pushed after fileserver.update', async (t) => {
  const { cluster, repository, update } = await served(t, ({ commit, git }) => {
    commit({
      'top.sls': top('web'),
      'web.sls': 'x:\n  test.configurable_test_state:\n    - changes: false\n    - result: true\n    - comment: one\n',
    });
    git('tag', '--annotate', 'v1', '--message', 'x');
    git('checkout', '--quiet', '-b', 'dev');
    commit({ 'only-dev.txt': 'dev' });
    git('checkout', '--quiet', 'master');
  });
  t.deepEqual(await cluster.run('fileserver.envs'), ['base', 'dev', 'v1']);
  t.deepEqual(await cluster.run('fileserver.file_list', 'dev'), ['only-dev.txt', 'top.sls', 'web.sls']);
  t.deepEqual(await cluster.run('fileserver.file_list', 'v1'), ['top.sls', 'web.sls']);
  await cluster.joinMinion('m1');
  const text = async (env: string): Promise<Json | undefined> =>
    (await cluster.exec('m1', 'cp.get_file_str', [`salt://web.sls?saltenv=${env}`]))[0]?.return;
  t.regex(asText(await text('base')), /comment: one/);
  repository.commit({ 'web.sls': 'changed: true\n' });
  t.regex(asText(await text('base')), /comment: one/, 'nothing is fetched while a minion asks');
  const told = await update();
  t.is(told['changed'], true);
  t.is(await text('base'), 'changed: true\n');
  t.regex(asText(await text('v1')), /comment: one/);
  t.is((await update())['changed'], false);
  const events = await cluster.events('salt/fileserver/gitfs/update');
  t.deepEqual(
    events.map(({ data }) => [data['changed'], data['backend'], data['remote']]),
    [1, 2].map(() => [true, 'gitfs', repository.directory]),
  );
});

test('gitfs: history that is pushed anew and a branch that is deleted, are followed', async (t) => {
  const { cluster, repository, update } = await served(t, ({ commit, git }) => {
    commit({ a: 'one' });
    git('branch', 'gone');
  });
  t.deepEqual(await cluster.run('fileserver.envs'), ['base', 'gone']);
  repository.git('checkout', '--quiet', '--orphan', 'other');
  repository.git('rm', '-r', '--quiet', '--cached', '.');
  repository.commit({ b: 'two', a: 'another' });
  repository.git('branch', '--force', 'master', 'other');
  repository.git('branch', '--delete', '--force', 'gone');
  await update();
  t.deepEqual(await cluster.run('fileserver.envs'), ['base', 'other']);
  t.deepEqual(await cluster.run('fileserver.file_list'), ['a', 'b']);
  t.deepEqual(await cluster.run('fileserver.file_list', 'other'), ['a', 'b']);
});

const longName = 'b'.repeat(200);
const hostile = ['--upload-pack=touch', '-x', '$(touch${IFS}pwned)', 'a;id', '__env__', '"quoted"', '\u202eevil'];

test('gitfs: names that are no environment are left out, and none of any branch is on the disk', async (t) => {
  const { cluster } = await served(t, ({ commit, git }) => {
    const id = commit({ a: 'x' });
    for (const name of [...hostile, longName, 'größe', 'feature/x']) git('update-ref', `refs/heads/${name}`, id);
    commit({ a: 'y' });
  });
  t.deepEqual(await cluster.run('fileserver.envs'), ['base', longName, 'feature/x', 'größe']);
  for (const env of ['feature/x', 'größe', longName])
    t.deepEqual(await cluster.run('fileserver.file_list', env), ['a']);
  for (const env of [...hostile, '../base', 'refs/heads/master', 'HEAD', 'constructor'])
    await t.throwsAsync(cluster.run('fileserver.file_list', env), { code: 'TS_RUNNER_NO_SUCH_ENVIRONMENT' });
  const names = readdirSync(path.join(cluster.master.directory, 'cache/git'), { recursive: true }).map(asText);
  const known =
    /^[0-9a-f]{32}(?:\/(?:refs\.json|blobs|trees|trees\/[0-9a-f]{40}\.json|blobs\/[0-9a-f]{64}|repository(?:\/.*)?))?$/;
  t.deepEqual(
    names.filter((name) => !known.test(name)),
    [],
  );
  t.deepEqual(
    names.filter((name) => /upload-pack|touch|größe|feature|bbbb|evil/.test(name.replace(/[0-9a-f]{32,}/g, ''))),
    [],
  );
  t.regex(cluster.master.log(), /names are none for environments.*number=7/);
});

test('gitfs: links stay inside; one that leads out, to a folder or round is not there; submodules are none of ours', async (t) => {
  const { cluster } = await served(t, ({ commit, directory, git }) => {
    const id = commit({ 'real/a': 'x' });
    for (const [name, target] of [
      ['good', 'real/a'],
      ['real/up', '../good'],
      ['passwd', '/etc/passwd'],
      ['out', '../../../../../../etc/passwd'],
      ['folder', 'real'],
      ['round', 'round'],
      ['nowhere', 'none'],
    ] as const)
      symlinkSync(target, path.join(directory, name));
    git('update-index', '--add', '--cacheinfo', `160000,${id},module`);
    commit({});
  });
  t.deepEqual(await cluster.run('fileserver.file_list'), ['good', 'real/a', 'real/up']);
  await cluster.joinMinion('m1');
  t.is((await cluster.exec('m1', 'cp.get_file_str', ['salt://real/up']))[0]?.return, 'x');
});

test('gitfs: a remote that is away, is served as it was, told, and taken again when it is back', async (t) => {
  const { cluster, repository, update } = await served(t, ({ commit }) => commit({ a: 'x' }));
  const away = `${repository.directory}.away`;
  renameSync(repository.directory, away);
  const told = (await update())['remotes'] as JsonMap[];
  t.regex(asText(told[0]?.['failure']), /git, asking .*: /);
  const command = await cluster.tsalt('run', 'fileserver.update');
  t.is(command.code, 1);
  t.regex(command.stdout, /failure:\n +git, asking /);
  t.regex((await cluster.tsalt('doctor')).stdout, /✘ git +\S+ \(files\) answered last at /);
  t.deepEqual(await cluster.run('fileserver.file_list'), ['a']);
  await cluster.restartMaster();
  await eventually(async () => ((await cluster.run('fileserver.remotes')) as JsonMap[])[0]?.['failure'] !== null);
  t.deepEqual(await cluster.run('fileserver.file_list'), ['a'], 'after a restart, too');
  t.regex(cluster.master.log(), /a git remote can not be taken/);
  renameSync(away, repository.directory);
  repository.commit({ b: 'y' });
  t.like(await update(), { success: true, changed: true });
  t.deepEqual(await cluster.run('fileserver.file_list'), ['a', 'b']);
  t.is(((await cluster.run('fileserver.remotes')) as JsonMap[])[0]?.['failure'], null);
});

test('gitfs: a large file arrives whole, over many pieces', async (t) => {
  const big = randomBytes(3 * 1024 * 1024 + 17);
  const { cluster } = await served(t, ({ commit }) => commit({ big, small: 'x' }));
  const { root } = await cluster.joinMinion('m1');
  t.is((await cluster.exec('m1', 'cp.get_file', ['salt://big', '/big'], 60))[0]?.return, '/big');
  t.true(readFileSync(path.join(root, 'big')).equals(big));
});

test('gitfs: root, mountpoint, base and saltenv say what is where; a path of two sources is from the first', async (t) => {
  const fill = ({ commit, git }: TestRepository): void => {
    commit({ 'states/web/a': 'master', 'secret/b': 'no', both: 'no', 'states/both': 'git' });
    git('branch', 'develop');
    git('branch', 'blocked');
  };
  const { cluster } = await served(t, fill, { gitfs_root: 'states', gitfs_saltenv_blocklist: ['block*'] });
  write(cluster.states, 'both', 'roots');
  write(cluster.states, 'own', 'roots');
  t.deepEqual(await cluster.run('fileserver.envs'), ['base', 'develop']);
  t.deepEqual(await cluster.run('fileserver.file_list'), ['both', 'own', 'web/a']);
  await cluster.joinMinion('m1');
  const text = async (url: string): Promise<Json | undefined> =>
    (await cluster.exec('m1', 'cp.get_file_str', [url]))[0]?.return;
  t.is(await text('salt://both'), 'git');
  const [url] = (await cluster.run('fileserver.remotes')) as JsonMap[];
  const remotes = [
    {
      [asText(url?.['remote'])]: [
        { mountpoint: 'salt://there' },
        { saltenv: [{ qa: [{ ref: 'develop' }] }] },
        { disable_saltenv_mapping: true },
      ],
    },
  ];
  await cluster.restartMaster({ gitfs_remotes: remotes, fileserver_backend: ['roots', 'git'] });
  await cluster.run('fileserver.update');
  t.deepEqual(await cluster.run('fileserver.envs'), ['base', 'qa']);
  t.deepEqual(await cluster.run('fileserver.file_list', 'qa'), ['there/both', 'there/web/a']);
  await cluster.connected('m1');
  t.is(await text('salt://both'), 'roots');
});

test('gitfs: without a master branch, main is base', async (t) => {
  const { cluster } = await served(t, ({ commit, git }) => {
    commit({ a: 'x' });
    git('branch', '--move', 'main');
    git('branch', 'dev');
  });
  t.deepEqual(await cluster.run('fileserver.envs'), ['base', 'dev']);
});

test('gitfs: who has a key that is not taken, or a header that is none, is told without it', async (t) => {
  const secret = path.join(folder(t), 'header');
  write(path.dirname(secret), 'header', 'Bearer hunter2 without a name\n');
  const { cluster } = await served(t, ({ commit }) => commit({ a: 'x' }), {
    gitfs_remotes: [
      { 'https://127.0.0.1:1/x.git': [{ name: 'web' }, { http_header_file: secret }] },
      { 'ssh://git@127.0.0.1:1/x.git': [{ name: 'ssh' }, { privkey: '/no/such/key' }] },
    ],
  });
  const standing = (await cluster.run('fileserver.remotes')) as JsonMap[];
  t.regex(asText(standing[0]?.['failure']), /has to be one line, such as 'Authorization: Bearer/);
  t.regex(asText(standing[1]?.['failure']), /git, asking ssh: /);
  t.false((cluster.master.log() + JSON.stringify(standing)).includes('hunter2'));
  t.false(existsSync(path.join(cluster.directory, 'pwned')));
});

test('gitfs: an orchestration is read from git', async (t) => {
  const { cluster } = await served(t, ({ commit }) => commit({ 'orch/a.sls': 'x:\n  test.nop: []\n' }));
  const answer = await cluster.tsalt('run', 'state.orchestrate', 'orch.a');
  t.is(answer.code, 0, answer.stdout + answer.stderr);
  t.regex(answer.stdout, /Succeeded: 1|x/);
});

test('git_pillar: a minion has what the branches say, each of its environment, and what was pushed after the update', async (t) => {
  const repository = repositoryIn(path.join(folder(t), 'pillar'));
  repository.commit({ 'top.sls': top('own'), 'own.sls': 'include: [more]\nown: master\n', 'more.sls': 'more: 1\n' });
  repository.git('checkout', '--quiet', '-b', 'dev');
  repository.commit({ 'top.sls': "dev:\n  '*': [own]\n", 'own.sls': 'dev: {{saltenv}}\n' });
  repository.git('checkout', '--quiet', 'master');
  const cluster = await startCluster(t, {
    ext_pillar: [
      { git: [`master ${repository.directory}`, { [`dev ${repository.directory}`]: [{ name: 'second' }] }] },
    ],
  });
  t.is(((await cluster.run('git_pillar.update')) as JsonMap)['remotes'] instanceof Array, true);
  write(cluster.pillar, 'top.sls', top('local'));
  write(cluster.pillar, 'local.sls', 'local: 1\nown: roots\n');
  await cluster.joinMinion('m1');
  const items = async (): Promise<Json | undefined> => (await cluster.exec('m1', 'pillar.items'))[0]?.return;
  t.deepEqual(await items(), { local: 1, own: 'master', more: 1, dev: 'dev' });
  repository.commit({ 'more.sls': 'more: 2\n' });
  await cluster.run('git_pillar.update', repository.directory);
  t.is(((await items()) as JsonMap)['more'], 2);
  await t.throwsAsync(cluster.run('git_pillar.update', 'secnd'), { message: /did you mean 'second'/ });
  t.is((await cluster.exec('m1', 'cp.get_file_str', ['salt://own.sls']))[0]?.state === 'returned', true);
  t.deepEqual(await cluster.run('fileserver.file_list'), [], 'minions fetch nothing of it');
});

const runner = (word: string): string => `import { defineRunner } from 'tsalt/plugins';
import { said } from '../_utils/said.ts';
export default { say: defineRunner({ summary: 'says a word', takes: [], run: () => said('${word}') }) };
`;
const helper = 'export const said = (word: string): string => word.toUpperCase();\n';

test('gitfs: runners of _runners are called, changed by what is pushed, and gone with it', async (t) => {
  const { cluster, repository, update } = await served(t, ({ commit }) =>
    commit({ '_runners/words.ts': runner('one'), '_utils/said.ts': helper, '_runners/test.ts': runner('mine') }),
  );
  t.is(await cluster.run('words.say'), 'ONE');
  t.is(await cluster.run('test.say'), 'MINE', 'it takes the place of a built-in one');
  t.deepEqual(await cluster.run('saltutil.sync_runners'), ['runners.test', 'runners.words']);
  t.deepEqual(await cluster.run('saltutil.sync_runners'), []);
  t.regex((await cluster.tsalt('run')).stdout, /words\.say.*says a word/);

  repository.commit({ '_runners/words.ts': runner('two'), '_runners/broken.ts': 'export default {\n  x: 3 +,\n};\n' });
  t.is(await cluster.run('words.say'), 'ONE', 'nothing is fetched while somebody calls');
  await update();
  t.is(await cluster.run('words.say'), 'TWO');
  const [broken, wrong, ...others] = (await cluster.run('saltutil.sync_runners')) as string[];
  t.deepEqual([broken, ...others], ['runners.broken', 'runners.test', 'runners.words']);
  t.regex(wrong ?? '', /^runners\.broken: git: _runners\/broken\.ts:2:\d+: this is not TypeScript/);

  write(cluster.states, '_runners/words.ts', runner('disk'));
  write(cluster.states, '_runners/here.ts', runner('here'));
  t.is(await cluster.run('words.say'), 'TWO', 'git is named first');
  t.is(await cluster.run('here.say'), 'HERE', 'with what git has for it to import');

  repository.git('rm', '--quiet', '_runners/words.ts', '_runners/test.ts');
  repository.commit({});
  await update();
  t.is(await cluster.run('words.say'), 'DISK');
  await t.throwsAsync(cluster.run('test.say'), { message: /no function 'test\.say'/ });
});

test('gitfs: a runner whose bytes were changed where they are kept, does not run', async (t) => {
  const { cluster } = await served(t, ({ commit }) =>
    commit({ '_runners/words.ts': runner('one'), '_utils/said.ts': helper }),
  );
  t.is(await cluster.run('words.say'), 'ONE');
  const cache = path.join(cluster.master.directory, 'cache/git');
  const kept = readdirSync(cache, { recursive: true })
    .map((name) => path.join(cache, asText(name)))
    .find((file) => /\/blobs\/\w+$/.test(file) && readFileSync(file, 'utf8') === runner('one'));
  writeFileSync(kept ?? '', runner('evil'));
  await t.throwsAsync(cluster.run('words.say'), {
    message: 'git: _runners/words.ts is not what was fetched: the cache of the master was changed',
  });
});

test('gitfs: with git alone for a source, runners on the disk are none', async (t) => {
  const { cluster } = await served(t, ({ commit }) => commit({ a: 'x' }), { fileserver_backend: ['git'] });
  write(cluster.states, '_runners/here.ts', 'export default {};\n');
  t.deepEqual(await cluster.run('saltutil.sync_runners'), []);
});
