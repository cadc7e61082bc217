import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { TreeEntry } from '../../lib/file-tree.ts';
import { remoteTree } from '../../minion/remote-tree.ts';

const entry = (n: number): TreeEntry => [`file${n}`, String(n).padStart(64, '0'), 1];

/** A tree of three files in pages of two, which is another one after every page until the `changes` are used up. */
function changing(t: ExecutionContext, changes: number) {
  const cachedir = mkdtempSync(path.join(tmpdir(), 'tsalt-tree-'));
  t.teardown(() => rmSync(cachedir, { recursive: true }));
  let version = 0;
  return remoteTree(async (_, { after }) => {
    const hash = `h${version}`;
    if (version < changes) version++;
    const from = Number(after);
    return { hash, total: 3, entries: [0, 1, 2].slice(from, from + 2).map((n) => [...entry(n)]) };
  }, cachedir);
}

test('remote tree: a list that changed between two pages, is asked for again', async (t) => {
  t.deepEqual(await changing(t, 5).manifest('base'), { hash: 'h5', entries: [0, 1, 2].map(entry) });
});

test('remote tree: a list that changes all the time, is not asked for for ever', async (t) => {
  await t.throwsAsync(changing(t, Infinity).manifest('base'), {
    code: 'TS_FILE_KEEPS_CHANGING',
    message: /^the state tree of base has changed 20 times/,
  });
});
