import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as v from 'valibot';
import { main } from '../../cli/main.ts';
import { schemas } from '../../cli/schema.ts';
import { isMap } from '../../lib/json.ts';
import { commonSchemas } from '../../states/engine/common-arguments.ts';
import { builtinStates } from '../../states/registry.ts';
import { blocksOf, pages, root } from '../docs/pages.ts';
import { yamlServer, type LanguageServer } from '../kit/language-server.ts';
import { captured, write } from '../states-engine/kit.ts';

async function tsalt(cwd: string, ...words: string[]) {
  const io = captured(cwd);
  const code = await main(['schema', ...words], io);
  return { code, ...io.printed };
}

/** The settings that the guide shows. */
function settings(): Record<string, unknown> {
  const [block] = blocksOf('docs/guides/editor.md').filter(({ language }) => language === 'json');
  const all = JSON.parse(block?.text ?? '') as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (name.startsWith('yaml.') ? [[name.slice(5), value]] : [])),
  );
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
let editor: LanguageServer;
test.before(async () => {
  await tsalt(directory, '--out', '.schemas');
  editor = await yamlServer(directory, settings());
});
test.after.always(() => {
  editor.stop();
  rmSync(directory, { recursive: true });
});

test('schema: without a name, what there are schemas of', async (t) => {
  const { code, out } = await tsalt(directory);
  t.is(code, 0);
  t.deepEqual(out.match(/^\S+/gm), ['states', 'types', 'plugins', 'top', 'pillar-top', 'reactor', 'master', 'minion']);
});

test('schema: a misspelt name, exit 2 and the nearest one', async (t) => {
  const { code, err } = await tsalt(directory, 'state');
  t.is(code, 2);
  t.regex(err, /there is no schema of 'state'\nhint: did you mean 'states'\?/);
});

test('schema: with --out, a file of each, the same that is printed', async (t) => {
  t.deepEqual(
    readdirSync(path.join(directory, '.schemas')).sort(),
    Object.entries(schemas)
      .map(([name, { file }]) => file ?? `${name}.schema.json`)
      .sort(),
  );
  const { out } = await tsalt(directory, 'minion');
  t.is(readFileSync(path.join(directory, '.schemas/minion.schema.json'), 'utf8'), out);
});

const mistakes: readonly [what: string, file: string, text: string, line: number, underlined: string, said: RegExp][] =
  [
    ['an argument', 'states/a.sls', '/x:\n  file.managed:\n    - contens: y\n', 3, 'contens', /not allowed/],
    [
      'an argument, the short form',
      'states/a.sls',
      '/x:\n  file:\n    - managed\n    - contens: y\n',
      4,
      'contens',
      /not/,
    ],
    ['a state function', 'states/a.sls', '/x:\n  file.manged:\n    - mode: 0644\n', 2, 'file.manged', /not allowed/],
    ['a state function, the short form', 'states/a.sls', '/x:\n  file: [manged]\n', 2, 'manged', /"managed"/],
    ['a state function alone', 'states/a.sls', 'x: test.nopp\n', 1, 'test.nopp', /test\.nop/],
    ['a value', 'states/a.sls', "/x:\n  file.managed:\n    - mode: '9'\n", 3, "'9'", /has to be a mode, such as 0644/],
    ['a requisite', 'states/a.sls', 'x:\n  test.nop:\n    - requires: [y]\n', 3, 'requires', /not allowed/],
    [
      "a requisite's module",
      'states/a.sls',
      'x:\n  test.nop:\n    - require:\n      - fil: y\n',
      4,
      'fil',
      /not allowed/,
    ],
    ['no list', 'states/a.sls', '/x:\n  file.managed:\n    mode: 0644\n', 3, 'mode: 0644', /put '- ' before each/],
    ['a state that is added to', 'states/a.sls', 'extend:\n  x:\n    test.nopp: []\n', 3, 'test.nopp', /not allowed/],
    ['the kind of a target', 'states/top.sls', "base:\n  'web*': [web, {match: globb}]\n", 2, 'globb', /"glob"/],
    ['a target without files', 'pillar/top.sls', 'base:\n  web:\n    a: 1\n', 3, 'a: 1', /array/],
    ['a key of a reaction', 'reactor/a.sls', "a:\n  local.test.ping:\n    - tgtt: '*'\n", 3, 'tgtt', /not allowed/],
    [
      'a function of a reaction',
      'reactor/a.sls',
      "a:\n  local.test.pin:\n    - tgt: '*'\n",
      2,
      'local.test.pin',
      /not/,
    ],
    ['an argument of a wheel', 'reactor/a.sls', 'a:\n  wheel.key.accept:\n    - mach: x\n', 3, 'mach', /not allowed/],
    ['an option of a minion', 'etc/minion', 'id: web1\nmastr: x\n', 2, 'mastr', /not allowed/],
    ['an option of a master', 'etc/master', 'interfce: x\n', 1, 'interfce', /not allowed/],
    ["an option's value", 'etc/minion', 'master_port: 70000\n', 1, '70000', /maximum of 65535/],
    ["an option of Salt's alone", 'etc/minion', 'engines: {}\n', 1, 'engines: {}', /Salt .* no effect/],
  ];
