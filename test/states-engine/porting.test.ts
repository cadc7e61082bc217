import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../cli/main.ts';
import type { StateResult } from '../../lib/contracts/state.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { loadYaml } from '../../lib/yaml/load.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import { captured, runConfigured, write } from './kit.ts';

/*
 * A tree as people of Salt have it, in Jinja, and the same in Handlebars, as `docs/guides/from-salt.md` ports it. What Salt
 * makes of the one is recorded; tsalt has to make the same of the other.
 */

const project = path.resolve(import.meta.dirname, '..', '..', '..');
const fixtures = path.join(project, 'test', 'fixtures', 'salt');
const ours = path.join(project, 'examples', 'from-salt');
const theirs = path.join(fixtures, 'porting');

interface Case {
  readonly title: string;
  readonly id: string;
  readonly grains: JsonMap;
  readonly pillar?: JsonMap;
}

type Result = readonly [id: string, sls: string, name: string, result: boolean | null, comment: string];

interface Answers {
  readonly title: string;
  /** What the reactor file says to the start of the minion. */
  readonly reactor: Json;
  readonly lowstate: readonly JsonMap[];
  readonly test: readonly Result[];
  readonly run: readonly Result[];
  /** By path: the mode, and the text. */
  readonly files: Readonly<Record<string, readonly [string, string]>>;
}

const read = (name: string): unknown => JSON.parse(readFileSync(path.join(fixtures, name), 'utf8'));
const cases = read('porting.cases.json') as readonly Case[];
const recorded = read('porting.json') as readonly Answers[];

/** What a reactor file of ours says to an event. */
function reactions(data: JsonMap, tag: string): Json {
  const file = path.join(ours, 'reactor', 'start.sls');
  const { text } = compileTemplate(readFileSync(file, 'utf8'), file).render({ data, tag });
  return (loadYaml(text, file, undefined).data ?? {}) as Json;
}

/** Runs one call with a config, in a folder of its own; gives its answer. */
type Call = (folder: string, minion: JsonMap, words: readonly string[]) => Promise<Json>;

const tsalt: Call = async (folder, minion, words) => {
  const { out, err } = await runConfigured(folder, minion, words);
  return (JSON.parse(out || JSON.stringify({ local: err })) as { local: Json }).local;
};

/** What comes of a tree: its states, what test mode says, what the run says, and the files that it makes. */
async function answersOf(t: ExecutionContext, one: Case, tree: string, call: Call): Promise<Omit<Answers, 'reactor'>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const root = path.join(folder, 'root');
  const { id, grains, pillar = {} } = one;
  const configured = (base: readonly string[], more: JsonMap): JsonMap => {
    write(folder, { 'pillar.json': JSON.stringify(more) });
    return {
      id,
      grains,
      file_roots: { base: [...base], dev: [path.join(tree, 'dev')] },
      pillar_roots: { base: [path.join(tree, 'pillar')] },
      ext_pillar: [{ cmd_json: `cat ${path.join(folder, 'pillar.json')}` }],
    };
  };
  const under = {
    ...pillar,
    root,
    file_owner: process.getuid?.() ?? 0,
    ntp: { ...(pillar['ntp'] as JsonMap | undefined), rootgroup: process.getgid?.() ?? 0 },
  };
  const plain = configured([path.join(tree, 'states')], pillar);
  const lowstate = await call(folder, plain, ['state.show_lowstate']);
  // What belongs to the machine is left out of what is really done.
  const harnessed = configured([path.join(theirs, 'harness'), path.join(tree, 'states')], under);
  const sls = id.startsWith('web') ? 'web-files' : 'files';
  const apply = async (...words: string[]): Promise<readonly Result[]> => {
    const answer = await call(folder, harnessed, ['state.apply', sls, ...words]);
    if (Array.isArray(answer) || typeof answer !== 'object') throw new Error(JSON.stringify(answer));
    return Object.values(answer as object as Record<string, StateResult>)
      .sort((a, b) => a.__run_num__ - b.__run_num__)
      .map(({ __id__, __sls__, name, result, comment }) => [__id__, __sls__, name, result, comment] as const);
  };
  const answers = {
    title: one.title,
    lowstate,
    test: await apply('test=True'),
    run: await apply(),
    files: filesIn(root),
  };
  return JSON.parse(JSON.stringify(answers).replaceAll(root, 'ROOT')) as Omit<Answers, 'reactor'>;
}

