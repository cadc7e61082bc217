import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
import type { Json } from '../../lib/json.ts';
import { runConfigured, write } from './kit.ts';

const fixtures = path.resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'salt');
const trees = path.join(fixtures, 'environments');

interface Case {
  readonly title: string;
  readonly words: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly roots?: readonly string[];
  /** Both say what is wrong, each in its own words. */
  readonly fails?: boolean;
}

const read = (name: string): unknown => JSON.parse(readFileSync(path.join(fixtures, name), 'utf8'));
const cases = read('environments.cases.json') as readonly Case[];
const recorded = new Map(
  (read('environments.json') as { title: string; answer: Json }[]).map(({ title, answer }) => [title, answer]),
);

function configOf({ config = {}, roots = ['base', 'dev', 'prod'] }: Case) {
  const under =
    (...folders: string[]) =>
    (name: string) =>
      [name, [path.join(trees, ...folders, name)]] as const;
  return {
    file_roots: Object.fromEntries(roots.map(under())),
    pillar_roots: Object.fromEntries(['base', 'dev', 'prod'].map(under('pillar'))),
    ...config,
  };
}

function freshFolder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(made, { recursive: true }));
  return made;
}

/** Of a state run what does not change from run to run, in its order; of a list each entry once. */
function lasting(answer: Json): unknown {
  const states = Object.entries(answer as object) as [string, StateResult][];
  if (!states.every(([, one]) => typeof one === 'object' && '__run_num__' in one)) return eachOnce(answer);
  return states
    .sort(([, a], [, b]) => a.__run_num__ - b.__run_num__)
    .map(([key, { name, result, comment, __id__, __sls__, changes }]) => [
      key,
      { name, result, comment, __id__, __sls__, stdout: (changes as { stdout?: string }).stdout ?? null },
    ]);
}

/** Salt's `show_top` names a file as often as top files do, and runs it once. */
function eachOnce(answer: Json): unknown {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer;
  const lists = Object.entries(answer).map(([key, value]) => [
    key,
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? [...new Set(value)] : value,
  ]);
  return Object.fromEntries(lists);
}

for (const one of cases) {
  const { title, words, fails = false } = one;
  test(`Salt's own answer: ${title}, the same files from the same environments`, async (t) => {
    const { out, err, code } = await runConfigured(freshFolder(t), configOf(one), words);
    const { local } = JSON.parse(out || '{}') as { local: Json };
    const expected = recorded.get(title);
    if (fails) {
      t.true(Array.isArray(local) && local.length > 0, out + err);
      t.true(Array.isArray(expected) && expected.every((line) => typeof line === 'string'));
      t.is(code, 2);
      return;
    }
    t.deepEqual(lasting(local ?? err), eachOnce(expected ?? null));
    t.is(code, 0);
  });
}

/** State trees by environment, and what a run of them answers. */
async function applied(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  words: readonly string[] = ['state.apply'],
  config: Readonly<Record<string, unknown>> = {},
): Promise<{ local: Json; err: string; code: number; names: string[] }> {
  const folder = freshFolder(t);
  write(folder, files);
  const names = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))];
  const file_roots = Object.fromEntries(names.map((name) => [name, [path.join(folder, name)]]));
  const { out, err, code } = await runConfigured(folder, { file_roots, ...config }, words);
  const { local = null } = JSON.parse(out || '{}') as { local?: Json };
  const ran =
    Array.isArray(local) || local === null ? [] : Object.values(local as object as Record<string, StateResult>);
  return { local, err, code, names: ran.map(({ comment }) => comment) };
}

const says = (text: string) =>
  `{{sls}}-of-{{saltenv}}:\n  test.show_notification: [{text: "${text} in {{saltenv}}"}]\n`;
const both = "base:\n  '*': [x]\ndev:\n  '*': [other]\n";

test('an include of wherever it is: found in the one environment that is meant for the minion and has it', async (t) => {
  const { names, local } = await applied(t, {
    'base/top.sls': both,
    'base/x.sls': `include: [_xenv: y]\n${says('x')}`,
    'dev/y.sls': says('y'),
    'dev/other.sls': says('other'),
  });
  t.deepEqual(names, ['y in dev', 'x in base', 'other in dev'], JSON.stringify(local));
});

