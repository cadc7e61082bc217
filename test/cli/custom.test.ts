import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../cli/main.ts';
import { minionKindNames } from '../../lib/custom/names.ts';
import type { JsonMap } from '../../lib/json.ts';
import { blocksOf } from '../docs/pages.ts';
import { captured, run, write } from '../states-engine/kit.ts';

function place(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, files);
  return directory;
}

const state = `import { alreadyRight, defineState, v } from 'tsalt/plugins';
export default {
  there: defineState({
    summary: 'It is there.',
    example: '',
    args: v.strictObject({ name: v.string(), size: v.optional(v.number('a number of bytes'), 1) }),
    reads: [],
    read: ({ size }: { size: number }) => {
      if (size > 10) throw new Error('too large');
      return size;
    },
    plan: ({ name }) => alreadyRight(name),
  }),
};
`;

test('check: states of the tree itself are known, and what is wrong with their arguments is told as of any', async (t) => {
  const directory = place(t, {
    'states/_states/thing.ts': state,
    'states/good.sls': 'x:\n  thing.there:\n    - size: 3\n',
    'states/bad.sls': 'y:\n  thing.there:\n    - sice: 3\nz:\n  thing.thers: []\nw:\n  thing.there:\n    - size: big\n',
  });
  const io = captured(directory);
  t.is(await main(['check', '--config-dir', '.', 'states/good.sls'], io), 0, io.printed.out);
  t.is(await main(['check', '--config-dir', '.', 'states'], io), 2);
  const told = io.printed.out.replaceAll(`${directory}/`, '');
  t.regex(told, /bad\.sls:3:7: thing\.there has no argument 'sice'\n[^]*did you mean 'size'/);
  t.regex(told, /bad\.sls:5:3: state module 'thing' has no function 'thers'[^]*did you mean 'there'/);
  t.regex(told, /bad\.sls:8:13: 'size' has to be a number of bytes, not the text "big"/);
  t.notRegex(told, /good\.sls/);
});

test('check: code of every kind that is broken is told of with its place, and what is sound is not', async (t) => {
  const directory = place(t, {
    'states/_modules/a.ts': "import { defineModul } from 'tsalt/plugins';\nexport default 1;\n",
    'states/_modules/b.mjs': "import { defineModule } from 'tsalt/plugin';\nexport default 1;\n",
    'states/_states/c.mjs': 'export default { there: {} };\n',
    'states/_grains/d.js': 'export default 3;\n',
    'states/_beacons/e.mjs': 'export default { summary: "x", parameters: {}, start() {} };\n',
    'states/_runners/f.mjs': 'export default { x: { summary: "x", takes: "y", run() {} } };\n',
    'states/_runners/g.mjs': 'export default { x: { summary: "x", takes: [], run() {} } };\n',
    'states/_returners/f.mjs': 'export default { summary: "x", setings: 1, open() {} };\n',
    'states/_modules/h.mjs': 'export default { functions: {} };\n',
    'states/_modules/h.ts': 'export default { functions: {} };\n',
    'states/_modules/with-dash.mjs': 'export default { functions: {} };\n',
    'states/_modules/_only_imported.mjs': 'export default 3;\n',
    'states/_utils/any.mjs': 'export default 3;\n',
  });
  const io = captured(directory);
  t.is(await main(['check', '--config-dir', '.', 'states'], io), 2);
  const told = io.printed.out.replaceAll(`${directory}/states/`, '');
  for (const expected of [
    /_modules\/a\.ts:1:10: 'tsalt\/plugins' exports no 'defineModul'[^]*did you mean 'defineModule'/,
    /_modules\/b\.mjs:1:30: there is no module 'tsalt\/plugin'[^]*did you mean 'tsalt\/plugins'/,
    /_states\/c\.mjs:1:18: 'there\.summary' is missing/,
    /_states\/c\.mjs:1:18: 'there\.plan' is missing: a function: plan\(args, facts\)/,
    /_grains\/d\.js:1:1: the default export has to be a function that gives grains: .*, not 3/,
    /_beacons\/e\.mjs:1:44: 'parameters' has to be a schema of what it takes: v\.strictObject\(\{ \.\.\. \}\), not a map/,
    /_runners\/f\.mjs:1:44: 'takes' has to be a list of the names of its arguments, which may be empty, not the text "y"/,
    /_returners\/f\.mjs:1:32: there is no part 'setings'\n[^]*did you mean 'settings'/,
    /_modules\/h\.ts:1:1: there is _modules\/h\.mjs as well: one of them has to go/,
    /_modules\/with-dash\.mjs:1:1: 'with-dash' is no name of a module/,
  ])
    t.regex(told, expected);
  t.notRegex(told, /_only_imported|_utils|_runners\/g/);
});

