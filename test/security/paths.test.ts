import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { directoriesOf } from '../../lib/environments.ts';
import { isJid, isMinionId, isTag } from '../../lib/ids.ts';
import type { JsonMap } from '../../lib/json.ts';
import { filesOf } from '../kit/files.ts';
import { startCluster } from '../kit/cluster.ts';
import { desk } from './desk.ts';

/* No text from the wire becomes a path. */

/** Texts that would lead elsewhere if one were joined to a directory. */
const wicked = [
  ['..', '../', '../../etc/passwd', '../secret', 'a/../../secret', './../secret', '....//secret', '..\\secret'],
  [
    '/etc/passwd',
    '/proc/self/environ',
    '/proc/self/fd/0',
    '/dev/stdin',
    '//etc/passwd',
    'C:\\windows\\win.ini',
    '\\\\host\\share',
  ],
  ['..%2fsecret', '%2e%2e/secret', '..%c0%afsecret', '\u2025/secret', '\uff0e\uff0e/secret', '\u2024\u2024/secret'],
  [
    'secret\0',
    '\0',
    'secret\0.sls',
    '~/secret',
    '$HOME/secret',
    'file:///etc/passwd',
    'salt://../secret',
    '*',
    '?',
    '[a-z]*',
  ],
  [
    'x'.repeat(4096),
    '../'.repeat(300),
    '.',
    '',
    ' ',
    '-rf',
    '.git/config',
    '__env__',
    'base/../base',
    'link/secret',
    'fifo/',
  ],
].flat();

/** Everything below a directory, as one hash: names, kinds and bytes. */
function stateOf(directory: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    hash.update(`${file} ${entry.isFile()} ${entry.isDirectory()}\n`);
    if (entry.isFile()) hash.update(readFileSync(file));
    if (entry.isSymbolicLink()) hash.update(readlinkSync(file));
  }
  return hash.digest('hex');
}

/** A directory with a tree in it, beside files that are nobody's business. */
function surroundings(t: ExecutionContext): { readonly outer: string; readonly roots: string } {
  const outer = mkdtempSync(path.join(tmpdir(), 'tsalt-paths-'));
  t.teardown(() => rmSync(outer, { recursive: true, force: true }));
  const roots = path.join(outer, 'roots');
  for (const below of ['roots/dev/states', 'elsewhere/states']) mkdirSync(path.join(outer, below), { recursive: true });
  writeFileSync(path.join(outer, 'secret'), 'canary');
  writeFileSync(path.join(outer, 'elsewhere/states/secret'), 'canary');
  writeFileSync(path.join(roots, 'dev/states/mine'), 'served');
  symlinkSync(outer, path.join(roots, 'link'));
  return { outer, roots };
}

test('paths: an environment by a wicked name, no directory is its own but those that are there by that very name', async (t) => {
  const { outer, roots } = surroundings(t);
  const served = { base: [path.join(roots, 'dev/states')], __env__: [path.join(roots, '__env__/states')] };
  const before = stateOf(outer);
  const names = [...wicked, '../elsewhere', 'dev/../../elsewhere', '../roots/dev', './dev', 'dev/', 'link/elsewhere'];
  for (const name of names) t.is(directoriesOf(served, name), undefined, name);
  const files = filesOf(served);
  for (const name of names) t.deepEqual(await files.page(name, 0, ''), { missing: true }, name);
  t.is((await files.manifest('dev'))?.entries[0]?.[0], 'mine');
  t.is(stateOf(outer), before);
});

test('paths: bytes of files are had by the hash of a served one, and by nothing else', async (t) => {
  const { asks, tree } = await desk(t);
  writeFileSync(path.join(tree, 'mine'), 'served');
  writeFileSync(path.join(path.dirname(tree), 'unserved'), 'canary');
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  await asks('files.page', { env: 'base' });
  for (const sha256 of [...wicked, path.join(tree, 'mine'), 'mine', sha('canary'), `${sha('served')}/../mine`]) {
    await t.throwsAsync(asks('files.chunk', { sha256, offset: 0 }), { code: 'TS_FILE_UNKNOWN_HASH' }, sha256);
  }
  t.like(await asks('files.chunk', { sha256: sha('served'), offset: 0 }), { bytes: 6 });
  for (const offset of [-1, 1e15, 0.5, '1', null, Number.MAX_SAFE_INTEGER]) {
    const { bytes } = (await asks('files.chunk', { sha256: sha('served'), offset })) as { bytes: number };
    t.is(bytes, 6);
  }
});

test('paths: ids, jids and tags that could be paths, are none', (t) => {
  for (const text of wicked) {
    t.false(isMinionId(text), text);
    t.false(isJid(text), text);
  }
  for (const text of ['a/b', 'a..b', '..a', 'a..', '.a', '-a', '_a', 'a b', 'a\n', '\u00e4', 'a:b', 'a/', 'a%2fb'])
    t.false(isMinionId(text), text);
  for (const text of [
    '2026010100000000000/',
    '2026010100000000000a',
    '202601010000000000000',
    '20260101000000000000\n',
  ])
    t.false(isJid(text), text);
  t.false(isTag('a\0b'));
});

test('paths: wicked texts in everything a minion sends, nothing is written but the store', async (t) => {
  const { sends, asks, directory, stats } = await desk(t);
  const inside = () => readdirSync(directory).sort();
  const before = inside();
  const bodies = wicked.map((text): JsonMap => ({
    jid: text,
    tag: text,
    fun: text,
    out: text,
    text,
    id: text,
    name: text,
  }));
  for (const kind of ['accepted', 'progress', 'return'] as const) {
    await sends(
      kind,
      bodies.map((body) => ({ ...body, part: 1, parts: 1, total: 1, number: 1, ret: { __run_num__: 0 } })),
    );
  }
  await sends(
    'event',
    bodies.map((body) => ({ ...body, data: body })),
  );
  for (const body of bodies) {
    await asks('greet', { grains: body });
    await asks('pillar', { grains: body, override: body, saltenv: body['id'] ?? '', pillarenv: body['id'] ?? '' });
    t.deepEqual(await asks('files.page', { env: body['id'] ?? '', after: 0, known: body['id'] ?? '' }), {
      missing: true,
    });
  }
  t.deepEqual(inside(), before);
  t.true(stats().returns >= wicked.length);
});

test('paths: the pillar of a wicked environment, is that of none, and no file outside is rendered', async (t) => {
  const { outer, roots } = surroundings(t);
  mkdirSync(path.join(outer, 'elsewhere/pillar'));
  writeFileSync(
    path.join(outer, 'elsewhere/pillar/top.sls'),
    "base:\n  '*': [secret]\n'{{saltenv}}':\n  '*': [secret]\n",
  );
  writeFileSync(path.join(outer, 'elsewhere/pillar/secret.sls'), 'canary: found\n');
  const cluster = await startCluster(t, { pillar_roots: { __env__: [path.join(roots, '__env__/pillar')] } });
  await cluster.joinMinion('bad');
  for (const pillarenv of ['../elsewhere', 'link/elsewhere', '../../etc', '/etc']) {
    const { stdout, stderr } = await cluster.tsalt('exec', 'bad', 'pillar.items', `pillarenv=${pillarenv}`);
    t.notRegex(stdout + stderr, /found/, pillarenv);
    t.regex(stdout + stderr, /environment/, pillarenv);
  }
});
