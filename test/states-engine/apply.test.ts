import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import { run, write } from './kit.ts';

function place(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Applies a tree, whose `DIR` stands for a fresh directory. */
async function apply(
  t: ExecutionContext,
  files: Record<string, string>,
  words: readonly string[] = ['state.apply', 'x'],
) {
  const directory = place(t);
  write(
    directory,
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll('DIR', directory)])),
  );
  const { out, err, code } = await run(directory, path.join(directory, 'states'), words);
  const { local } = JSON.parse(out || '{"local":{}}') as { local: Record<string, StateResult> | string[] };
  const errors = Array.isArray(local) ? local.map((error) => error.replaceAll(`${directory}/states/`, '')) : [];
  const results: Record<string, StateResult> = Array.isArray(local) ? {} : local;
  return { directory, errors, results, code, err };
}

/** The sane part of every bad tree: it must not be applied. */
const sane = 'DIR/sane:\n  file.managed:\n    - contents: x\n';

const bad: readonly (readonly [situation: string, sls: string, ...errors: RegExp[]])[] = [
  [
    'an unknown state module',
    'a:\n  fiel.managed: []\n',
    /^x\.sls:5:3: there is no state module 'fiel'\n5 \| {3}fiel.managed: \[\]\n {2}\| {3}\^\nhint: did you mean 'file'\?$/,
  ],
  [
    'an unknown function',
    'a:\n  file.manged: []\n',
    /^x\.sls:5:3: state module 'file' has no function 'manged'[^]*did you mean 'managed'/,
  ],
  [
    'an unknown argument',
    '/a:\n  file.managed:\n    - sorce: salt://y\n',
    /^x\.sls:6:7: file.managed has no argument 'sorce'[^]*did you mean 'source'/,
  ],
  [
    'an argument of a wrong type',
    '/a:\n  file.managed:\n    - makedirs: [1]\n',
    /^x\.sls:6:17: 'makedirs' has to be .*true or false.*, not a list/,
  ],
  [
    'a requisite that points nowhere',
    'a:\n  test.nop:\n    - require: [{test: bb}]\nb:\n  test.nop: []\n',
    /^x\.sls:6:\d+: 'require' names 'test: bb', which is nowhere in this tree[^]*did you mean 'b'/,
  ],
  [
    'a requisite of another module',
    'a:\n  test.nop:\n    - require: [{pkg: b}]\nb:\n  test.nop: []\n',
    /'pkg: b'[^]*there is test 'b'/,
  ],
  [
    'states that wait for each other',
    'a:\n  test.nop:\n    - require: [b]\nb:\n  test.nop:\n    - watch: [a]\n',
    /wait for each other: test 'a' needs test 'b' needs test 'a'/,
  ],
  ['a tab', 'a:\n\ttest.nop: []\n', /^x\.sls:5:1: this is not YAML[^]*no tabs/],
  ['a key twice', 'a:\n  test.nop: []\n  test.nop: []\n', /^x\.sls:6:3: 'test.nop' is already a key here \(line 5\)/],
  [
    'an undefined name',
    'a:\n  test.nop:\n    - name: {{pillar.nope}}\n',
    /^x\.sls:6:15: 'pillar.nope' is not defined\n6 \| /,
  ],
  [
    'a source that is not there',
    '/a:\n  file.managed:\n    - source: salt://conf/ap.conf\n',
    /^x\.sls:6:15: there is no file salt:\/\/conf\/ap.conf[^]*did you mean 'salt:\/\/conf\/app.conf'/,
  ],
  ['Jinja', 'a:\n{% if x %}\n  test.nop: []\n', /^x\.sls:5:1: \{% %\} is Jinja/],
  [
    'an include that is not there',
    'include: [othr]\n',
    /^x\.sls:4:\d+: there is no state file 'othr'[^]*did you mean 'other'/,
  ],
  ['an id that is a number', '80:\n  test.nop: []\n', /^x\.sls:4:1: id '80' is a number, not text[^]*'80'/],
  [
    'arguments as a map',
    'a:\n  test.nop:\n    name: b\n',
    /^x\.sls:5:3: the arguments of test.nop have to be a list, not a map[^]*- /,
  ],
  [
    'a forgotten colon',
    'a:\n  test.nop:\n    - name b\n',
    /^x\.sls:6:7: an argument of test.nop is written '- name: value'/,
  ],
  ['two names for one function', 'a:\n  test: [nop, nop]\n', /two functions/],
  [
    'what is still to come',
    'a:\n  test.nop:\n    - listen: [b]\nextend: {}\n',
    /^x\.sls:6:7: 'listen' is not supported yet/,
    /^x\.sls:7:1: 'extend' is not supported yet/,
  ],
  [
    'two mistakes, both told',
    'a:\n  test.nopp: []\nb:\n  test.nop:\n    - requir: [a]\n',
    /'nopp'[^]*'nop'/,
    /'requir'[^]*'require'/,
  ],
  [
    'a state with a mistake, and a requisite to it and to nothing',
    'a:\n  test.nopp: []\nb:\n  test.nop:\n    - require: [a, zz]\n',
    /'nopp'/,
    /'require' names 'zz'/,
  ],
  [
    'an id of another file',
    'include: [other]\ntaken:\n  test.nop: []\n',
    /^x\.sls:5:1: id 'taken' is already taken at other\.sls:1:1\n/,
  ],
];

