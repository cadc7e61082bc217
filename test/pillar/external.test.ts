import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { isMap, type Json } from '../../lib/json.ts';
import { loadYaml } from '../../lib/yaml/load.ts';
import { readySources } from '../../pillar/external.ts';
import { builtinExtPillars } from '../../pillar/external/registry.ts';
import type { TsaltError } from '../../lib/errors/error.ts';
import { runConfigured, write } from '../states-engine/kit.ts';

function freshFolder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(made, { recursive: true }));
  return made;
}

const saltCall = process.env.SALT_CALL;

/** The pillar that a config makes; the real Salt, where there is one, has to make the same. */
async function pillarOf(
  t: ExecutionContext,
  config: Readonly<Record<string, unknown>>,
  { files = {}, like = true }: { files?: Record<string, string>; like?: boolean } = {},
): Promise<{ pillar: Json; err: string; code: number }> {
  const folder = freshFolder(t);
  write(folder, files);
  const minion = { pillar_roots: { base: [path.join(folder, 'pillar')] }, ...config };
  const { out, err, code } = await runConfigured(folder, minion, ['pillar.items']);
  const { local: pillar = null } = JSON.parse(out || '{}') as { local?: Json };
  if (saltCall !== undefined && like) {
    write(folder, { minion: JSON.stringify({ id: 'web1', file_client: 'local', root_dir: folder, ...minion }) });
    const args = ['--local', '--config-dir', folder, '--out', 'json', 'pillar.items'];
    const { stdout } = await promisify(execFile)(saltCall, args);
    t.deepEqual(pillar, (JSON.parse(stdout) as { local: Json }).local, 'the real Salt');
  }
  return { pillar, err, code };
}

const tree = {
  'pillar/top.sls': "base:\n  '*': [own]\n",
  'pillar/own.sls': 'map: {own: 1, both: own}\nlist: [1]\n',
};

test('cmd_yaml and cmd_json: what commands write, over what the tree says, one after the other', async (t) => {
  const yaml = "printf 'map: {both: yaml, id: %s}\\n'";
  const ext_pillar = [{ cmd_yaml: yaml }, { cmd_json: `echo '{"map": {"both": "json"}, "list": [2]}'` }];
  const { pillar } = await pillarOf(t, { ext_pillar }, { files: tree });
  t.deepEqual(pillar, { map: { own: 1, both: 'json', id: 'web1' }, list: [2] });
});

test('ext_pillar_first: the tree goes over them, and its templates see what they say', async (t) => {
  const own = { ...tree, 'pillar/own.sls': 'map: {own: 1, both: own}\nseen: "{{ pillar["from"] }}"\n' };
  const ours = { ...own, 'pillar/own.sls': own['pillar/own.sls'].replace('pillar["from"]', 'pillar.from') };
  const config = { ext_pillar_first: true, ext_pillar: [{ cmd_yaml: "echo 'map: {both: command}\nfrom: outside'" }] };
  const { pillar } = await pillarOf(t, config, { files: ours });
  t.deepEqual(pillar, { map: { own: 1, both: 'own' }, from: 'outside', seen: 'outside' });
});

test('a command as a list of words: a shell where one is named, with the id as a word of its own', async (t) => {
  const words = ['sh', '-c', 'echo "id: $1" | tr a-z A-Z', 'sh', '%s'];
  const { pillar } = await pillarOf(t, { ext_pillar: [{ cmd_yaml: words }] }, { like: false });
  t.deepEqual(pillar, { ID: 'WEB1' });
});

test('nodegroups and file_tree: for the groups that the minion is in, and for itself', async (t) => {
  const folder = freshFolder(t);
  write(folder, {
    'hosts/web1/motd': 'hello\n',
    'hosts/web1/keys/one': 'secret one\n',
    'hosts/web2/motd': 'not for you\n',
    'nodegroups/webs/motd': 'of the group\n',
    'nodegroups/webs/group': 'webs\n',
    'nodegroups/dbs/group': 'dbs\n',
  });
  const ext_pillar = [{ file_tree: { root_dir: folder } }, { nodegroups: { pillar_name: 'mine' } }];
  // Without a master Salt knows no nodegroups, and shows files as Python writes bytes.
  const { pillar } = await pillarOf(t, { nodegroups: { webs: 'web*', dbs: 'db*' }, ext_pillar }, { like: false });
  t.deepEqual(pillar, { motd: 'hello', keys: { one: 'secret one' }, group: 'webs', mine: ['webs'] });
});

test('file_tree: links to directories only where they are wanted, and none that goes round', async (t) => {
  const folder = freshFolder(t);
  write(folder, { 'shared/a': 'a\n' });
  mkdirSync(path.join(folder, 'hosts/web1'), { recursive: true });
  symlinkSync('../../shared', path.join(folder, 'hosts/web1/linked'));
  symlinkSync('../web1', path.join(folder, 'hosts/web1/round'));
  const of = async (more: object) =>
    (await pillarOf(t, { ext_pillar: [{ file_tree: { root_dir: folder, ...more } }] }, { like: false })).pillar;
  t.deepEqual(await of({}), {});
  t.deepEqual(await of({ follow_dir_links: true, keep_newline: true }), { linked: { a: 'a\n' }, round: {} });
});

