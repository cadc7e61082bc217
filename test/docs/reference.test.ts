import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import test from 'ava';
import { main } from '../../cli/main.ts';
import { builtinStates } from '../../states/registry.ts';
import { captured, write } from '../states-engine/kit.ts';
import { root, textOf } from './pages.ts';

test('reference: every page, is what the code says', (t) => {
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/reference.mjs'), '--check'], {
    encoding: 'utf8',
  });
  t.is(status, 0, stderr);
});

test('reference: every tag of ours that the code fires, is on the page of events', (t) => {
  const sources = ['master', 'minion', 'reactors', 'lib']
    .flatMap((room) =>
      readdirSync(path.join(root, room), { recursive: true }).map((name) => path.join(room, String(name))),
    )
    .filter((name) => name.endsWith('.ts'));
  const fired = sources.flatMap((name) => {
    const text = readFileSync(path.join(root, name), 'utf8');
    return [...text.matchAll(/(?:tag: |tell\()['`](tsalt\/[^'`]+)['`]/g)].map(([, tag = '']) => tag);
  });
  const page = textOf('docs/reference/events.md');
  t.true(fired.length > 3, 'the tags were found');
  for (const tag of fired) t.true(page.includes(`\`${tag.replaceAll('${', '<').replaceAll('}', '>')}\``), tag);
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