for (const [situation, sls, ...expected] of bad) {
  test(`compile: ${situation}, told with its place, and nothing is applied`, async (t) => {
    const files = {
      'states/x.sls': sane + sls,
      'states/other.sls': 'taken:\n  test.nop: []\n',
      'states/conf/app.conf': '',
    };
    const { errors, code, directory } = await apply(t, files);
    t.is(code, 2);
    t.is(errors.length, expected.length, errors.join('\n'));
    for (const [index, pattern] of expected.entries()) t.regex(errors[index] ?? '', pattern);
    t.false(existsSync(path.join(directory, 'sane')));
  });
}

test('compile: a mistake below a loop, the place in the source, not in what was rendered', async (t) => {
  const { errors } = await apply(t, {
    'states/x.sls':
      '{{#each (range 3)}}\nn{{this}}:\n  test.nop: []\n{{/each}}\nbad:\n  test.nop:\n    - whatever: 1\n',
  });
  t.regex(errors[0] ?? '', /^x\.sls:7:7: test.nop has no argument 'whatever'\n7 \| {5}- whatever: 1/);
});

test("apply: grains, pillar and the request's pillar over it, in templates", async (t) => {
  const { directory, code } = await apply(
    t,
    {
      'states/x.sls':
        'DIR/out:\n  file.managed:\n    - contents: "{{id}} {{pillar.a.one}} {{pillar.a.two}} {{salt "pillar.get" "a:one"}}"\n',
      'pillar/top.sls': "base:\n  '*': [p]\n  'other': [q]\n",
      'pillar/p.sls': 'include: [r]\na: {one: 1, two: 2}\n',
      'pillar/r.sls': 'a: {one: 0}\n',
      'pillar/q.sls': 'a: {{nope}}\n',
    },
    ['state.apply', 'x', 'pillar={a: {two: 3}}'],
  );
  t.is(code, 0);
  t.is(readFileSync(path.join(directory, 'out'), 'utf8'), 'web1 1 3 1\n');
});

test('apply: a pillar that can not be made, told with its place, and nothing is applied', async (t) => {
  const { errors, code, directory } = await apply(t, {
    'states/x.sls': sane,
    'pillar/top.sls': "base:\n  '*': [p]\n",
    'pillar/p.sls': 'a: {{grain.os}}\n',
  });
  t.is(code, 2);
  t.regex(errors[0] ?? '', /p\.sls:1:6: 'grain' is not defined[^]*'grains'/);
  t.false(existsSync(path.join(directory, 'sane')));
});

test('test mode: what is planned is there for what comes after, and nothing is changed', async (t) => {
  const sls =
    'DIR/d:\n  file.directory: []\nDIR/d/f:\n  file.managed:\n    - contents: x\nlater:\n  test.nop:\n    - onchanges: [{file: DIR/d/f}]\n';
  const { results, directory, code } = await apply(t, { 'states/x.sls': sls }, ['state.apply', 'x', 'test=True']);
  t.is(code, 0);
  t.deepEqual(
    Object.values(results).map(({ result }) => result),
    [null, null, true],
  );
  t.is(results['test_|-later_|-later_|-nop']?.comment, 'Success!');
  t.false(existsSync(path.join(directory, 'd')));
});

test('test mode: after a command nobody can tell, and nobody pretends to', async (t) => {
  const sls =
    'run:\n  cmd.run:\n    - name: rm DIR/states/there\nDIR/states/there:\n  file.exists: []\ntest:\n  test.nop: []\n';
  const { results } = await apply(t, { 'states/x.sls': sls, 'states/there': '' }, ['state.apply', 'x', 'test=True']);
  const [command, file, nop] = Object.values(results);
  t.is(command?.result, null);
  t.is(file?.result, null);
  t.regex(file?.comment ?? '', /Unknown until run/);
  t.is(nop?.result, true);
});

test('run: a thousand states that wait for each other in a chain, in their order', async (t) => {
  const sls = Array.from({ length: 1000 }, (_, n) => `s${n}:\n  test.nop:\n    - require: [{test: s${n + 1}}]\n`);
  const { results, code } = await apply(t, { 'states/x.sls': `${sls.join('')}s1000:\n  test.nop: []\n` });
  t.is(code, 0);
  t.is(Object.keys(results)[0], 'test_|-s1000_|-s1000_|-nop');
  t.is(Object.keys(results).length, 1001);
});

test('call: mistakes of the command line, exit 2 with the nearest name', async (t) => {
  const directory = place(t);
  const call = (...words: string[]) => run(directory, directory, words);
  t.like(await call('test.pnig'), { code: 2, out: '' });
  t.regex((await call('test.pnig')).err, /no function 'test.pnig'\nhint: did you mean 'test.ping'/);
  t.regex((await call('tset.ping')).err, /did you mean 'test.ping'/);
  t.regex(
    (await call('state.apply', 'x', 'tset=True')).err,
    /state.apply has no argument 'tset'\nhint: did you mean 'test'/,
  );
  t.regex((await call('test.ping', '--outt', 'json')).err, /no option '--outt'\nhint: did you mean '--out'/);
  t.regex((await call('state.highstate')).out, /there is no top.sls/);
});