test("an include of wherever it is: the file's own environment comes first", async (t) => {
  const files = { 'base/y.sls': says('mine'), 'dev/y.sls': says('other'), 'dev/other.sls': says('other') };
  const { names } = await applied(t, { 'base/top.sls': both, 'base/x.sls': `include: [_xenv: y]\n`, ...files });
  t.deepEqual(names, ['mine in base', 'other in dev']);
});

test('an include of wherever it is: one that several have, and one that none has, is a mistake with its place', async (t) => {
  const top = "base:\n  '*': [x]\ndev:\n  '*': [y]\nqa:\n  '*': [y]\n";
  const y = says('y');
  const { local, code } = await applied(t, {
    'base/top.sls': top,
    'base/x.sls': 'include:\n  - _xenv: y\n  - _xenv: z\n',
    'dev/y.sls': y,
    'qa/y.sls': y,
    'far/z.sls': says('z'),
  });
  const [first, second] = local as string[];
  t.regex(first ?? '', /base\/x\.sls:2:12: the state file 'y' is in several environments: dev, qa[^]*'- dev: y'/);
  t.regex(
    second ?? '',
    /base\/x\.sls:3:12: there is no state file 'z' in any environment that is meant.*base, dev, qa/,
  );
  t.is(code, 2);
});

test('a file that is in another environment only: the mistake says which', async (t) => {
  const { local } = await applied(t, { 'base/x.sls': says('x'), 'dev/y.sls': says('y') }, ['state.apply', 'y']);
  t.regex((local as string[])[0] ?? '', /there is no state file 'y'[^]*it is in the environment dev, not in base/);
});

test('a source that is in another environment only: the mistake says which', async (t) => {
  const managed = `${os.tmpdir()}/never-written:\n  file.managed:\n    - source: salt://conf\n`;
  const { local } = await applied(t, { 'base/x.sls': managed, 'dev/conf': '' }, ['state.apply', 'x']);
  t.regex((local as string[])[0] ?? '', /x\.sls:3:15: there is no file salt:\/\/conf[^]*environment dev, not in base/);
});

test('a directory of another environment: its files come from there, as one or as the first of several that has files', async (t) => {
  const folder = freshFolder(t);
  const recurse = (name: string, source: string) =>
    `${path.join(folder, name)}:\n  file.recurse:\n    - template: handlebars\n    - source: ${source}\n`;
  const { local, err, code } = await applied(
    t,
    {
      'base/top.sls': "base:\n  '*': [x]\n",
      'base/x.sls':
        recurse('one', 'salt://site/?saltenv=dev') + recurse('two', "['salt://none', 'salt://site?saltenv=dev']"),
      'dev/site/a.conf': 'from {{saltenv}}\n',
      'dev/site/deep/b.conf': 'b\n',
    },
    ['state.apply'],
  );
  t.is(code, 0, err + JSON.stringify(local));
  for (const name of ['one', 'two']) {
    t.is(readFileSync(path.join(folder, name, 'a.conf'), 'utf8'), 'from base\n');
    t.is(readFileSync(path.join(folder, name, 'deep/b.conf'), 'utf8'), 'b\n');
  }
});

test('the highstate of an environment that is not there: that is what is said', async (t) => {
  const { local, code } = await applied(t, { 'base/top.sls': both, 'dev/x.sls': says('x') }, [
    'state.apply',
    'saltenv=deb',
  ]);
  t.is(code, 2);
  t.deepEqual(local, ["there is no environment 'deb'\nhint: did you mean 'dev'?"]);
});

test('__env__ in the roots: serves environments without roots of their own, and no directory that is not there', async (t) => {
  const folder = freshFolder(t);
  write(folder, {
    'envs/qa/states/x.sls': says('x'),
    'envs/dev/states/x.sls': says('never'),
    'dev/x.sls': says('own'),
  });
  const file_roots = {
    base: [path.join(folder, 'base')],
    dev: [path.join(folder, 'dev')],
    __env__: [path.join(folder, 'envs/__env__/states')],
  };
  const run = async (env: string) => runConfigured(folder, { file_roots }, ['state.apply', 'x', `saltenv=${env}`]);
  t.true((await run('qa')).out.includes('x in qa'));
  t.true((await run('dev')).out.includes('own in dev'));
  for (const env of ['nothere', '../envs/qa', '..', 'qa/../qa', '__env__'])
    t.true((await run(env)).out.includes("there is no state file 'x'"), env);
});