for (const [what, file, text, line, underlined, said] of mistakes) {
  test(`an editor, ${what} that is wrong in ${file}: it is underlined`, async (t) => {
    const [complaint, ...more] = await editor.complaints(file, text);
    t.like(complaint, { line, underlined });
    t.regex(complaint?.message ?? '', said);
    t.deepEqual(more, []);
  });
}

test('an editor, inside the arguments of file.managed: its own are offered, and what every state takes', async (t) => {
  for (const before of ['/x:\n  file.managed:\n    - |', '/x:\n  file:\n    - managed\n    - |']) {
    const offers = await editor.offers('states/a.sls', before);
    for (const name of ['contents', 'mode', 'source', 'require', 'unless']) t.true(offers.includes(name), name);
  }
  t.false((await editor.offers('states/a.sls', '/x:\n  file.absent:\n    - |')).includes('contents'));
});

test('an editor, under an id and under a requisite: functions are offered, and modules', async (t) => {
  t.true((await editor.offers('states/a.sls', '/x:\n  fil|')).includes('file.managed'));
  const modules = await editor.offers('states/a.sls', 'x:\n  test.nop:\n    - require:\n      - |');
  t.true(modules.includes('file') && modules.includes('sls'));
});

test('an editor, over a function and an argument: what they are', async (t) => {
  t.regex(
    await editor.hover('states/a.sls', '/x:\n  file.man|aged: []\n'),
    /A file has this content, owner and mode\./,
  );
  t.regex(await editor.hover('states/a.sls', '/x:\n  file.managed:\n    - mo|de: 0644\n'), /A mode, such as 0644/);
  t.regex(await editor.hover('etc/minion', 'mas|ter: x\n'), /The master's name or address/);
});

test('an editor, a file with all that a state file may have: nothing is wrong', async (t) => {
  const text = `
include: [web, .nginx]
exclude: [old, {id: x}, {sls: 'web.*'}]
extend:
  nginx:
    service:
      - watch: [{file: /etc/nginx.conf}]
  other:
    file.managed: [{mode: 0600}]
bare: test.nop
nothing:
  test.nop:
short:
  pkg: [installed, {pkgs: [a, b]}]
  service:
    - running
    - enable: yes
    - require: [{pkg: short}, bare, {sls: web}, {id: nothing}, {file.managed: /a}]
    - onlyif: [test -e /x, {fun: file.file_exists, args: [/x]}]
    - retry: {attempts: 3, interval: 5}
many:
  file.managed:
    - names:
      - /a
      - /b: [{mode: '0600'}, {contents: b}]
    - mode: '{{pillar.mode}}'
    - user: 0
    - order: last
    - contents: [a, b]
`;
  t.deepEqual(await editor.complaints('states/a.sls', text), []);
  t.deepEqual(
    await editor.complaints('states/top.sls', "base:\n  '*': web\n  'os:Debian':\n    - match: grain\n    - a\n"),
    [],
  );
  t.deepEqual(await editor.complaints('etc/minion', 'id: web1\nmaster: head\ntest: yes\nhosts.file: /x\n'), []);
  const reactor =
    "a:\n  local.ours.own:\n    - tgt: '{{data.id}}'\n    - args: [1, {a: b}]\nb:\n  runner.my.own: [{x: 1}]\n";
  t.deepEqual(await editor.complaints('reactor/a.sls', reactor), []);
});

test('an editor, the examples of every state function and of the guides, and the trees of examples: nothing is wrong', async (t) => {
  const files: [name: string, text: string][] = [];
  for (const name of builtinStates.names) files.push(['states/a.sls', (await builtinStates.load(name)).example]);
  const examples = path.join(root, 'examples');
  for (const entry of readdirSync(examples, { recursive: true })) {
    const name = String(entry);
    if (/\/(?:states|reactor)\/.*\.sls$|\/pillar\/top\.sls$/.test(name))
      files.push([name, readFileSync(path.join(examples, name), 'utf8')]);
  }
  for (const { language, text } of pages('docs/guides').flatMap(blocksOf)) {
    const [, file] =
      /^# (?:\/srv\/tsalt\/|\/etc\/tsalt\/|~\/try\/)((?:states|reactor|etc|master|minion).*)\n/.exec(text) ?? [];
    if (language === 'yaml' && file !== undefined) files.push([file, text]);
  }
  // What a template is, no editor knows.
  const plain = files.filter(([, text]) => !text.includes('{{'));
  t.true(plain.length > 40, `${plain.length}`);
  const told = await Promise.all(plain.map(([name, text]) => editor.complaints(name, text)));
  for (const [index, complaints] of told.entries()) t.deepEqual(complaints, [], plain[index]?.join(':\n'));
});

test('an editor, every state file of examples as it is once rendered: nothing is wrong', async (t) => {
  const examples = path.join(root, 'examples');
  const pillar = path.join(directory, 'example-pillar');
  write(pillar, {
    'top.sls': "base: {'*': [members]}\n",
    'members.sls': 'members: [{id: web1, address: 10.0.0.1}]\nworkers: 2\n',
  });
  let seen = 0;
  for (const example of readdirSync(examples)) {
    const states = path.join(examples, example, 'states');
    for (const file of readdirSync(states)) {
      if (!file.endsWith('.sls') || file === 'top.sls') continue;
      const io = captured(directory);
      const words = ['--config-dir', directory, '--id', 'web1', '--file-root', states, '--pillar-root', pillar];
      const asked = ['state.show_sls', path.basename(file, '.sls'), '--out', 'json'];
      t.is(await main(['call', '--local', ...words, ...asked], io), 0, io.printed.err);
      const { local } = JSON.parse(io.printed.out) as { local: unknown };
      t.deepEqual(await editor.complaints('states/a.sls', JSON.stringify(local)), [], `${example}: ${file}`);
      seen++;
    }
  }
  t.true(seen > 6, `${seen}`);
});

const ownState = `import { alreadyRight, defineState, v } from 'tsalt/plugins';
export default {
  open: defineState({
    summary: 'A gate is open.',
    example: '',
    args: v.strictObject({ name: v.string(), side: v.optional(v.picklist(['left', 'right']), 'left') }),
    reads: [],
    read: () => undefined,
    plan: () => alreadyRight('it is'),
  }),
};
`;
const ownModule = `import { defineFunction, defineModule, v } from 'tsalt/plugins';
export default defineModule({
  side: defineFunction({ summary: 'A side.', args: v.strictObject({ of: v.string() }), sync: true, run: () => 'left' }),
});
`;

/** A directory with a state tree that has code of its own, and a config that names it. */
function withOwnCode(t: ExecutionContext): string {
  const place = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(place, { recursive: true }));
  write(place, {
    'tree/_states/gate.ts': ownState,
    'tree/_states/broken.ts': 'export default 3 +;\n',
    'tree/_modules/gates.ts': ownModule,
    'etc/master': `file_roots: {prod: [${path.join(place, 'tree')}]}\n`,
    'etc/minion': `cachedir: ${path.join(place, 'cache')}\n`,
  });
  return place;
}

