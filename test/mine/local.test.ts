import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { main } from '../../cli/main.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { captured, runConfigured, write } from '../states-engine/kit.ts';
import { folder } from '../store/folder.ts';
import { root } from '../docs/pages.ts';

/* The mine of a machine without a master: its answers are those that the real Salt gave. */

interface Recorded {
  readonly minion: JsonMap;
  readonly pillar: JsonMap;
  /** One after the other. */
  readonly calls: readonly { readonly words: readonly string[]; readonly answer: Json }[];
}

const recorded = JSON.parse(readFileSync(path.join(root, 'test/fixtures/salt/mine.json'), 'utf8')) as Recorded;

/** The config that the answers are of, with a pillar tree in a directory. */
function configIn(directory: string, { minion, pillar }: Recorded): JsonMap {
  const tree = path.join(directory, 'pillar');
  write(tree, { 'top.sls': JSON.stringify({ base: { '*': ['m'] } }), 'm.sls': JSON.stringify(pillar) });
  return { ...minion, pillar_roots: { base: [tree] }, file_roots: { base: [tree] } };
}

const titleOf = (words: readonly string[]): string => words.join(' ');

test('mine without a master: each answer is the one of the real Salt', async (t) => {
  const directory = folder(t);
  const config = configIn(directory, recorded);
  for (const { words, answer } of recorded.calls) {
    // Salt forgets it here, and does it with a master.
    if (words.includes('exclude_minion=True')) continue;
    const { out, err } = await runConfigured(directory, config, words);
    t.deepEqual((JSON.parse(out || '{}') as JsonMap)['local'], answer, `${titleOf(words)}: ${err}`);
  }
});

const saltCall = process.env['SALT_CALL'];

// Where there is one: `.ci/run` installs it.
if (saltCall !== undefined)
  test('the real Salt: its answers are those that were recorded', async (t) => {
    const directory = folder(t);
    const config = { ...configIn(directory, recorded), root_dir: directory };
    writeFileSync(path.join(directory, 'minion'), JSON.stringify(config));
    for (const { words, answer } of recorded.calls) {
      const args = ['--local', '--config-dir', directory, '--out', 'json', '--log-level', 'quiet', ...words];
      const { stdout } = await promisify(execFile)(saltCall, args);
      t.deepEqual((JSON.parse(stdout) as JsonMap)['local'], answer, titleOf(words));
    }
  });

const local = async (directory: string, config: JsonMap, ...words: string[]) => {
  const { out, err, code } = await runConfigured(directory, config, words);
  return { local: out === '' ? undefined : (JSON.parse(out) as JsonMap)['local'], err, code };
};

test('mine without a master: what this machine has told is its own to read, in templates too, and nobody else may', async (t) => {
  const directory = folder(t);
  write(directory, {
    'states/x.sls': '{{#each (salt "mine.get" "*" "said") as |word id|}}\n{{id}} {{word}}: {test.nop: []}\n{{/each}}\n',
  });
  const config = { ...recorded.minion, file_roots: { base: [path.join(directory, 'states')] }, pillar_roots: {} };
  t.regex(JSON.stringify(await local(directory, config, 'state.apply', 'x')), /"code":0/);
  t.true((await local(directory, config, 'mine.update')).local as boolean);
  t.regex(JSON.stringify(await local(directory, config, 'state.apply', 'x')), /"name":"web1 hello"/);
  t.is(statSync(path.join(directory, 'cache/mine.json')).mode & 0o777, 0o600);
  // A cache that can't be read is none.
  writeFileSync(path.join(directory, 'cache/mine.json'), '{"said"');
  t.deepEqual((await local(directory, config, 'mine.get', '*', 'said')).local, {});
});

test('mine.get in a template: a mistake is told with its place; so many different questions in a run, and no more', async (t) => {
  const directory = folder(t);
  const each = (most: number): string =>
    `{{#each (range ${most}) as |n|}}{{json (salt "mine.get" (concat "m" (string n)) "x")}}{{/each}}\n`;
  write(directory, {
    'states/bad.sls': 'a:\n  test.nop:\n    - name: {{salt "mine.get" "role" "x" "grain"}}\n',
    'states/many.sls': `# ${each(2000)}`,
    'states/file.sls': '/x:\n  file.managed: [{source: salt://few}, {template: handlebars}, {makedirs: true}]\n',
    'states/few': `${each(3)}{{salt "mine.get" "G@a" "x" "compound"}}`,
  });
  const root = path.join(directory, 'root');
  const config = { root, file_roots: { base: [path.join(directory, 'states')] }, pillar_roots: {} };
  const told = async (sls: string): Promise<string> =>
    JSON.stringify((await local(directory, config, 'state.apply', sls)).local);
  t.regex(await told('bad'), /bad\.sls:3:15: .*'role' needs a name and a value/);
  t.regex(await told('many'), /more than 1000 different answers in one run/);
  t.regex(await told('file'), /"result":false.*few:2:3: .*'a' needs a name and a value/);
});

