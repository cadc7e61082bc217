import path from 'node:path';
import test from 'ava';
import { check } from './check-kit.ts';

test('check: a sound state tree, said so, exit 0', async (t) => {
  const { code, out, err } = await check(
    t,
    {
      'states/top.sls': "base:\n  '*': [a, b]\n",
      'states/a.sls': 'one:\n  test.nop:\n    - require: [{test: two}]\n    - name: {{pillar.x}}\n',
      'states/b.sls': 'two: {test.nop: []}\n',
      'states/c.sls': 'two: {test.nop: []}\n',
      'pillar/top.sls': "base:\n  '*': [x]\n",
      'pillar/x.sls': 'x: y\n',
    },
    'states',
  );
  t.is(out, '');
  t.regex(err, /states: state files, 3 files: nothing wrong/);
  t.is(code, 0);
});

test('check: a top file by its own name: what it names and whom it means, and not as a file of states', async (t) => {
  const files = { 'states/a.sls': 'x: {test.nop: []}\n', 'states/b.sls': 'x: {test.nope: []}\n' };
  const sound = await check(t, { ...files, 'states/top.sls': "base:\n  'G@os:*': [a]\n" }, 'states/top.sls');
  t.is(sound.out, '');
  t.is(sound.code, 0, sound.err);
  const wrong = await check(t, { ...files, 'states/top.sls': "base:\n  'web1 andd': [aa]\n" }, 'states/top.sls');
  t.regex(wrong.out, /^states\/top\.sls:2:3: the compound target 'web1 andd' has 'andd' where/m);
  t.deepEqual(wrong.out.match(/^\S+:\d+:\d+/gm), ['states/top.sls:2:3'], wrong.out);
});

test('check: an orchestration whose template asks the master, which is not here, is no mistake; what is before it may be', async (t) => {
  const orchestration = (before: string): Record<string, string> => ({
    'states/orch.sls': `${before}{{#each (salt 'saltutil.runner' 'manage.up')}}\n{{this}}:\n  test.nop: []\n{{/each}}\n`,
  });
  const sound = await check(t, orchestration(''), 'states');
  t.is(sound.out, '');
  t.is(sound.code, 0, sound.err);
  const wrong = await check(t, orchestration("{{salt 'saltutil.runer' 'manage.up'}}\n"), 'states');
  t.regex(wrong.out, /orch\.sls:1:3: .*there is no function 'saltutil\.runer'/);
});

const secrets = {
  'states/a.sls': '{{pillar.x}}: {test.nop: []}\n',
  'secrets/top.sls': "base:\n  '*': [x]\n",
  'secrets/x.sls': 'x: y\n',
};

test('check: a pillar tree of any name, is one by --pillar-root, and what states are checked with', async (t) => {
  const { err, code, out } = await check(t, secrets, '--pillar-root', 'secrets', 'states', 'secrets');
  t.is(out, '');
  t.regex(err, /secrets: pillar tree, 2 files: nothing wrong/);
  t.is(code, 0);
});

test('check: a pillar tree of any name, is one by pillar_roots of a config, also in a directory that holds it', async (t) => {
  for (const daemon of ['master', 'minion']) {
    const files = { ...secrets, [daemon]: 'pillar_roots: {base: [DIR/secrets]}\n', 'secrets/x.sls': 'x: [1\n' };
    const file = await check(t, files, 'secrets/x.sls');
    t.regex(file.out, /^secrets\/x\.sls:\d:\d/);
    const { err, out } = await check(t, { ...files, 'secrets/x.sls': 'x: y\n' }, '.');
    t.is(out, '', 'states beside it are checked with it');
    t.regex(err, /secrets: pillar tree, 2 files: nothing wrong/);
  }
});

