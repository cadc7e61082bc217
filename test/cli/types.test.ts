import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { main } from '../../cli/main.ts';
import { loadYaml } from '../../lib/yaml/load.ts';
import { builtinStates } from '../../states/registry.ts';
import { blocksOf } from '../docs/pages.ts';
import { typescriptServer, type LanguageServer } from '../kit/language-server.ts';
import { captured, write } from '../states-engine/kit.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-types-'));
const tsconfig = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2023',
    types: [],
    skipLibCheck: false,
    allowImportingTsExtensions: true,
  },
  include: ['**/*.ts'],
};
let editor: LanguageServer;
test.before(async () => {
  write(directory, { 'tsconfig.json': JSON.stringify(tsconfig), 'package.json': '{"type": "module"}' });
  await main(['schema', 'types', '--out', '.'], captured(directory));
  editor = await typescriptServer(directory);
});
test.after.always(() => {
  editor.stop();
  rmSync(directory, { recursive: true });
});

const tsc = path.resolve(import.meta.dirname, '..', '..', '..', 'node_modules', 'typescript', 'bin', 'tsc');

/** What the compiler says of a project with these files. */
async function compiled(name: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  const project = path.join(directory, name);
  const types = readFileSync(path.join(directory, 'tsalt-states.d.ts'));
  write(project, { 'tsconfig.json': JSON.stringify(tsconfig), 'tsalt-states.d.ts': types, ...files });
  const out = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: project }, (_, printed) =>
      resolve(printed),
    );
  });
  return out.split('\n').filter((line) => line !== '');
}

const right = `#!ts
import { defineStates, type Context, type States, type Pillar, type Top } from 'tsalt/states';

interface Site { readonly name: string; readonly port: number }

export default async ({ grains, pillar, fromPillar, salt, file }: Context<{ sites: readonly Site[] }>): Promise<States> => {
  const sites = pillar.sites.map(({ name, port }): [string, States[string]] => [
    \`/srv/\${name}\`,
    { 'file.managed': { contents: \`\${port}\`, mode: '0644', require: [{ pkg: 'nginx' }, 'other'], unless: 'test -e /x' } },
  ]);
  const extend: States['extend'] = { '/etc/motd': { 'file.managed': { user: 'root' } }, y: { 'test.nop': [], file: [{ mode: '0644' }] } };
  return {
    include: ['base', '.more'],
    extend,
    exclude: ['old', { id: 'x' }],
    nginx: { 'pkg.installed': {}, 'service.running': { enable: true, watch: [{ file: '/etc/motd' }] } },
    list: { 'file.managed': [{ name: '/x' }, { contents: await file('./x.txt') }, { mode: '0600' }] },
    short: { file: ['managed', { contents: 'x' }] },
    alone: 'test.nop',
    ran: { 'cmd.run': { name: salt<string>('test.echo', ['date']), onlyif: ['true'], timeout: fromPillar('web:timeout', 5) } },
    ...Object.fromEntries(sites),
    ...(grains.os === 'Debian' ? { debian: 'test.nop' } : {}),
  };
};
export const plain = defineStates({ x: { 'test.nop': {} } });
export const pillar: Pillar = { include: ['x'], web: { port: 80, names: ['a'] } };
export const top: Top = { base: { '*': ['web', { match: 'glob' }] } };
`;

test('types: a right file passes the compiler, and the types do', async (t) => {
  t.deepEqual(await compiled('right', { 'web.ts': right }), []);
});

