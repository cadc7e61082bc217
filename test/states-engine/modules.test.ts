import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { TsaltError } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import { compileHighstate, compileSls, type Compiled } from '../../states/engine/compile.ts';
import { onlyEnvironment } from '../../states/engine/environments.ts';
import { renderYaml, type RenderContext } from '../../states/engine/render.ts';
import type { Tree } from '../../states/engine/tree.ts';
import { builtinStates as registry } from '../../states/registry.ts';
import { run, treeOf, write } from './kit.ts';

const context: RenderContext = {
  id: 'web1',
  grains: { os: 'Debian', nested: { list: [1, 2] } },
  pillar: { web: { port: 8080, name: 'x' } },
  opts: {},
  saltenv: 'base',
};

async function compiled(files: Readonly<Record<string, string>>, name = 'a', later = false): Promise<Compiled> {
  return compileSls([name], { environments: onlyEnvironment(treeOf(files, later)), context, registry });
}

/** The messages of all that is wrong with a state file. */
async function complaints(source: string, more: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { errors } = await compiled({ 'a.sls': source, ...more });
  return errors.map(({ message }) => message);
}

const chunksOf = ({ chunks, errors }: Compiled) => {
  if (errors[0]) throw errors[0];
  return chunks.map(({ tag, args, order, requisites, sls }) => ({
    tag,
    args,
    order,
    sls: sls.name,
    requisites: requisites.map(({ kind, target }) => ({ kind, target })),
  }));
};

const typed = `#!ts
import { port, type Port } from './lib/port.ts';
import path from 'node:path';

interface Site { readonly name: string }
const sites: readonly Site[] = [{ name: 'one' }, { name: 'two' }];

export default async ({ grains, id, sls, tpldir }: Record<string, any>) => ({
  include: ['other'],
  ...Object.fromEntries(sites.map(({ name }) => [
    path.join('/srv', name),
    { 'file.managed': { contents: \`\${id} \${grains.os} \${port satisfies Port} \${sls} \${tpldir}\`, mode: '0644' } },
  ])),
  last: { 'test.nop': [{ require: [{ file: '/srv/one' }] }] },
});
`;
const yaml = `include: [other]
/srv/one:
  file.managed:
    - contents: web1 Debian 80 a .
    - mode: '0644'
/srv/two:
  file.managed:
    - contents: web1 Debian 80 a .
    - mode: '0644'
last:
  test.nop:
    - require: [file: /srv/one]
`;
const around = { 'other.sls': 'x: test.nop\n', 'lib/port.ts': 'export type Port = number;\nexport const port = 80;\n' };

test('#!ts: the same states as YAML, with imports of the tree and of Node, of files at hand or that come later', async (t) => {
  const expected = chunksOf(await compiled({ 'a.sls': yaml, ...around }));
  t.is(expected.length, 4);
  for (const later of [false, true])
    t.deepEqual(chunksOf(await compiled({ 'a.sls': typed, ...around }, 'a', later)), expected);
});

test('#!js: plain data as default export, and .js and .mjs that import each other in a circle', async (t) => {
  const made = await compiled(
    {
      'web/init.sls': "#!js\nexport { default } from './states.mjs';\n",
      'web/states.mjs':
        "import { one } from '../lib.js';\nexport const two = 'two';\nexport default { [one()]: 'test.nop' };\n",
      'lib.js': "import { two } from './web/states.mjs';\nexport const one = () => two;\n",
    },
    'web',
  );
  t.deepEqual(
    chunksOf(made).map(({ tag }) => tag),
    ['test_|-two_|-two_|-nop'],
  );
});