test('a locked environment: neither a run nor a state may name another', async (t) => {
  const files = { 'base/x.sls': `a:\n  test.nop:\n    - saltenv: dev\n`, 'dev/y.sls': says('y') };
  const config = { lock_saltenv: true, saltenv: 'base' };
  const run = await applied(t, files, ['state.apply', 'y', 'saltenv=dev'], config);
  t.regex(
    (run.local as string[])[0] ?? '',
    /the environment 'dev' can't be named here: the config says 'lock_saltenv'/,
  );
  const { local } = await applied(t, files, ['state.apply', 'x'], config);
  t.regex((local as string[])[0] ?? '', /x\.sls:3:16: the environment 'dev' can't be named here/);
});

test('a top file with a misspelt environment, and one with an entry of no kind: told with their places', async (t) => {
  const top = "base:\n  '*':\n    - x\n    - devv: y\ndevv:\n  '*': [y]\n";
  const { local } = await applied(t, { 'base/top.sls': top, 'base/x.sls': says('x'), 'dev/y.sls': says('y') });
  const told = (local as string[]).join('\n');
  t.regex(told, /top\.sls:4:7: a list has state files and 'match: TYPE' in the top file, not a map/);
  t.regex(told, /top\.sls:5:1: there is no environment 'devv'[^]*did you mean 'dev'/);
});

test('a template of a managed file: takes files and names of the environment of its source', async (t) => {
  const folder = freshFolder(t);
  const made = path.join(folder, 'made');
  const { local } = await applied(
    t,
    {
      'base/x.sls': `${made}:\n  file.managed:\n    - source: salt://conf?saltenv=dev\n    - template: handlebars\n`,
      'base/part.hbs': 'wrong',
      'dev/conf': '{{> "./part.hbs"}} {{saltenv}}',
      'dev/part.hbs': 'part of dev',
    },
    ['state.apply', 'x'],
  );
  t.true(existsSync(made), JSON.stringify(local));
  t.is(readFileSync(made, 'utf8'), 'part of dev base');
});

test('pillar of an environment that is not there: a mistake with the nearest name', async (t) => {
  const { local, code } = await applied(t, { 'base/x.sls': says('x') }, ['state.apply', 'x', 'pillarenv=bass']);
  t.regex((local as string[])[0] ?? '', /there is no environment 'bass' of pillar[^]*did you mean 'base'/);
  t.is(code, 2);
});

const saltCall = process.env.SALT_CALL;

// Where there is one: `.ci/run` installs it.
for (const one of saltCall ? cases : []) {
  test.serial(`the real Salt: ${one.title}, its answers are those that were recorded`, async (t) => {
    const config = freshFolder(t);
    const minion = { id: 'web1', file_client: 'local', root_dir: config, ...configOf(one) };
    writeFileSync(path.join(config, 'minion'), JSON.stringify(minion));
    const args = ['--local', '--config-dir', config, '--out', 'json', ...one.words];
    const { stdout } = await promisify(execFile)(saltCall ?? '', args, {
      // Salt goes through the environments of pillar as a set: this makes their order the one of the config.
      env: { ...process.env, PYTHONHASHSEED: '5' },
    }).catch((error: unknown) => error as { stdout: string });
    const { local } = JSON.parse(stdout) as { local: Json };
    t.deepEqual(one.fails ? local : lasting(local), eachOnce(recorded.get(one.title) ?? null));
  });
}

test('pillar.items: of one environment, and with a map laid over it; not from a template, which waits for nothing', async (t) => {
  const folder = freshFolder(t);
  write(folder, { 'x/x.sls': '{{json (salt "pillar.items" pillarenv="dev")}}: {test.nop: []}\n' });
  const config = { ...configOf({ title: '', words: [] }), file_roots: { base: [path.join(folder, 'x')] } };
  const items = async (...words: string[]) =>
    (JSON.parse((await runConfigured(folder, config, words)).out) as { local: Json }).local;
  t.like(await items('pillar.items', 'pillarenv=prod'), { only: 'prod' });
  t.deepEqual(await items('pillar.items', 'pillarenv=prod', 'pillar={a: 1}'), { only: 'prod', a: 1 });
  t.regex(JSON.stringify(await items('state.apply', 'x')), /x\.sls:1:9: .*pillar\.items/);
});