test('mine.update: a function that fails keeps its last answer, is told of, and is a failure', async (t) => {
  const directory = folder(t);
  const config = (said: string): JsonMap => ({
    mine_functions: { 'test.echo': ['a'], said: { mine_function: said, text: 'b' } },
    file_roots: {},
    pillar_roots: {},
  });
  t.is((await local(directory, config('test.echo'), 'mine.update')).code, 0);
  const { local: answer, code, err } = await local(directory, config('test.ecko'), 'mine.update');
  t.true(answer);
  t.is(code, 1);
  t.regex(err, /could not be told to the mine entry=said reason=.*did you mean 'test\.echo'/);
  t.deepEqual((await local(directory, config('test.echo'), 'mine.get', '*', 'said')).local, { web1: 'b' });
});

test('mine.send: who may read it is said wrongly: nothing is told, with the nearest word', async (t) => {
  const directory = folder(t);
  const config = { file_roots: {}, pillar_roots: {} };
  for (const [words, expected] of [
    [['allow_tgt='], /'allow_tgt' should be a target, not/],
    [['allow_tgt=role', 'allow_tgt_type=grain'], /'role' needs a name and a value/],
    [['allow_tgt=a', 'allow_tgt_type=grian'], /'allow_tgt_type' should be one of .*did you mean 'grain'/s],
    [['allow_tgt_type=grain'], /'allow_tgt_type' should be beside an allow_tgt, which is missing/],
    [['alow_tgt=web*'], /'alow_tgt' is no way to say who may read it.*did you mean 'allow_tgt'/s],
  ] as const) {
    const { err, code, local: answer } = await local(directory, config, 'mine.send', 'test.ping', ...words);
    t.regex(`${err}${JSON.stringify(answer ?? null)}`, expected);
    t.not(code, 0);
    t.deepEqual((await local(directory, config, 'mine.get', '*', 'test.ping')).local, {});
  }
});

test('mine_functions: each mistake of a config is told with its place and the nearest word', async (t) => {
  const directory = folder(t);
  const written = `id: web1
file_client: local
mine_functions:
  network.ip_addrs: eth0
  addresses: [eth0]
  said: {mine_function: test, text: a}
  secret:
    - mine_function: test.echo
    - x
    - allow_tgt: 'G@role:web and'
    - allow_tgt_type: compund
  other:
    - mine_function: test.echo
    - allow_tgt: 'G@role:web and'
    - allow_tgt_type: compound
  mine.update: []
  mine: [{mine_function: test.arg}, {allow_tgtt: 'db*'}]
  addr: [{mine_functoin: network.ip_addrs}]
mine_intervall: 5
mine_interval: 0
`;
  write(directory, { 'etc/minion': written });
  const io = captured(directory);
  t.is(await main(['check', path.join(directory, 'etc/minion')], io), 2, io.printed.err);
  const told = `${io.printed.out}${io.printed.err}`;
  for (const expected of [
    /:4:\d+: the mine's entry 'network\.ip_addrs': should be a list or a map of arguments, not the text "eth0"/,
    /:5:3: the mine's entry 'addresses': 'mine_function' should be a function, such as network\.ip_addrs/,
    /:6:\d+: the mine's entry 'said': 'mine_function' should be a function/,
    /:11:\d+: the mine's entry 'secret': 'allow_tgt_type' should be one of[^]*did you mean 'compound'/,
    /:14:\d+: the mine's entry 'other': who may read it can't be told: .*ends where a target was expected/,
    /:16:3: the mine's entry 'mine\.update'/,
    /:17:\d+: the mine's entry 'mine': 'allow_tgtt' is no way to say who may read it[^]*did you mean 'allow_tgt'/,
    /:18:3: the mine's entry 'addr': [^]*'mine_functoin' is to be 'mine_function'/,
    /:19:1: the minion has no option 'mine_intervall'[^]*did you mean 'mine_interval'/,
    /:20:\d+: 'mine_interval' should be a whole number of minutes, from 1/,
  ])
    t.regex(told, expected);
});

test('mine_access: each mistake of a config is told with its place and the nearest word; said without rules it is one', async (t) => {
  const directory = folder(t);
  write(directory, {
    'etc/master': `mine_access:
  - {who: 'lb*', mayy: x, may: x}
  - {who: 'G@role and', may: x}
  - {may: x}
`,
    'empty/master': 'mine_access:\n',
  });
  const check = async (name: string): Promise<string> => {
    const io = captured(directory);
    t.is(await main(['check', path.join(directory, name, 'master')], io), 2, io.printed.err);
    return `${io.printed.out}${io.printed.err}`;
  };
  t.regex(await check('empty'), /'mine_access' should be a list of rules/);
  const told = await check('etc');
  t.regex(told, /:2:\d+: rule 1 of mine_access: there is no 'mayy'[^]*did you mean 'may'/);
  t.regex(told, /:3:\d+: rule 2 of mine_access: .*needs a name and a value/);
  t.regex(told, /:4:\d+: rule 3 of mine_access: 'who' has to be said/);
});