test('file_tree: a file that is no text, is named; a link that goes round by itself, is not there', async (t) => {
  const folder = freshFolder(t);
  write(folder, { 'hosts/web1/good': 'a\n', 'hosts/web1/deep/key': Buffer.from([0x61, 0xff]) });
  symlinkSync('round', path.join(folder, 'hosts/web1/round'));
  const config = { ext_pillar: [{ file_tree: { root_dir: folder } }] };
  const { err } = await pillarOf(t, config, { like: false });
  t.regex(err, /ext_pillar file_tree: \/.*\/hosts\/web1\/deep\/key:1:2: this is not UTF-8 text/);
  rmSync(path.join(folder, 'hosts/web1/deep/key'));
  t.deepEqual((await pillarOf(t, config, { like: false })).pillar, { good: 'a', deep: {} });
});

test('http_json and http_yaml: asked for the minion, with its grains', async (t) => {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, answer) => {
    asked.push(url);
    answer.end(url.startsWith('/yaml') ? 'from: yaml\nlist: [1, 2]\n' : '{"from": "json", "deep": {"a": 1}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const at = (name: string) => `http://127.0.0.1:${String(port)}/${name}/%s`;
  const { pillar } = await pillarOf(
    t,
    {
      grains: { role: 'a&b' },
      ext_pillar: [{ http_json: { url: at('json'), with_grains: ['role'] } }, { http_yaml: at('yaml') }],
    },
    { like: false },
  );
  t.deepEqual(pillar, { from: 'yaml', list: [1, 2], deep: { a: 1 } });
  t.deepEqual(asked, ['/json/web1?role=a%26b', '/yaml/web1']);
});

test('pillar files that include each other, under a key: each says what is its own, as in Salt', async (t) => {
  const files = {
    'pillar/top.sls': "base:\n  '*': [one]\n",
    'pillar/one.sls': 'include:\n  - two: {key: "a:b"}\none: 1\n',
    'pillar/two.sls': 'include: [one]\ntwo: 2\n',
  };
  const { pillar } = await pillarOf(t, {}, { files });
  t.deepEqual(pillar, { a: { b: { one: 1, two: 2 } }, one: 1 });
});

test('a nodegroup that contains itself: refused where the config says it', async (t) => {
  const config = { nodegroups: { one: 'N@two', two: 'N@one' }, ext_pillar: [{ nodegroups: null }] };
  const { err, code } = await pillarOf(t, config, { like: false });
  t.is(code, 2);
  t.regex(err, /^error: \S*minion:1:\d+: nodegroup 'one' contains itself/);
});

for (const [title, config, complaint] of [
  ['a misspelt source', { cmd_yml: 'x' }, /there is no ext_pillar 'cmd_yml'[^]*did you mean 'cmd_yaml'/],
  ['a source with a misspelt argument', { file_tree: { root_dirr: '/x' } }, /ext_pillar file_tree: 'root_dir/],
  ['a command for a shell', { cmd_yaml: 'a | b' }, /ext_pillar cmd_yaml: no shell runs it: give its words as a list/],
  ['a command that fails', { cmd_yaml: ['sh', '-c', 'echo secret >&2; exit 3'] }, /sh ended with 3: run it by hand/],
  ['a command that is not there', { cmd_yaml: 'no-such-command' }, /no-such-command/],
  ['an answer that is no map', { cmd_json: 'echo [1]' }, /its answer has to be a map, not a list/],
  ['an answer that is a text', { cmd_yaml: 'echo hunter2' }, /its answer has to be a map, not a text/],
  ['a command without words', { cmd_yaml: '  ' }, /ext_pillar cmd_yaml: a command has a word at least/],
  [
    'a command whose first word is empty',
    { cmd_yaml: ['', 'x'] },
    /ext_pillar cmd_yaml: a command has a word at least/,
  ],
  ['a quote without an end', { cmd_yaml: 'echo "a: 1' }, /ext_pillar cmd_yaml: a quote in it has no end/],
  ['an address that is none', { http_json: 'http://anna:hunter2@/' }, /ext_pillar http_json: an address, or a map/],
  ['an answer that is no JSON', { cmd_json: 'echo {hunter2' }, /its answer is no JSON/],
  ['an answer that is no YAML', { cmd_yaml: ['printf', 'a: hunter2\n\tb: 1\n'] }, /its answer, line 2, column 1: /],
  ['a web server that is not there', { http_json: 'http://127.0.0.1:1/' }, /ext_pillar http_json: /],
] as const) {
  test(`${title}: the pillar fails with the reason, no state is run, and nothing of what was answered is shown`, async (t) => {
    const folder = freshFolder(t);
    write(folder, { 'states/x.sls': 'x:\n  test.nop: []\n' });
    const file_roots = { base: [path.join(folder, 'states')] };
    const { out, err, code } = await runConfigured(folder, { file_roots, ext_pillar: [config] }, ['state.apply', 'x']);
    t.regex(out + err, complaint);
    t.is(code, 2);
    t.false((out + err).includes('hunter2') || (out + err).includes('secret'));
  });
}

test('every example of the reference, is what its source takes', async (t) => {
  for (const name of builtinExtPillars.names) {
    const { example } = await builtinExtPillars.load(name);
    const { data } = loadYaml(example, name);
    const list = isMap(data) ? (data['ext_pillar'] as readonly Record<string, Json>[]) : [];
    const errors: TsaltError[] = [];
    const sources = list.map((one) => ({ name: Object.keys(one)[0] ?? '', args: Object.values(one)[0] ?? null }));
    t.is((await readySources(sources, builtinExtPillars, errors)).length, 1, name);
    t.deepEqual(errors, [], name);
  }
  t.true(
    readFileSync(path.resolve(import.meta.dirname, '../../../docs/reference/ext_pillar.md'), 'utf8').length > 1000,
  );
});