test('an editor, with schemas of a tree that has states of its own: they are completed, shown, and underlined', async (t) => {
  const place = withOwnCode(t);
  const { code, err } = await tsalt(place, '--file-root', 'tree', '--config-dir', 'etc', '--out', '.schemas');
  t.is(code, 0);
  t.regex(err, /^warning: states\.broken is left out: \S+tree\/_states\/broken\.ts:1:19: this is not TypeScript/m);
  const own = await yamlServer(place, settings());
  t.teardown(() => own.stop());
  const file = 'states/a.sls';
  t.true((await own.offers(file, '/x:\n  gat|')).includes('gate.open'));
  const offers = await own.offers(file, '/x:\n  gate.open:\n    - |');
  t.true(offers.includes('side') && offers.includes('require'));
  t.regex(await own.hover(file, '/x:\n  gate.op|en: []\n'), /A gate is open\./);
  t.deepEqual(await own.complaints(file, 'x:\n  gate.open: [{side: right}, {require: [{gate: b}]}]\n'), []);
  const [wrong] = await own.complaints(file, 'x:\n  gate.open:\n    - sde: right\n');
  t.like(wrong, { line: 3, underlined: 'sde' });
  t.is((await editor.complaints(file, 'x:\n  gate.open: []\n')).length, 1, 'without the tree, nobody knows it');
  const [reaction] = await own.complaints(
    'reactor/a.sls',
    "a:\n  local.gates.side:\n    - tgt: '*'\n    - args: [{off: x}]\n",
  );
  t.like(reaction, { line: 4, underlined: 'off' });
});