const wrong: readonly [what: string, states: string, said: RegExp][] = [
  [
    'an argument',
    "'/x': {\n    'file.managed': {\n      contens: 'y',\n    },\n  },",
    /^web\.ts\(7,7\): .*'contens' does not exist/,
  ],
  [
    'an argument in a list',
    "'/x': { 'file.managed': [\n    { mode: '0644' },\n    { usr: 'y' },\n  ] },",
    /^web\.ts\(7,7\): .*'usr' does not exist.*Did you mean to write 'user'/,
  ],
  [
    'a function',
    "'/x': {\n    'file.manged': { mode: '0644' },\n  },",
    /^web\.ts\(6,5\): .*'file\.manged'' does not exist/,
  ],
  ['the kind of a value', "'/x': { 'file.managed': {\n    makedirs: 'yes',\n  } },", /^web\.ts\(\d,\d+\): /],
  ['a word of several', "x: { 'service.running': {\n    enable: 1,\n  } },", /^web\.ts\(\d,\d+\): /],
  [
    'a mode as a number, which would be decimal',
    "'/x': { 'file.managed': {\n    mode: 0o644,\n  } },",
    /^web\.ts\(\d,\d+\): /,
  ],
  ['a requisite', "x: { 'test.nop': {\n    requires: [],\n  } },", /^web\.ts\(6,5\): .*'requires' does not exist/],
];
for (const [what, states, said] of wrong) {
  test(`types: ${what} that is wrong is an error of the compiler at its line`, async (t) => {
    const source = `#!ts\nimport type { Context, States } from 'tsalt/states';\n\nexport default ({ id }: Context): States => ({\n  ${states}\n});\n`;
    const [first = '', ...more] = await compiled(`wrong-${what}`, { 'web.ts': source });
    t.regex(first, said);
    t.deepEqual(
      more.filter((line) => !line.startsWith(' ')),
      [],
    );
  });
}

test("types: what the guide shows passes the compiler with the guide's tsconfig.json", async (t) => {
  const blocks = blocksOf('docs/guides/typed-states.md');
  const [config] = blocks.filter(({ language }) => language === 'json');
  const files: Record<string, string> = { 'tsconfig.json': config?.text ?? '' };
  for (const { text } of blocks) {
    const [, name] = /^(?:#!ts\n)?\/\/ \/srv\/tsalt\/states\/(\S+)\n/.exec(text) ?? [];
    if (name !== undefined) files[name.replace(/sls$/, 'ts')] = text;
  }
  t.deepEqual(Object.keys(files), ['tsconfig.json', 'sites.ts', 'sites/config.ts']);
  t.deepEqual(await compiled('guide', files), []);
});

const head = `#!ts
/// <reference path="../../tsalt-states.d.ts" />
import type { Context, States } from 'tsalt/states';

`;

test('types: an editor offers functions, arguments, words and what a file is given in an .sls file, too', async (t) => {
  const offers = (text: string) => editor.offers('states/web.sls', `${head}${text}`);
  const functions = await offers("export default { '/x': { '|' } } satisfies States;\n");
  for (const name of ['file.managed', 'pkg.installed', 'service.running'])
    t.true(
      functions.some((one) => one.includes(name)),
      name,
    );
  const options = await offers("export default (): States => ({ '/x': { 'file.managed': { | } } });\n");
  for (const name of ['contents', 'mode', 'source', 'require', 'unless'])
    t.true(
      options.some((one) => one.startsWith(name)),
      name,
    );
  const given = await offers('export default ({ | }: Context): States => ({});\n');
  for (const name of ['grains', 'pillar', 'fromPillar', 'salt'])
    t.true(
      given.some((one) => one.startsWith(name)),
      name,
    );
  t.regex(
    await editor.hover(
      'states/web.sls',
      `${head}export default { '/x': { 'file.managed': { mo|de: '0644' } } } satisfies States;\n`,
    ),
    /such as 0644/,
  );
});

test('types: an editor underlines a misspelt argument in an .sls file', async (t) => {
  const text = `${head}export default ({ id }: Context): States => ({\n  '/x': { 'file.managed': { usr: id } },\n});\n`;
  const [complaint, ...more] = await editor.complaints('states/web.sls', text);
  t.deepEqual([complaint?.line, complaint?.underlined, more], [6, 'usr', []]);
  t.regex(complaint?.message ?? '', /'usr' does not exist in type/);
});

test("types: every state function's example is one that the types take", async (t) => {
  const files: string[] = [];
  for (const name of builtinStates.names) {
    const { example } = await builtinStates.load(name);
    const { data, errors } = loadYaml(example.includes('{{') ? '{}' : example, name);
    if (errors.length === 0) files.push(`export const _${files.length}: States = ${JSON.stringify(data)}; // ${name}`);
  }
  t.true(files.length > 150);
  const source = `import type { States } from 'tsalt/states';\n${files.join('\n')}\n`;
  const lines = source.split('\n');
  const complaints = (await compiled('examples', { 'web.ts': source })).filter((line) => !line.startsWith(' '));
  t.deepEqual(
    complaints.map((line) => `${lines[Number(/\((\d+)/.exec(line)?.[1]) - 1]} ${line}`),
    [],
  );
});