test('check: mistakes in several files, all told at once, exit 2', async (t) => {
  const { code, out } = await check(
    t,
    {
      'states/top.sls': "base:\n  'G@os:Debian and': [a]\n",
      'states/a.sls': 'one: {test.nopp: []}\n',
      'states/b.sls': 'include: [a]\ntwo:\n  test.nop:\n    - require: [nowhere]\n',
    },
    'states',
  );
  t.is(code, 2);
  t.regex(out, /^states\/top\.sls:2:3: the compound target 'G@os:Debian and' ends where/m);
  t.regex(out, /^states\/a\.sls:1:7: state module 'test' has no function 'nopp'/m);
  t.is(out.match(/nopp'/g)?.length, 1);
});

test('check: a tree of Jinja, told of every file, of those that state files import, too', async (t) => {
  const files = {
    'states/top.sls': "base:\n  '*': [a]\n",
    'states/a.sls': "{% from 'map.jinja' import x %}\none:\n  file.managed:\n    - template: jinja\n",
    'states/map.jinja': '{% set x = {} %}\n',
  };
  const { out } = await check(t, files, 'states');
  t.deepEqual(out.match(/^states\/\S+(?=: )/gm), ['states/a.sls:1:1', 'states/a.sls:4:17', 'states/map.jinja:1:1']);
  const ported = await check(t, { ...files, 'states/a.sls': 'one: {test.nop: []}\n' }, 'states');
  t.is(ported.out, '', 'what no template takes in is no mistake');
});

test('check: states whose pillar is wrong, told with what their own templates have whatever the pillar is', async (t) => {
  const { out } = await check(
    t,
    {
      'states/top.sls': "base:\n  '*': [a]\n",
      'states/a.sls': '{% set x = 1 %}\n',
      'states/b.sls': '{{pillar.x}}\n',
      'states/c.jinja': '{{ a | b }}\n',
      'pillar/top.sls': "base:\n  '*': [x]\n",
      'pillar/x.sls': '{% set y = 1 %}\n',
    },
    'states',
  );
  t.deepEqual(out.match(/^\w+\/\S+(?=: )/gm), ['pillar/x.sls:1:1', 'states/a.sls:1:1', 'states/c.jinja:1:1']);
});

test('check: a template that asks a command, told where what commands say comes from', async (t) => {
  const files = { 'states/a.sls': 'one:\n  test.nop:\n    - name: {{salt "cmd.run" "uname -s"}}\n' };
  const { out } = await check(t, files, 'states');
  t.regex(out, /a\.sls:3:15: .*templates can't call cmd\.run[^]*hint: what a command says comes from a grain/);
});

test('check: pillar, reactor files and config, each by what it is', async (t) => {
  const files = {
    'pillar/top.sls': "base:\n  '*': [x]\n",
    'pillar/x.sls': 'a: 1\na: 2\n',
    'reactor/start.sls': '{{#if (eq data.act "pend")}}\n',
    'etc/minion': 'masterr: x\n',
  };
  const { code, out } = await check(t, files, 'pillar', 'reactor', 'etc/minion');
  t.is(code, 2);
  t.regex(out, /pillar\/x\.sls:2:1: 'a' is already a key here/);
  t.regex(out, /reactor\/start\.sls:1:1: \{\{#if\}\} has no \{\{\/if\}\}/);
  t.regex(out, /minion:1:1: .*masterr/);
});

test('check: a path that is not there, a usage error', async (t) => {
  const { code, err } = await check(t, {}, 'nowhere');
  t.is(code, 2);
  t.regex(err, /there is no file or directory 'nowhere'/);
});

test('check: the trees of examples, as they are, exit 0', async (t) => {
  const examples = path.resolve(import.meta.dirname, '..', '..', '..', 'examples');
  const { code, out, err } = await check(t, {}, examples);
  t.is(out, '');
  t.is(code, 0);
  for (const room of [
    'hello/states',
    'hello/reactor',
    'seven-steps/states',
    'seven-steps/pillar',
    'seven-steps/reactor',
  ])
    t.true(err.includes(`examples/${room}: `), `${room}:\n${err}`);
});

test('check: several names of a template that are not defined, in state files and in what they render, all told', async (t) => {
  const { code, out } = await check(
    t,
    {
      'states/a.sls': '/x:\n  file.managed:\n    - contents: {{pillar.x}}\n    - mode: {{pillr.y}}\n',
      'states/b.sls': '/y:\n  file.managed:\n    - source: salt://y.tpl\n    - template: handlebars\n',
      'states/y.tpl': '{{grains.oss}}\n{{grains.os}}\n{{idd}}\n',
    },
    'states',
  );
  t.is(code, 2);
  t.deepEqual(out.match(/^\S+:\d+:\d+: .*is not defined$/gm), [
    "states/a.sls:3:19: 'pillar.x' is not defined",
    "states/a.sls:4:15: 'pillr' is not defined",
    "salt://y.tpl:1:3: 'grains.oss' is not defined",
    "salt://y.tpl:3:3: 'idd' is not defined",
  ]);
  t.regex(out, /^4 \|     - mode: \{\{pillr\.y\}\}\n {2}\| {15}\^\nhint: did you mean 'pillar'\?/m);
});

test('check: mistakes in a file that others include, told once, and those of the others, too', async (t) => {
  const { code, out } = await check(
    t,
    {
      'states/base.sls': 'one: {test.nopp: []}\n',
      'states/a.sls': 'include: [base]\ntwo: {test.nop: [{nme: x}]}\n',
      'states/b.sls': 'include: [base, a]\nthree: {test.nop: [{require: [four]}]}\n',
      'states/c.sls': 'include: [d]\nfive: {test.nop: [{nmae: x}]}\n',
      'states/d.sls': 'include: [c]\nsix: {test.nop: [{order: x}]}\n',
    },
    'states',
  );
  t.is(code, 2);
  t.deepEqual(out.match(/^states\/\w+\.sls:\d+:\d+/gm)?.sort(), [
    'states/a.sls:2:19',
    'states/b.sls:2:31',
    'states/base.sls:1:7',
    'states/c.sls:2:20',
    'states/d.sls:2:26',
  ]);
});

test('check: a file that leaves out what another one has wrong, the mistake told all the same', async (t) => {
  const { code, out } = await check(
    t,
    {
      'states/a.sls': 'one: {test.nopp: []}\ntwo: {test.nop: []}\n',
      'states/b.sls': 'include: [a]\nexclude: [{id: one}]\n',
      'states/c.sls': 'extend:\n  two:\n    test: [{name: x}]\n',
    },
    'states',
  );
  t.is(code, 2);
  t.deepEqual(out.match(/^states\/\w+\.sls:\d+:\d+/gm)?.sort(), ['states/a.sls:1:7', 'states/c.sls:3:5']);
});

const typos: readonly [kind: string, file: string, text: string, said: RegExp][] = [
  [
    'a state file',
    'states/a.sls',
    'x:\n  file.manged: []\n',
    /^states\/a\.sls:2:3: .*'manged'\n2 \|.*\n {2}\| {3}\^\nhint: did you mean 'managed'\?/,
  ],
  [
    'an argument of a state',
    'states/a.sls',
    '/x:\n  file.managed:\n    - contens: y\n',
    /^states\/a\.sls:3:7: .*contens[^]*\^[^]*did you mean 'contents'/,
  ],
  [
    'a requisite',
    'states/a.sls',
    'x:\n  test.nop:\n    - requires: [y]\n',
    /^states\/a\.sls:3:7: [^]*\^[^]*did you mean 'require'/,
  ],
  [
    'a state top file',
    'states/top.sls',
    "base:\n  '*': [wbe]\n",
    /^states\/top\.sls:2:9: there is no state file 'wbe'[^]*\^[^]*did you mean 'web'\?/,
  ],
  ['a pillar top file', 'pillar/top.sls', "base:\n  '*': [nothing]\n", /^pillar\/top\.sls:2:9: .*nothing/],
  [
    'a misspelt word in a pillar top file',
    'pillar/top.sls',
    "base:\n  '*':\n    - x\n    - {ignore_mising: true}\n",
    /^pillar\/top\.sls:4:8: [^]*did you mean 'ignore_missing'\?/,
  ],
  [
    'a misspelt word of an include of a pillar file',
    'pillar/x.sls',
    'include:\n  - y:\n      key: a:b\n      defalts: {c: 1}\n',
    /^pillar\/x\.sls:4:7: [^]*did you mean 'defaults'\?/,
  ],
  ['a pillar file', 'pillar/x.sls', 'a: [1\n', /^pillar\/x\.sls:\d:\d/],
  [
    'the client of a reaction',
    'reactor/a.sls',
    'go:\n  locl.state.apply:\n    - tgt: {{data.id}}\n',
    /^reactor\/a\.sls:2:3: [^]*\^[^]*did you mean 'local'\?/,
  ],
  [
    'the function of a reaction',
    'reactor/a.sls',
    'go:\n  local.state.aply:\n    - tgt: {{data.id}}\n',
    /^reactor\/a\.sls:2:3: there is no local function 'state\.aply'[^]*\^[^]*did you mean 'state\.apply'\?/,
  ],
  [
    'a key of a reaction',
    'reactor/a.sls',
    'go:\n  local.test.ping:\n    - tgtt: {{data.id}}\n',
    /^reactor\/a\.sls:3:7: [^]*\^[^]*did you mean 'tgt'\?/,
  ],
  [
    'a wheel function',
    'reactor/a.sls',
    'go:\n  wheel.key.acept:\n    - match: {{data.id}}\n',
    /^reactor\/a\.sls:2:3: [^]*\^[^]*did you mean 'key\.accept'\?/,
  ],
  [
    'a state file in TypeScript',
    'states/a.sls',
    "#!ts\nexport default ({ id }: { id: string }) => ({\n  ['/' + id]: { 'file.managed': { usr: id } },\n});\n",
    /^states\/a\.sls:3:35: file\.managed has no argument 'usr'[^]*\^[^]*did you mean 'user'\?/,
  ],
  [
    'a pillar file in TypeScript',
    'pillar/x.sls',
    "#!ts\nexport default ({ fromGrains }: any) => ({ id: fromGrains('hosst') });\n",
    /^pillar\/x\.sls:2:48: 'grains:hosst' is not defined[^]*\^[^]*did you mean 'host'\?/,
  ],
  [
    'a reactor in TypeScript',
    'reactor/a.ts',
    "import { readFil } from 'node:fs';\nexport default { async react(): Promise<void> { readFil(); } };\n",
    /^reactor\/a\.ts:1:10: 'node:fs' exports no 'readFil'[^]*\^[^]*did you mean 'readFile'\?/,
  ],
  [
    'the config of a master',
    'etc/master',
    'interfce: 127.0.0.1\n',
    /^etc\/master:1:1: [^]*\^[^]*did you mean 'interface'\?/,
  ],
  ['the config of a minion', 'etc/minion', 'id: x\nmastr: y\n', /^etc\/minion:2:1: [^]*\^[^]*did you mean 'master'\?/],
];
for (const [kind, file, text, said] of typos) {
  test(`check: a typo in ${kind}, exit 2 with place, line and caret`, async (t) => {
    const about = path.dirname(file) === 'etc' ? file : path.dirname(file);
    const pillar = about === 'pillar' ? { 'pillar/top.sls': "base:\n  '*': [x]\n" } : {};
    const { code, out } = await check(t, { 'states/web.sls': '', ...pillar, [file]: text }, about);
    t.is(code, 2);
    t.regex(out, said);
  });
}

test('check: a reactor file of branches and of functions that an event names, nothing wrong', async (t) => {
  const file = [
    '{{!-- a note\n  over two lines --}}',
    '{{#if (eq data.act "pend")}}',
    'go:\n  wheel.key.accept:\n    - match: {{data.id}}',
    '{{else}}',
    "other-{{data.id}}:\n  local.{{data.fun}}:\n    - tgt: '{{data.id}}'\n    - args: [{{json data}}, {x: {{data.x}} }]",
    '  runner.my.own: []',
    '{{/if}}\n',
  ].join('\n');
  const { code, out } = await check(t, { 'reactor/a.sls': file }, 'reactor');
  t.is(out, '');
  t.is(code, 0);
});

test('check: a reactor file with a partial, nothing wrong, and what is wrong beside it is told', async (t) => {
  const partial = '{{#*inline "who"}}\nid: {{name}}\n{{/inline}}\n';
  const file = (fun: string) =>
    `${partial}a:\n  runner.note.down:\n    - arg: [{{> who name=data.id}}]\nb:\n  ${fun}:\n    - tgt: x\n`;
  t.is((await check(t, { 'reactor/a.sls': file('local.test.ping') }, 'reactor')).code, 0);
  const { out } = await check(t, { 'reactor/a.sls': file('local.test.pong') }, 'reactor');
  t.regex(out, /^reactor\/a\.sls:8:3: there is no local function 'test\.pong'/);
});

test('check: reactors that config names and that are not there, and what no reaction can do, each with its place', async (t) => {
  const { code, out } = await check(
    t,
    {
      'etc/master':
        "reactor_dir: DIR/reactor\nreactor:\n  - 'salt/auth': [builtin:auht]\n  - 'x': [nope.sls, a.txt, DIR/reactor/rr.sls]\n  - 'y': [builtin:start]\n",
      'reactor/r.sls':
        'a:\n  runner.event.sendd:\n    - args: [{tag: x}]\nb:\n  local.test.ping:\n    - tgt: x\n    - tgt_type: gloob\n',
    },
    'etc/master',
    'reactor',
  );
  t.is(code, 2);
  t.regex(out, /etc\/master:3:19: there is no built-in reactor 'auht'[^]*did you mean 'auth'/);
  t.regex(out, /etc\/master:4:11: the reactor file nope\.sls cannot be read: it is not in reactor/);
  t.regex(out, /etc\/master:4:21: a\.txt is no reactor/);
  t.regex(
    out,
    /etc\/master:4:28: the reactor file reactor\/rr\.sls cannot be read: it is not there[^]*did you mean 'reactor\/r\.sls'/,
  );
  t.regex(out, /r\.sls:7:7: 'gloob' is no way to choose minions[^]*did you mean 'glob'/);
  t.regex(out, /r\.sls:2:3: there is no runner function 'event\.sendd'[^]*did you mean 'event\.send'/);
});

test('check: --pillar-root alone, checks that tree', async (t) => {
  const { code, out } = await check(
    t,
    { 'data/top.sls': "base:\n  '*': [a]\n", 'data/a.sls': 'a: 1\na: 2\n' },
    '--pillar-root',
    'data',
  );
  t.is(code, 2);
  t.regex(out, /^data\/a\.sls:2:1: 'a' is already a key here/);
});

test('check: a path with nothing of its kind in it, exit 2 and how kinds are told', async (t) => {
  const { code, err } = await check(t, { 'etc/passwd': 'root:x:0:0\n' }, 'etc/passwd');
  t.is(code, 2);
  t.regex(err, /passwd was looked at for state files, and there are none[^]*directory 'pillar' or 'reactor'/);
});

test('check: environments that a config names and has no roots for, with their place', async (t) => {
  const roots = 'file_roots: {base: [/a], dev: [/b]}\npillar_roots: {base: [/c], prod: [/d]}\n';
  const { code, out } = await check(
    t,
    {
      'etc/master': `${roots}default_top: bsae\nenv_order: [base, devv]\npillarenv: prood\nstate_top_saltenv: dev\n`,
      'any/master': 'file_roots: {__env__: [/a]}\npillarenv: x\ndefault_top: y\n',
      // Its environments are the master's.
      'remote/minion': 'master: m\nmaster_key: x\nsaltenv: dev\n',
      'local/minion': `${roots}file_client: local\nsaltenv: deb\n`,
    },
    'etc/master',
    'any/master',
    'remote/minion',
    'local/minion',
  );
  t.is(code, 2);
  t.regex(out, /etc\/master:3:14: 'default_top': there is no environment 'bsae'[^]*did you mean 'base'/);
  t.regex(out, /etc\/master:4:19: 'env_order': there is no environment 'devv'[^]*did you mean 'dev'/);
  t.regex(out, /etc\/master:5:12: 'pillarenv': there is no environment 'prood' of pillar[^]*did you mean 'prod'/);
  t.regex(out, /local\/minion:4:10: 'saltenv': there is no environment 'deb'[^]*did you mean 'dev'/);
  t.is(out.match(/there is no environment/g)?.length, 5, out);
});

test('check: returners that are misspelt or not there, each with its place, its right name, and without its line', async (t) => {
  const master = `reactor_dir: DIR
event_return: mysql
returners:
  webhook: {urll: 'http://me:canary@x/'}
  pager:
    kind: pagr.mjs
  audit: {kind: json_line, file: /x}
`;
  const { code, out } = await check(t, { 'etc/master': master }, 'etc/master');
  t.is(code, 2);
  t.regex(out, /etc\/master:4:13: returner 'webhook': it takes no 'urll'\nhint: did you mean 'url'\?/);
  t.regex(out, /etc\/master:6:11: returner 'pager': there is no file \S*pagr\.mjs/);
  t.regex(out, /etc\/master:7:17: returner 'audit': there is no kind 'json_line'\nhint: did you mean 'json_lines'\?/);
  t.notRegex(out, /canary/);
});

test('check: a returner of the state tree that a master config names, is known; with git, one that is not here may be there', async (t) => {
  const files = { 'states/_returners/pager.ts': 'export default {};\n' };
  const config = 'file_roots: {base: [DIR/states]}\nreturners: {pager: {}, other: {}}\n';
  const alone = await check(t, { ...files, 'etc/master': config }, 'etc/master');
  t.is(alone.code, 2);
  t.regex(
    alone.out,
    /^etc\/master:2:\d+: returner 'other': there is no kind 'other'\nhint: its 'kind' is [^\n]*, pager, /,
  );
  t.notRegex(alone.out, /returner 'pager'/);
  const git = 'fileserver_backend: [git, roots]\ngitfs_remotes: [/srv/states.git]\n';
  const withGit = await check(t, { ...files, 'etc/master': config + git }, 'etc/master');
  t.is(withGit.out, '');
});

test('check: a master config that is no YAML, is told as such, whatever it says of returners', async (t) => {
  const { code, out } = await check(t, { 'etc/master': 'returners: {webhook: [\n' }, 'etc/master');
  t.is(code, 2);
  t.regex(out, /etc\/master:\d:\d+: not YAML/);
});

test('check: sources of pillar that a config names, and what they take, with their place', async (t) => {
  const { code, out } = await check(
    t,
    { 'etc/master': 'timeout: 5\next_pillar:\n  - cmd_yml: inventory %s\n  - file_tree: {root_dir: relative}\n' },
    'etc/master',
  );
  t.is(code, 2);
  t.regex(out, /etc\/master:3:5: there is no ext_pillar 'cmd_yml'[^]*did you mean 'cmd_yaml'/);
  t.regex(out, /etc\/master:4:5: ext_pillar file_tree: 'root_dir': an absolute path/);
});

test('check: pillar files of all minions, those that nobody names, and those that get names from who includes them', async (t) => {
  const { code, out } = await check(
    t,
    {
      'pillar/top.sls': "base:\n  'db*': [a, gone]\n  'x*':\n    - absent\n    - ignore_missing: true\n",
      'pillar/a.sls': 'include:\n  - part: {key: x, defaults: {shell: /bin/sh}}\na: 1\na: 2\n',
      'pillar/part.sls': 'shell: {{shell}}\n',
      'pillar/unused.sls': 'x: [1\n',
    },
    'pillar',
  );
  t.is(code, 2);
  t.regex(out, /^pillar\/top\.sls:2:14: there is no pillar file 'gone'/m);
  t.regex(out, /^pillar\/a\.sls:4:1: /m);
  t.regex(out, /^pillar\/unused\.sls:\d:\d/m);
  t.notRegex(out, /shell|absent/);
});

test('check: several environments that a config names, each tree with its own files and those of the others', async (t) => {
  const files = {
    'etc/master':
      'file_roots: {base: [DIR/states], dev: [DIR/dev]}\npillar_roots: {base: [DIR/data], dev: [DIR/devdata]}\n',
    'states/top.sls': "base:\n  '*': [x]\ndev:\n  '*': [y, z]\n",
    'states/x.sls': 'include:\n  - dev: y\n  - dev: w\nx{{pillar.of}}:\n  test.nop:\n    - require: [{sls: y}]\n',
    'dev/y.sls': '/y:\n  file.managed:\n    - source: salt://y.conf\n    - mode: rw\n',
    'dev/y.conf': '',
    'data/top.sls': "dev:\n  '*': [p]\n",
    'devdata/p.sls': 'of: dev\n',
  };
  const both = await check(t, files, '--config-dir', 'etc', 'states', 'dev');
  t.regex(both.out, /^states\/top\.sls:4:12: there is no state file 'z'[^]*in the environment dev/m);
  t.regex(both.out, /^states\/x\.sls:3:10: there is no state file 'w'/m);
  t.regex(both.out, /^dev\/y\.sls:4:13: 'mode' has to be/m);
  t.is(both.out.match(/'mode' has to be/g)?.length, 1);
  t.is(both.code, 2);
  const alone = await check(t, { ...files, 'states/x.sls': 'x: {test.nop: []}\n' }, 'states');
  t.is(alone.out, '', 'of trees that no config names, other environments are not looked at');
});
