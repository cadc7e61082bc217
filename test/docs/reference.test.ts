import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
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
