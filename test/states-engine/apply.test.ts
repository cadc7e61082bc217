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
  files: Record<string, string | Buffer>,
  words: readonly string[] = ['state.apply', 'x'],
) {
  const directory = place(t);
  write(
    directory,
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [
        name,
        typeof text === 'string' ? text.replaceAll('DIR', directory) : text,
      ]),
    ),
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
    'an argument of a type that is none of several',
    '/a:\n  file.managed:\n    - contents: {a: b}\n',
    /^x\.sls:6:17: 'contents' has to be text or a number or true or false or a list, not a map/,
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
  [
    'an expression that is not closed',
    'a:\n  test.nop:\n    - name: {{grains.id}\nb:\n  test.nop: []\n',
    /^x\.sls:6:13: the \{\{ that opens here is never closed by \}\}\n6 \| /,
  ],
  [
    'a block whose beginning is not closed',
    '{{#each grains.ips as |ip|}\na:\n  test.nop: []\n{{/each}}\n',
    /^x\.sls:4:1: the \{\{ that opens here is never closed by \}\}/,
  ],
  [
    'a block that ends as another one',
    '{{#if grains.id}}\na:\n  test.nop: []\n{{/fi}}\n',
    /^x\.sls:4:4: \{\{#if\}\} ends with \{\{\/fi\}\}\n4 \| [^]*hint: write \{\{\/if\}\}/,
  ],
  [
    'a misspelt include',
    'inclde:\n  - other\na:\n  test.nop: []\n',
    /^x\.sls:4:1: 'inclde' needs a state function[^]*hint: did you mean 'include'\?/,
  ],
  ['Jinja', 'a:\n{% if x %}\n  test.nop: []\n', /^x\.sls:5:1: \{% if %\} is Jinja/],
  [
    'an include that is not there',
    'include: [othr]\n',
    /^x\.sls:4:\d+: there is no state file 'othr'[^]*did you mean 'other'/,
  ],
  [
    'an address that leads out of the tree',
    '/a:\n  file.managed:\n    - source: salt://../../etc/shadow\n',
    /^x\.sls:6:15: 'salt:\/\/..\/..\/etc\/shadow' is not the address of a file/,
  ],
  [
    'a mistake in a template',
    '/a:\n  file.managed:\n    - source: salt://conf/bad.hbs\n    - template: handlebars\n',
    /^salt:\/\/conf\/bad.hbs:2:1: \{\{#if\}\} has no \{\{\/if\}\}/,
  ],
  [
    'a name that a template of a managed file does not have',
    '/a:\n  test.nop: []\n/b:\n  file.managed:\n    - source: salt://conf/motd.hbs\n    - template: handlebars\n    - context: {greeting: hi}\n',
    /^salt:\/\/conf\/motd.hbs:2:11: 'greting' is not defined[^]*did you mean 'greeting'/,
  ],
  [
    'a name that a template in a directory of them does not have',
    '/d:\n  file.recurse:\n    - source: salt://hbs\n    - template: handlebars\n    - context: {greeting: hi}\n',
    /^salt:\/\/hbs\/sub\/b:1:3: 'nope' is not defined/,
  ],
  [
    'a name that the template of a script does not have',
    'run:\n  cmd.script:\n    - source: salt://hbs/sub/b\n    - template: handlebars\n',
    /^salt:\/\/hbs\/sub\/b:1:3: 'nope' is not defined/,
  ],
  [
    'an unknown function in a template of a managed file',
    '/a:\n  file.managed:\n    - source: salt://conf/calls.hbs\n    - template: handlebars\n',
    /^salt:\/\/conf\/calls.hbs:1:14: .*there is no function 'grians.get'[^]*did you mean 'grains.get'/,
  ],
  [
    'a template that is no text',
    '/a:\n  file.managed:\n    - source: salt://conf/binary\n    - template: handlebars\n',
    /^salt:\/\/conf\/binary:1:2: this is not UTF-8 text/,
  ],
  [
    'another template engine',
    '/a:\n  file.managed:\n    - contents: x\n    - template: jinja\n',
    /^x\.sls:7:17: 'template' has to be handlebars: .*, not the text "jinja"/,
  ],
  [
    'a name and a mode that can not be',
    'a/b:\n  file.managed: []\n/a:\n  file.managed:\n    - mode: rwx\n',
    /^x\.sls:5:3: 'name' has to be an absolute path, not the text "a\/b"/,
    /^x\.sls:8:13: 'mode' has to be a mode, such as 0644, or 'keep', not the text "rwx"/,
  ],
  [
    'an unknown function in a template',
    'a:\n  test.nop:\n    - name: {{salt "grians.get" "os"}}\n',
    /^x\.sls:6:15: .*there is no function 'grians.get'[^]*did you mean 'grains.get'/,
  ],
  [
    'an address that is none',
    'a:\n  host.present:\n    - ip: [10.0.0.1, 10.0.0.300]\n',
    /^x\.sls:5:3: host\.present: Invalid IP Address for a \(10\.0\.0\.300\)/,
  ],
  [
    'a quote that is not closed',
    'a:\n  test.nop:\n    - name: "b\n    - order: 1\n',
    /^x\.sls:6:13: this is not YAML: the " that opens here is never closed/,
  ],
  [
    'a value with a colon',
    'a:\n  cmd.run:\n    - name: echo a: b\n',
    /^x\.sls:6:13: .*there is a second ': ' in this line[^]*put quotes around/,
  ],
  ['another document', '---\na:\n  test.nop: []\n', /^x\.sls:4:1: .*a second document begins here/],
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
    'something to extend that is not there',
    'a:\n  test.nop: []\nextend:\n  aa:\n    test: [{comment: x}]\n',
    /^x\.sls:8:5: there is no test 'aa' in this tree that could be extended[^]*did you mean 'a'/,
  ],
  [
    'an extended argument that the state does not have',
    'include: [other]\nextend:\n  taken:\n    test:\n      - coment: x\n',
    /^x\.sls:8:9: test.nop has no argument 'coment'[^]*did you mean 'comment'/,
  ],
  [
    'an exclusion that is none',
    'a:\n  test.nop: []\nexclude:\n  - file: b\n',
    /^x\.sls:7:5: 'exclude' takes a list of state files/,
  ],
  [
    'a requisite to what is excluded',
    'a:\n  test.nop:\n    - require: [b]\nb:\n  test.nop: []\nexclude:\n  - id: b\n',
    /^x\.sls:6:17: 'require' names 'b', which is nowhere in this tree[^]*it is excluded/,
  ],
  [
    'a state whose arguments are used that is not there',
    'a:\n  test.nop:\n    - use: [{test: aa}]\n',
    /^x\.sls:6:13: 'use' names 'test: aa', which is nowhere in this tree/,
  ],
  [
    'a state that is to run before what it needs',
    'a:\n  test.nop:\n    - prereq: [b]\n    - require: [b]\nb:\n  test.nop: []\n',
    /wait for each other: test '.' needs test '.'/,
  ],
  [
    'a retry with a misspelt word',
    'a:\n  test.nop:\n    - retry: {atempts: 3}\n',
    /^x\.sls:6:14: 'retry' has to be true, or a map of 'attempts'/,
  ],
  [
    'an environment for sources that is not there',
    'a:\n  test.nop:\n    - saltenv: bace\n',
    /^x\.sls:6:16: there is no environment 'bace'[^]*did you mean 'base'/,
  ],
  [
    'an include of an environment that is not there',
    'include:\n  - bace: other\na:\n  test.nop: []\n',
    /^x\.sls:5:11: there is no environment 'bace'[^]*did you mean 'base'/,
  ],
  [
    'an include of two environments in one entry',
    'include:\n  - {base: other, dev: other}\na:\n  test.nop: []\n',
    /^x\.sls:5:\d+: 'include' takes a list of state files, '- file' and '- environment: file', not/,
  ],
  ['what is still to come', 'a:\n  test.nop:\n    - provider: x\n', /^x\.sls:6:7: 'provider' is not supported yet/],
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
      'states/conf/bad.hbs': 'x\n{{#if grains}}\n',
      'states/conf/motd.hbs': '{{greeting}}\nAnd yet {{greting}}\n',
      'states/conf/calls.hbs': 'What {{salt "grians.get" "os"}} is\n',
      'states/hbs/a': '{{greeting}}\n',
      'states/hbs/sub/b': '{{nope}}\n',
      'states/conf/binary': Buffer.from([0x78, 0xe9, 0x0a]),
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

test('compile: a state file in an older encoding, told with its place', async (t) => {
  const { errors, code } = await apply(t, {
    'states/x.sls': Buffer.from(`a:\n  test.nop: []\né: test.nop\n`, 'latin1'),
  });
  t.is(code, 2);
  t.regex(errors[0] ?? '', /^x\.sls:3:1: this is not UTF-8 text/);
});

test('highstate: a top file that names no file, told with its place, of states and of pillar', async (t) => {
  const top = "base:\n  '*':\n    - x\n    - xx\n";
  const states = await apply(t, { 'states/x.sls': sane, 'states/top.sls': top }, ['state.highstate']);
  t.is(states.code, 2);
  t.regex(states.errors[0] ?? '', /^top\.sls:4:7: there is no state file 'xx'\n4 \| {5}- xx[^]*did you mean 'x'/);
  t.false(existsSync(path.join(states.directory, 'sane')));
  const pillar = await apply(t, { 'states/x.sls': sane, 'pillar/x.sls': 'a: 1\n', 'pillar/top.sls': top });
  t.is(pillar.code, 2);
  t.regex(pillar.errors[0] ?? '', /pillar\/top\.sls:4:7: there is no pillar file 'xx'/);
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

test('apply: data, partials and time of the run, in state files, managed files and pillar', async (t) => {
  const { directory, errors, code } = await apply(t, {
    'states/map.yaml': 'default: {port: 80}\n',
    'states/web/x.conf': '{{> "./line.conf" key="port" value=port}}{{> "web/line.conf" key="year" value=year}}',
    'states/web/line.conf': '{{key}} {{value}}\n',
    'states/x.sls':
      '{{#*inline "file"}}\nDIR/{{name}}:\n  file.managed:\n    - source: salt://web/x.conf\n    - template: handlebars\n' +
      '    - context: {{json values}}\n{{/inline}}\n{{#let map=(filter_by (import_yaml "map.yaml") merge=pillar.web)}}\n' +
      '{{> file name="a" values=(dict port=map.port year=(int (strftime (now) "%Y")))}}\n{{/let}}\n',
    'pillar/top.sls': "base:\n  '*': [web]\n",
    'pillar/web.sls': 'web: {{json (import_yaml "web.yaml")}}\n',
    'pillar/web.yaml': 'port: 8080\n',
  });
  t.deepEqual(errors, []);
  t.is(code, 0);
  t.regex(readFileSync(path.join(directory, 'a'), 'utf8'), /^port 8080\nyear 2\d{3}\n$/);
});

test('apply: a mistake in what a managed file takes in, told before anything is done', async (t) => {
  const { errors, code } = await apply(t, {
    'states/web/x.conf': 'a\n{{> "./lien.conf"}}\n',
    'states/web/line.conf': 'x',
    'states/x.sls': 'DIR/a:\n  file.managed:\n    - source: salt://web/x.conf\n    - template: handlebars\n',
  });
  t.is(code, 2);
  t.regex(
    errors.join(),
    /^salt:\/\/web\/x.conf:2:1: there is no file 'web\/lien.conf'[^]*did you mean 'web\/line.conf'/,
  );
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

test('call: a command that fails or takes too long, exit 1 with all it printed', async (t) => {
  const directory = place(t);
  const call = async (...words: string[]) => {
    const { out, code } = await run(directory, directory, words);
    return { code, local: (JSON.parse(out) as { local: unknown }).local };
  };
  t.deepEqual(await call('cmd.run', 'echo out; exit 3'), { code: 1, local: 'out' });
  t.deepEqual(await call('cmd.retcode', 'exit 3'), { code: 1, local: 3 });
  t.deepEqual(await call('cmd.run', 'true'), { code: 0, local: '' });
  const late = await call('cmd.run', 'echo out; sleep 30', 'timeout=0.2');
  t.deepEqual(late, { code: 1, local: 'out\necho out; sleep 30 : Timed out after 0.2 seconds' });
  const long = await call('cmd.run', 'head -c 2000000 /dev/zero | tr "\\0" a');
  t.regex(String(long.local), /a\nthe output was too long to be kept: this is its beginning$/);
});

test('apply: a condition whose function fails, no failure of the run', async (t) => {
  const { code, results } = await apply(t, {
    'states/x.sls': "a:\n  test.nop:\n    - onlyif:\n      - fun: cmd.retcode\n        cmd: 'false'\n",
  });
  t.is(code, 0);
  t.is(Object.values(results)[0]?.result, true);
});

test('apply: a state that calls functions, in both ways to write them; test mode calls none', async (t) => {
  const files = {
    'states/x.sls': [
      'new:\n  module.run:\n    - cmd.retcode: [touch DIR/new]\n    - test.echo:1: [hello]\n    - cmd.run:\n      - exit 3\n',
      'old:\n  module.run:\n    - name: test.echo\n    - text: hello\n',
      'mistyped:\n  module.run:\n    - test.ehco: [hello]\n',
      'lonely:\n  event.send:\n    - name: site/x\n',
      'grown:\n  grains.present:\n    - value: 1\n',
      'known:\n  grains.exists:\n    - name: grown\n',
    ].join(''),
  };
  const foretold = await apply(t, files, ['state.apply', 'x', 'test=True']);
  t.deepEqual(
    Object.values(foretold.results).map(({ result }) => result),
    [null, null, false, null, null, null],
  );
  t.false(existsSync(path.join(foretold.directory, 'new')));
  const { results, directory } = await apply(t, files);
  const [made, old, mistyped, lonely, grown, known] = Object.values(results);
  t.true(existsSync(path.join(directory, 'new')));
  t.deepEqual([made?.result, made?.changes], [false, { 'cmd.retcode': 0, 'test.echo:1': 'hello' }]);
  t.regex(made?.comment ?? '', /^'cmd\.run' failed/);
  t.deepEqual([old?.comment, old?.changes], ['Module function test.echo executed', { ret: 'hello' }]);
  t.regex(mistyped?.comment ?? '', /no function 'test.ehco'/);
  t.regex(lonely?.comment ?? '', /no master to send it to/);
  t.deepEqual([grown?.result, known?.result], [true, true]);
  t.is(readFileSync(path.join(directory, 'grains'), 'utf8'), 'grown: 1\n');
});

test('apply: an argument of a state that takes any, its value is checked where it stands', async (t) => {
  const { errors } = await apply(t, {
    'states/x.sls': 'a:\n  iptables.append:\n    - chain: INPUT\n    - Dport: 22\n',
  });
  t.regex(errors.join(), /x\.sls:4:/);
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