test('call --local: code of the directories runs as it is there, and an error of it has its place', async (t) => {
  const directory = place(t, {
    'states/_states/thing.ts': state,
    'states/_grains/rack.ts': 'export default () => ({ rack: "r1" });\n',
    'states/_modules/own.mjs': `import { defineFunction, defineModule, v } from 'tsalt/plugins';
export default defineModule({
  rack: defineFunction({ summary: 'Says it.', args: v.strictObject({}), sync: true, run: (_, { grains }) => grains.rack }),
  fails: defineFunction({
    summary: 'Fails.',
    args: v.strictObject({}),
    run() {
      throw new TypeError('no such rack');
    },
  }),
});
`,
    'states/a.sls':
      'x:\n  thing.there:\n    - size: {{salt "test.echo" 3}}\ny:\n  test.nop:\n    - name: {{salt "own.rack"}}\n',
    'states/b.sls': 'x:\n  thing.there:\n    - size: 30\n',
  });
  const call = async (...words: string[]) => run(directory, path.join(directory, 'states'), words);
  t.deepEqual(JSON.parse((await call('own.rack')).out), { local: 'r1' });
  t.deepEqual(JSON.parse((await call('saltutil.sync_modules')).out), { local: [] }, 'it was there before');
  const applied = JSON.parse((await call('state.apply', 'a')).out) as { local: JsonMap };
  t.true(Object.values(applied.local).every((one) => (one as JsonMap)['result'] === true));
  t.true('test_|-y_|-r1_|-nop' in applied.local);
  const failed = await call('own.fails');
  t.is(failed.code, 1);
  t.regex(failed.err, /own\.fails: \S+states\/_modules\/own\.mjs:8:13: this failed: TypeError: no such rack\n8 \|/);
  const state30 = await call('state.apply', 'b');
  t.regex(state30.out, /_states\/thing\.ts:9:28: this failed: too large/);

  writeFileSync(path.join(directory, 'states/_modules/own.mjs'), 'export default { functions: {} };\n');
  t.is((await call('own.rack')).code, 2);
  rmSync(path.join(directory, 'states/_modules/own.mjs'));
  t.regex((await call('own.rack')).err, /there is no function 'own\.rack'/);
});

test('call --local: a tree without code of its own starts no process and keeps nothing', async (t) => {
  const directory = place(t, { 'states/a.sls': '{}\n' });
  t.deepEqual(JSON.parse((await run(directory, path.join(directory, 'states'), ['test.ping'])).out), { local: true });
  t.false(readdirSync(directory).includes('cache'));
});

test('custom code: each kind has a folder that calls look for', (t) => {
  t.deepEqual([...minionKindNames].sort(), ['beacons', 'grains', 'modules', 'states', 'utils']);
});

const tsc = path.resolve(import.meta.dirname, '..', '..', '..', 'node_modules', 'typescript', 'bin', 'tsc');
const nodeTypes = path.resolve(import.meta.dirname, '..', '..', '..', 'node_modules', '@types');

test('schema plugins: the types that it writes are all that the code of the guide needs, and find what is wrong', async (t) => {
  const ofGuide = blocksOf('docs/guides/write-a-module.md').flatMap(({ language, text }) => {
    const [, file] = /^\/\/ \/srv\/tsalt\/(\S+)\n/.exec(text) ?? [];
    return language === 'ts' && file !== undefined ? [[file, text] as const] : [];
  });
  t.is(ofGuide.length, 8);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2023',
    types: ['node'],
    typeRoots: [nodeTypes],
    skipLibCheck: false,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
  };
  const directory = place(t, {
    ...Object.fromEntries(ofGuide),
    'package.json': '{"type": "module"}',
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['**/*.ts'] }),
  });
  await main(['schema', 'plugins', '--out', '.'], captured(directory));
  const compiled = async (): Promise<string> =>
    new Promise((resolve) => {
      execFile(process.execPath, [tsc, '-p', directory, '--pretty', 'false'], (_, printed) => resolve(printed));
    });
  t.is(await compiled(), '');
  const greet = path.join(directory, 'states/_modules/greet.ts');
  const text = readFileSync(greet, 'utf8');
  writeFileSync(greet, text.replace('{ name, times }', '{ nam, times }'));
  t.regex(await compiled(), /greet\.ts\(10,\d+\): error TS\d+: Property 'nam' does not exist/);
  writeFileSync(greet, text.replace('summary:', 'sumary:'));
  t.regex(await compiled(), /greet\.ts\(7,5\): error TS\d+: .*'sumary' does not exist/);
});
