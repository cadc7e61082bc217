import test from 'ava';
import { createHash } from 'node:crypto';
import type { JsonMap } from '../../lib/json.ts';
import { sourceProblem } from '../../lib/sources/fetch-source.ts';
import { harvest, runState, sandbox, type World } from '../states/sandbox.ts';

/* What comes from elsewhere is taken when the tree says what it is, or that nobody need to. */

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const url = 'http://example.org/app.conf';

async function managed(args: JsonMap, world: World) {
  const box = sandbox({ before: { '/t/a': 'old\n' }, ...world });
  try {
    const run = await runState('file.managed', { name: '/t/a', ...args }, box.machine);
    return { result: run.result, comment: run.comment, file: harvest(box.root)['/t/a'] };
  } finally {
    box.remove();
  }
}

test('downloads: other bytes than the tree has the hash of, are not taken, and the old file stays', async (t) => {
  for (const evil of ['evil\n', '', 'good', 'good\n\n', 'good\n\0']) {
    const { result, comment, file } = await managed(
      { source: url, source_hash: sha('good\n') },
      { web: { [url]: evil } },
    );
    t.is(result, false);
    t.regex(comment, /does not match actual checksum/);
    t.is(file, 'old\n');
  }
  const { result, file } = await managed({ source: url, source_hash: sha('good\n') }, { web: { [url]: 'good\n' } });
  t.deepEqual([result, file], [true, 'good\n']);
});

test('downloads: a server that has no hash to answer for, is not asked to vouch for itself', async (t) => {
  const { result, comment, file } = await managed({ source: url }, { web: { [url]: 'evil\n' } });
  t.is(result, false);
  t.regex(comment, /Unable to verify upstream hash/);
  t.is(file, 'old\n');
});

test('downloads: a list of hashes that has none, another file’s or a short one, vouches for nothing', async (t) => {
  const sums = 'http://example.org/SUMS';
  const lists = [
    '',
    'nothing\n',
    `${sha('other\n')}  other.conf\n${sha('good\n')}  app.conf\n`,
    `${sha('evil\n').slice(0, 20)}  app.conf\n`,
  ];
  for (const list of lists) {
    const { result, file } = await managed(
      { source: url, source_hash: sums },
      { web: { [url]: 'evil\n', [sums]: list } },
    );
    t.is(result, false, list);
    t.is(file, 'old\n');
  }
});

test('downloads: a copy that was kept and altered since, is fetched anew and not used', async (t) => {
  const box = sandbox({ before: { '/t': { dir: true } }, web: { [url]: 'good\n' } });
  t.teardown(() => box.remove());
  const args = { name: '/t/a', source: url, source_hash: sha('good\n') };
  t.is((await runState('file.managed', args, box.machine)).result, true);
  const copies = Object.keys(harvest(box.root)).filter((name) => name.endsWith('app.conf'));
  const other = sandbox({
    before: Object.fromEntries(copies.map((name) => [name, 'evil\n'])),
    web: { [url]: 'good\n' },
  });
  t.teardown(() => other.remove());
  t.is((await runState('file.managed', { ...args, makedirs: true }, other.machine)).result, true);
  t.is(harvest(other.root)['/t/a'], 'good\n');
});

test('downloads: what is used without any hash, comes by TLS or from the tree', (t) => {
  for (const open of [
    'http://example.org/key.asc',
    'HTTP://example.org/key.asc',
    'ftp://example.org/key.asc',
    'git://example.org/x',
  ]) {
    t.not(sourceProblem([open], { web: 'https' }), undefined, open);
  }
  t.is(sourceProblem(['https://example.org/key.asc', 'salt://key.asc'], { web: 'https' }), undefined);
});