test('schema: without a tree, those of the configs are known, and their types', async (t) => {
  const place = withOwnCode(t);
  const { out, err, code } = await tsalt(place, 'types', '--config-dir', 'etc');
  t.is(code, 0);
  t.regex(err, /states\.broken is left out/);
  t.regex(out, /interface GateOpen extends EveryState \{[^}]*readonly side\?: "left" \| "right";/);
  t.regex(out, /SaltFunction =[^;]*'gates\.side'/);
  const bare = await tsalt(place, 'types', '--file-root', 'elsewhere', '--config-dir', 'etc');
  t.false(bare.out.includes('GateOpen'));
  t.is(bare.err, '');
});

/** Things that an argument may be given. */
const samples: readonly unknown[] = [
  null,
  true,
  false,
  0,
  7,
  -1,
  1.5,
  '',
  'a',
  '/a',
  '0644',
  'keep',
  'first',
  '022',
  [],
  ['a'],
  ['/a', '/b'],
  [1],
  [{ a: 1 }],
  {},
  { a: 'b' },
  { fun: 'test.ping' },
  { attempts: 2 },
];

test('an editor, whatever an argument of a state takes: nothing is wrong; what is of another kind, is', async (t) => {
  let taken = '';
  const refused: string[] = [];
  const add = (fun: string, name: string, schema: v.GenericSchema) => {
    const takesMaps = [{}, { a: 'b' }].some((map) => v.safeParse(schema, map).success);
    for (const sample of samples) {
      // A list is a map to valibot.
      if (takesMaps && Array.isArray(sample)) continue;
      const { success, issues = [] } = v.safeParse(schema, sample);
      const line = `"${fun} ${name} ${samples.indexOf(sample)}": {${fun}: [{${name}: ${JSON.stringify(sample)}}]}\n`;
      if (success) taken += line;
      // What a text or a number may be is often more than JSON Schema can say.
      else if (typeof sample === 'object' && issues.every(({ kind }) => kind === 'schema')) refused.push(line);
    }
  };
  for (const fun of builtinStates.names) {
    const { args, keywords } = await builtinStates.load(fun);
    for (const [name, schema] of Object.entries(args.entries))
      if (name !== keywords) add(fun, name, schema as v.GenericSchema);
  }
  for (const [name, { schema }] of Object.entries(commonSchemas)) add('host.absent', name, schema);
  t.deepEqual(await editor.complaints('states/a.sls', taken), []);
  const complaints = await editor.complaints('states/a.sls', refused.join(''));
  const lines = new Set(complaints.map(({ line }) => line));
  t.deepEqual(
    refused.filter((_, index) => !lines.has(index + 1)),
    [],
  );
});

test('an editor, the arguments of every valid fixture: nothing is wrong', async (t) => {
  const folder = path.join(root, 'test/fixtures/states');
  const { loadYaml } = await import('../../lib/yaml/load.ts');
  let text = '';
  for (const file of readdirSync(folder)) {
    const fun = path.basename(file, '.yaml');
    const { data } = loadYaml(readFileSync(path.join(folder, file), 'utf8'), file);
    for (const [index, one] of Object.values(isMap(data) ? data : {}).entries()) {
      if (!isMap(one) || !isMap(one['args'])) continue;
      const { args, keywords = '' } = await builtinStates.load(fun);
      if (!v.safeParse(args, { name: '/x', ...one['args'] }).success) continue;
      const { [keywords]: others, ...listed } = one['args'];
      const given = { ...listed, ...(isMap(others) && others) };
      text += `"${fun} ${index}": {${fun}: ${JSON.stringify(Object.entries(given).map(([name, value]) => ({ [name]: value })))}}\n`;
    }
  }
  t.true(text.split('\n').length > 50);
  t.deepEqual(await editor.complaints('states/a.sls', text), []);
});
