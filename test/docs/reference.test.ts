import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import test from 'ava';
import { main } from '../../cli/main.ts';
import { directoriesOf } from '../../lib/config/directories.ts';
import { masterOptions, minionOptions } from '../../lib/config/options.ts';
import { builtinStates } from '../../states/registry.ts';
import { kinds } from '../../wire/envelope.ts';
import { captured, write } from '../states-engine/kit.ts';
import { root, textOf } from './pages.ts';

test('reference: every page, is what the code says', (t) => {
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/reference.mjs'), '--check'], {
    encoding: 'utf8',
  });
  t.is(status, 0, stderr);
});

/** The text of every source of these rooms. */
const sources = (...rooms: string[]): string[] =>
  rooms
    .flatMap((room) =>
      readdirSync(path.join(root, room), { recursive: true }).map((name) => path.join(room, String(name))),
    )
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(path.join(root, name), 'utf8'));

test('reference: every tag of ours that the code fires, is on the page of events', (t) => {
  const fired = sources('master', 'minion', 'reactors', 'lib').flatMap((text) =>
    [...text.matchAll(/(?:tag: |tell\()['`](tsalt\/[^'`]+)['`]/g)].map(([, tag = '']) => tag),
  );
  const page = textOf('docs/reference/events.md');
  t.true(fired.length > 3, 'the tags were found');
  for (const tag of fired) t.true(page.includes(`\`${tag.replaceAll('${', '<').replaceAll('}', '>')}\``), tag);
});

test('reference: every option of config, has an effect: it is read somewhere', (t) => {
  const rooms = ['cli', 'master', 'minion', 'pillar', 'reactors', 'states', 'lib/git'];
  const all = [...sources(...rooms), textOf('lib/tops.ts')].join('\n');
  // Put before other paths while config is read.
  const inside = ['root_dir'];
  const directories = directoriesOf({ uid: 0, home: '/root', env: {} });
  const names = [masterOptions(directories), minionOptions(directories)].flatMap((options) => Object.keys(options));
  for (const name of new Set(names)) {
    const word = new RegExp(`\\b${name.replace('.', '\\.')}\\b`);
    t.true(inside.includes(name) || word.test(all), name);
  }
});

test("reference: every state function's example, compiles", async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (const name of builtinStates.names) {
    const { example } = await builtinStates.load(name);
    const sources = [...example.matchAll(/salt:\/\/([\w./-]+)/g)].map(([, file = '']) => [`${name}/${file}`, '']);
    write(directory, { ...Object.fromEntries(sources), [`${name}/example.sls`]: example });
    const io = captured(directory);
    const code = await main(['check', '--config-dir', '.', '--id', 'web1', name], io);
    t.is(code, 0, `${name}: ${io.printed.out}${io.printed.err}`);
  }
});

test('design: the kinds of messages, are those that the code has', (t) => {
  const page = textOf('docs/design/wire.md');
  for (const [name, number] of Object.entries(kinds)) {
    const row = new RegExp(`^\\| ${number} \\| (?:down|up|both) \\| ${name}\\b`, 'm');
    const isInText = number < 16 || number === kinds.job;
    t.true(isInText ? page.includes(`kind ${number},`) : row.test(page), `${name} ${number}`);
  }
});