function filesIn(root: string): Answers['files'] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(root, name)).isFile(),
  );
  const entries = names.sort().map((name) => {
    const file = path.join(root, name);
    return [name, [`0o${(statSync(file).mode & 0o7777).toString(8)}`, readFileSync(file, 'utf8')]] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * States as both say them: without the endings of templates, and without requisites that another state gives, which Salt
 * shows as if the state had said them itself.
 */
function settled(lowstate: readonly JsonMap[]): JsonMap[] {
  const given = lowstate
    .filter((low) => 'require_in' in low || 'onchanges_in' in low)
    .map(({ state, __id__ }) => JSON.stringify({ [state as string]: __id__ }));
  const own = (name: string, list: Json | undefined): JsonMap => {
    const left = (list ?? []) as readonly Json[];
    const kept = left.filter((one) => !given.includes(JSON.stringify(one)));
    return kept.length === 0 ? {} : { [name]: kept };
  };
  return lowstate
    .map(({ source, template, require, onchanges, ...rest }): JsonMap => ({
      ...Object.fromEntries(Object.entries(rest).filter(([name]) => name !== '__sls_included_from__')),
      ...own('require', require),
      ...own('onchanges', onchanges),
      ...(typeof source === 'string' && { source: source.replace(/\.(?:jinja|hbs)$/, '') }),
      ...(template !== undefined && { template: 'a template' }),
    }))
    .sort((a, b) => Number(a['order']) - Number(b['order']));
}

/** The states whose test mode says more here than Salt's, where what is planned does not count; Salt's words have no order. */
const foreseen = ['/srv/www/shop.example', '/srv/www/shop.example/build.txt', 'web-backends'];

function comparable(results: readonly Result[]): readonly Result[] {
  return results.filter(([id]) => !foreseen.some((name) => id.endsWith(name)));
}

for (const [index, one] of cases.entries()) {
  test(`a tree ported from Salt, ${one.title}: the same states, results and files`, async (t) => {
    const { lowstate, test: foretold, run, files } = await answersOf(t, one, ours, tsalt);
    const salt = recorded[index] as Answers;
    t.deepEqual(settled(lowstate), settled(salt.lowstate));
    t.deepEqual(comparable(foretold), comparable(salt.test));
    t.deepEqual(run, salt.run);
    t.deepEqual(files, salt.files);
    const event = { id: one.id, act: 'accept', _stamp: '2026-01-31T10:00:00.000000' };
    t.deepEqual(reactions(event, `salt/minion/${one.id}/start`), salt.reactor);
    for (const [id, , , result] of foretold) t.not(result, false, id);
  });
}

test('the ported tree: tsalt check finds nothing wrong', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [{ id, grains } = { id: 'web1', grains: {} }] = cases;
  write(folder, { minion: JSON.stringify({ grains }) });
  const io = captured(ours);
  t.is(await main(['check', '--config-dir', folder, '--id', id, '.', 'dev'], io), 0, io.printed.out + io.printed.err);
});

test('the tree in Jinja: every line with Jinja in it is told, and what to write', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const io = captured(theirs);
  const rooms = ['pillar', 'reactor', 'states', 'dev'];
  t.is(await main(['check', '--config-dir', folder, '--id', 'web1.prod', ...rooms], io), 2);
  const told = new Set(io.printed.out.match(/^\S+:\d+(?=:\d+: )/gm));
  for (const room of rooms) {
    for (const name of readdirSync(path.join(theirs, room), { recursive: true, encoding: 'utf8' })) {
      // Of the others nothing says yet that they are templates.
      if (!/\.(?:sls|jinja)$/.test(name)) continue;
      const file = path.join(theirs, room, name);
      for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries())
        if (line.includes('{%')) t.true(told.has(`${file}:${at + 1}`), `${name}:${at + 1}: ${line}`);
    }
  }
  for (const hint of io.printed.out.match(/^hint: .*$/gm) ?? []) t.notRegex(hint, /raw|helper argument/, hint);
});

const saltCall = process.env.SALT_CALL;

// Where there is one: `.ci/run` installs it.
for (const [index, one] of saltCall ? cases.entries() : []) {
  test.serial(`the real Salt: the tree in Jinja, ${one.title}, its answers are those that were recorded`, async (t) => {
    const answers = await answersOf(t, one, theirs, async (folder, minion, words) => {
      const config = path.join(folder, 'etc');
      mkdirSync(config, { recursive: true });
      write(config, { minion: JSON.stringify({ file_client: 'local', root_dir: folder, ...minion }) });
      const args = ['--local', '--config-dir', config, '--out', 'json', ...words];
      const { stdout } = await promisify(execFile)(saltCall ?? '', args, {
        env: { ...process.env, PYTHONHASHSEED: '5' },
      }).catch((error: unknown) => error as { stdout: string });
      return (JSON.parse(stdout) as { local: Json }).local;
    });
    const { reactor: _, ...salt } = recorded[index] as Answers;
    t.deepEqual({ ...answers, test: comparable(answers.test) }, { ...salt, test: comparable(salt.test) });
  });
}