const name = fc.stringMatching(/^[a-z][a-z0-9 _/'"-]{0,8}$/);
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const args = fc.record(
  {
    contents: fc.string(),
    mode: fc.constantFrom('0644', '0600'),
    makedirs: fc.boolean(),
    defaults: fc.dictionary(name, scalar, { maxKeys: 3 }),
    require: fc.constant([{ test: 'first' }]),
    order: fc.integer({ min: 1, max: 50 }),
  },
  { requiredKeys: ['contents'] },
);

test('whatever states say, as YAML, as #!ts with lists and with maps they compile to the same chunks', async (t) => {
  const states = fc.uniqueArray(fc.tuple(name, args), { minLength: 1, maxLength: 4, selector: ([id]) => id });
  await fc.assert(
    fc.asyncProperty(states, async (all) => {
      const body = (shape: (given: object) => unknown): JsonMap =>
        Object.fromEntries([
          ['first', { 'test.nop': [] }],
          ...all.map(([id, given]) => [`/${id}`, { 'file.managed': shape(given) }]),
        ]);
      const list = body((given) => Object.entries(given).map(([key, value]) => ({ [key]: value as unknown })));
      const map = body((given) => given);
      const expected = chunksOf(
        await compiled({ 'a.sls': `#!json\n${JSON.stringify(list)}`.replace('#!json\n', '#!yaml\n') }),
      );
      for (const data of [list, map]) {
        const source = `#!ts\nconst states: Record<string, object> = ${JSON.stringify(data)};\nexport default () => states;\n`;
        t.deepEqual(chunksOf(await compiled({ 'a.sls': source })), expected);
      }
    }),
    { numRuns: 30 },
  );
});

test('a top file may be a module, too', async (t) => {
  const tree = treeOf({
    'top.sls':
      '#!ts\nexport default ({ grains }: { grains: { os: string } }) => ({ base: { [`os:${grains.os}`]: [{ match: "grain" }, "a"] } });\n',
    'a.sls': '#!ts\nexport default { x: "test.nop" };\n',
  });
  const high = await compileHighstate({ environments: onlyEnvironment(tree), context, registry });
  t.deepEqual(
    chunksOf(high).map(({ tag }) => tag),
    ['test_|-x_|-x_|-nop'],
  );
});

const mistakes: readonly [what: string, source: string, said: RegExp, more?: Readonly<Record<string, string>>][] = [
  [
    'TypeScript that is none',
    '#!ts\nconst é: number = ;\n',
    /^salt:\/\/a\.sls:2:19: this is not TypeScript: Expression expected\n2 \| const é: number = ;\n/,
  ],
  [
    'JavaScript that is none',
    '#!js\nconst a = ;\n',
    /^salt:\/\/a\.sls:2:11: this is not JavaScript: Unexpected token\n2 \| const a = ;\n/,
  ],
  [
    'what has to be compiled',
    '#!ts\nenum A { b }\n',
    /^salt:\/\/a\.sls:2:1: TypeScript's enum can't be used here: types are taken away/,
  ],
  [
    'a mistake in an imported file',
    "#!ts\nimport './b.ts';\n",
    /^salt:\/\/b\.ts:1:7: this is not TypeScript/,
    { 'b.ts': 'const = 1;\n' },
  ],
  [
    'what it throws',
    '#!ts\nexport default (x: any) => {\n  return x.y.z;\n};\n',
    /^salt:\/\/a\.sls:3:14: this failed: TypeError: Cannot read properties of undefined \(reading 'z'\)\n3 \|   return x\.y\.z;\n/,
  ],
  [
    'what an imported file throws',
    "#!ts\nimport { f } from './b.ts';\nexport default () => f();\n",
    /^salt:\/\/b\.ts:2:9: this failed: no\n/,
    { 'b.ts': "export function f(): never {\n  throw new Error('no');\n}\n" },
  ],
  [
    'what is thrown and no error',
    "#!js\nexport default () => { throw 'x'; };\n",
    /^salt:\/\/a\.sls:2:1: this failed: it threw the text "x"/,
  ],
  [
    'no default export',
    '#!ts\nexport const states = {};\n',
    /^salt:\/\/a\.sls:1:1: the default export has to be a function that returns data, or data, not missing/,
  ],
  [
    'a default export of the wrong kind',
    '#!ts\nexport default 7;\n',
    /^salt:\/\/a\.sls:2:1: a state file has to be a map, not a number/,
  ],
  [
    'nothing returned',
    '#!ts\nexport default () => {};\n',
    /^salt:\/\/a\.sls:2:1: what it returns has to be data, not undefined/,
  ],
  [
    'a function in it',
    "#!ts\nexport default {\n  x: { 'test.nop': [{ name: () => 1 }] },\n};\n",
    /^salt:\/\/a\.sls:3:23: what it returns has to be data, not the function name/,
  ],
  [
    'a date in it',
    "#!ts\nexport default {\n  x: { 'file.managed': { mtime: new Date(0) } },\n};\n",
    /^salt:\/\/a\.sls:3:26: .* not a Date\n/,
  ],
  [
    'undefined in it',
    "#!ts\nexport default {\n  x: { 'file.managed': { mode: undefined } },\n};\n",
    /^salt:\/\/a\.sls:3:26: .* not undefined\n.*\n.*\nhint: leave the entry out, or say null$/,
  ],
  [
    'what holds itself',
    '#!js\nconst a = {};\na.x = a;\nexport default a;\n',
    /^salt:\/\/a\.sls:4:1: .* not something that holds itself\n.*\n.*\nin what it makes: x$/,
  ],
  [
    'an object of a class',
    '#!js\nclass File {}\nexport default { x: new File() };\n',
    /^salt:\/\/a\.sls:3:18: .* not a File\n/,
  ],
  ['a promise that nobody awaited', '#!js\nexport default { x: Promise.resolve(1) };\n', /not a promise: await it/],
  [
    'a module that is not there',
    "#!ts\nimport { x } from './lib/prot.ts';\n",
    /^salt:\/\/a\.sls:2:19: there is no module '\.\/lib\/prot\.ts'\n.*\n.*\nhint: there is salt:\/\/lib\/port\.ts$/,
    around,
  ],
  [
    'a package',
    "#!ts\nimport _ from 'lodash';\n",
    /^salt:\/\/a\.sls:2:15: there is no module 'lodash'\n.*\n.*\nhint: there are those of Node/,
  ],
  [
    'a way out of the tree',
    "#!ts\nimport x from '../../etc/passwd';\n",
    /^salt:\/\/a\.sls:2:15: '\.\.\/\.\.\/etc\/passwd' leads out of the tree/,
  ],
  [
    'a file of another kind',
    "#!ts\nimport x from './other.sls';\n",
    /^salt:\/\/a\.sls:2:15: '\.\/other\.sls' is no module/,
    around,
  ],
  [
    'a name that is not exported',
    "#!ts\nimport { prot } from './lib/port.ts';\n",
    /^salt:\/\/a\.sls:2:10: '\.\/lib\/port\.ts' exports no 'prot'\n.*\n.*\nhint: did you mean 'port'\?$/,
    around,
  ],
  [
    'a type imported as a value',
    "#!ts\nimport { Port } from './lib/port.ts';\n",
    /exports no 'Port'\n.*\n.*\nhint: it is a type: import type \{ Port \} from '\.\/lib\/port\.ts'$/,
    around,
  ],
  [
    'a type of tsalt imported as a value',
    "#!ts\nimport { States } from 'tsalt/states';\n",
    /hint: it is a type: import type \{ States \} from 'tsalt\/states'$/,
  ],
  [
    'a name that Node does not export',
    "#!js\nimport { readFilSync } from 'node:fs';\n",
    /^salt:\/\/a\.sls:2:10: 'node:fs' exports no 'readFilSync'\n.*\n.*\nhint: did you mean 'readFileSync'\?$/,
  ],
  [
    'import() of a file',
    "#!js\nexport default async () => await import('./other.js');\n",
    /^salt:\/\/a\.sls:2:34: import\(\) takes the quoted name of a module of Node here, not '\.\/other\.js'/,
  ],
  [
    'a pillar key that is not there',
    "#!ts\nexport default ({ fromPillar }: any) => ({\n  x: { 'test.nop': { name: fromPillar('web:prot') } },\n});\n",
    /^salt:\/\/a\.sls:3:28: 'pillar:web:prot' is not defined\n.*\n.*\nhint: did you mean 'port'\?$/,
  ],
  [
    'a pillar value of another kind',
    "#!ts\nexport default ({ fromPillar }: any) => fromPillar('web:name', 80);\n",
    /^salt:\/\/a\.sls:2:41: 'pillar:web:name' has to be a number, not text\n/,
  ],
  [
    'a change to what all share',
    '#!ts\nexport default ({ pillar }: any) => {\n  pillar.web.port = 1;\n};\n',
    /^salt:\/\/a\.sls:3:\d+: this failed: TypeError: Cannot assign to read only property/,
  ],
  [
    'an unknown argument',
    "#!ts\nexport default {\n  '/x': { 'file.managed': { usr: 'y' } },\n};\n",
    /^salt:\/\/a\.sls:3:29: file\.managed has no argument 'usr'\n.*\n.*\nhint: did you mean 'user'\?$/,
  ],
  [
    'an argument in an imported file',
    "#!ts\nexport { default } from './b.ts';\n",
    /^salt:\/\/b\.ts:1:42: file\.managed has no argument 'usr'/,
    {
      'b.ts': "export default { '/x': { 'file.managed': { usr: 'y' } } };\n"
        .replace("'/x': ", "'/x':")
        .replace('{ usr', '{usr'),
    },
  ],
  [
    'an argument under an id that is computed',
    "#!ts\nconst id: string = ['/', 'x'].join('');\nexport default {\n  [id]: { 'file.managed': { usr: 'y' } },\n};\n",
    /^salt:\/\/a\.sls:4:29: file\.managed has no argument 'usr'/,
  ],
  [
    'an argument of states that are computed',
    "#!ts\nexport default Object.fromEntries(['/x'].map((id) => [id, { 'file.managed': { usr: id } }]));\n",
    /^salt:\/\/a\.sls:2:1: file\.managed has no argument 'usr'\n.*\n.*\nin what it makes: \/x > file\.managed > usr\nhint: did you mean 'user'\?$/,
  ],
  [
    'a source that is not there',
    "#!ts\nexport default {\n  '/x': { 'file.managed': { source: 'salt://othr.sls' } },\n};\n",
    /^salt:\/\/a\.sls:3:37: there is no file salt:\/\/othr\.sls/,
    around,
  ],
];
for (const [what, source, said, more] of mistakes) {
  test(`a module with ${what}: told with its place`, async (t) => {
    const [first = '', ...others] = await complaints(source, more);
    t.regex(first, said);
    t.deepEqual(others, []);
  });
}

test('all mistakes of a module are told at once', async (t) => {
  t.is((await complaints("#!js\nexport default { a: undefined, b: () => 1, c: { d: [Symbol('x')] } };\n")).length, 3);
  t.is(
    (await complaints("#!ts\nimport a from 'x';\nimport b from './y.ts';\nimport { c } from 'node:fs';\n")).length,
    3,
  );
  t.is(
    (await complaints("#!ts\nexport default { a: { 'test.nop': { foo: 1 } }, b: { 'test.noop': {} } };\n")).length,
    2,
  );
});

test('what a module is given: all that templates see, lookups with defaults, files of the tree', async (t) => {
  const source = `#!js
export default async ({ fromPillar, fromGrains, file, pillar, ...rest }) => ({
  port: fromPillar('web:port'), other: fromPillar('web:no', 5), second: fromGrains('nested:list:1'), web: fromPillar('web', {}),
  text: await file('./note.txt'), far: await file('top/note.txt'), all: rest.grains, born: 'constructor' in pillar,
  names: Object.keys(rest).sort(),
});
`;
  const files: Tree = treeOf({ 'web/note.txt': 'near', 'top/note.txt': 'far' }, true);
  const { data } = await renderYaml(Buffer.from(source), { path: 'web/init.sls', sls: 'web' }, context, files);
  t.deepEqual(JSON.parse(JSON.stringify(data)), {
    port: 8080,
    other: 5,
    second: 2,
    web: { port: 8080, name: 'x' },
    text: 'near',
    far: 'far',
    all: context.grains,
    born: false,
    names: [
      'env',
      'grains',
      'id',
      'opts',
      'saltenv',
      'salt',
      'sls',
      'slspath',
      'tpldir',
      'tpldot',
      'tplfile',
      'tplpath',
    ].sort(),
  });
});

test('a module is run once for a process, and its function for each rendering; one that failed is run again', async (t) => {
  const count = globalThis as { moduleRuns?: number };
  count.moduleRuns = 0;
  const source = '#!js\nglobalThis.moduleRuns++;\nlet n = 0;\nexport default () => ({ n: ++n });\n';
  const render = (text: string, path = 'a.sls') =>
    renderYaml(Buffer.from(text), { path, sls: 'a' }, context, treeOf({}));
  t.deepEqual({ ...((await render(source)).data as object) }, { n: 1 });
  t.deepEqual({ ...((await render(source)).data as object) }, { n: 2 });
  t.is(count.moduleRuns, 1);
  const failing = "#!js\nif (++globalThis.moduleRuns < 3) throw new Error('too early');\nexport default {};\n";
  await t.throwsAsync(render(failing), {
    instanceOf: TsaltError,
    message: /^salt:\/\/a\.sls:2:\d+: this failed: too early/,
  });
  await t.notThrowsAsync(render(failing));
});

test('state.apply: a typed tree is applied and execution functions are called', async (t) => {
  const directory = fresh(t);
  const target = path.join(directory, 'out');
  write(directory, {
    'states/a.sls': `#!ts
export default ({ salt, fromPillar }: any) => ({
  ${JSON.stringify(target)}: { 'file.managed': { contents: salt('test.echo', ['hi']) + fromPillar('x') } },
});
`,
    'states/b.sls': "#!ts\nexport default ({ salt }: any) => ({ x: salt('test.ech', ['hi']) });\n",
    'pillar/top.sls': "#!ts\nexport default { base: { '*': ['p'] } };\n",
    'pillar/p.sls': '#!js\nexport default { x: 1 };\n',
  });
  const states = path.join(directory, 'states');
  const { out, code, err } = await run(directory, states, ['state.apply', 'a']);
  t.is(code, 0, err);
  t.regex(out, /\+?hi1|New file/);
  const failed = await run(directory, states, ['state.apply', 'b']);
  t.is(failed.code, 2);
  t.regex(failed.out, /b\.sls:2:41: .*test\.ech/);
});

test('a module that waits for what can no longer come is an error, and no silent end; what was written for it is gone', async (t) => {
  const directory = fresh(t);
  const [states, temporary] = [path.join(directory, 'states'), path.join(directory, 'tmp')];
  mkdirSync(temporary);
  write(states, {
    'a.sls': '#!js\nexport default () => new Promise(() => {});\n',
    'b.sls': '#!js\nawait new Promise(() => {});\n',
  });
  const tsalt = path.resolve(import.meta.dirname, '..', '..', '..', 'bin', 'tsalt.cjs');
  const outcome = await new Promise<{ code: unknown; out: string }>((resolve) => {
    const options = { env: { ...process.env, TMPDIR: temporary } };
    execFile(process.execPath, [tsalt, 'check', states], options, (error, out) => resolve({ code: error?.code, out }));
  });
  t.is(outcome.code, 2);
  t.deepEqual(outcome.out.match(/^.*this never ends.*$/gm), [
    `${states}/a.sls:2:1: this never ends: what it waits for can no longer come`,
    `${states}/b.sls:1:1: this never ends: what it waits for can no longer come`,
  ]);
  t.deepEqual(readdirSync(temporary), []);
});

function fresh(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}
