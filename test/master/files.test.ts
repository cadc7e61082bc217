import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { CHUNK_BYTES } from '../../lib/file-tree.ts';
import { asText } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { fileServer } from '../../master/files.ts';
import { fakeClock } from '../kit/clock.ts';
import { folder } from '../store/folder.ts';

const sha = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

function put(root: string, name: string, text: string | Buffer): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
}

test('files: of several roots the first that has a path wins, all other files of both are there', (t) => {
  const [first, second] = [folder(t), folder(t)];
  put(first, 'a', 'mine');
  put(second, 'a', 'theirs');
  put(second, 'deep/b', 'b');
  mkdirSync(path.join(second, 'empty'));
  const files = fileServer({ base: [first, second, '/not/there'] }, () => 0, silent);
  t.deepEqual(files.manifest('base')?.entries, [
    ['a', sha('mine'), 4],
    ['deep/b', sha('b'), 1],
    ['empty/', '', 0],
  ]);
});

test('files: a link is what it leads to; a dangling one is not there; a loop ends', (t) => {
  const root = folder(t);
  put(root, 'real/file', 'x');
  symlinkSync('real', path.join(root, 'linked'));
  symlinkSync('nowhere', path.join(root, 'dangling'));
  symlinkSync('..', path.join(root, 'real', 'loop'));
  const names =
    fileServer({ base: [root] }, () => 0, silent)
      .manifest('base')
      ?.entries.map(([name]) => name) ?? [];
  t.true(names.includes('real/file'));
  t.true(names.includes('linked/file'));
  t.false(names.includes('dangling'));
  t.true(names.length < 20, names.join(' '));
});

test('files: bytes are asked for by hash, in chunks, and by nothing else', (t) => {
  const root = folder(t);
  const big = Buffer.alloc(CHUNK_BYTES + 5, 'ab');
  put(root, 'big', big);
  const files = fileServer({ base: [root] }, () => 0, silent);
  files.manifest('base');
  const first = files.chunk(sha(big), 0);
  const second = files.chunk(sha(big), CHUNK_BYTES);
  t.is(first['bytes'], big.length);
  t.deepEqual(Buffer.concat([first, second].map(({ data }) => Buffer.from(asText(data), 'base64'))), big);
  t.is(files.chunk(sha(big), big.length + 100)['data'], '', 'past the end there is nothing');
  for (const wish of ['big', '../../etc/passwd', path.join(root, 'big'), sha('something else'), '', '__proto__'])
    t.throws(() => files.chunk(wish, 0), { code: 'TS_FILE_UNKNOWN_HASH' });
  for (const env of ['prod', '../base', 'constructor']) t.deepEqual(files.page(env, 0, ''), { missing: true });
});

test('files: one that changes or goes while it is sent, an error and never other bytes', (t) => {
  const root = folder(t);
  put(root, 'a', 'before');
  put(root, 'b', 'gone soon');
  const files = fileServer({ base: [root] }, () => 0, silent);
  files.manifest('base');
  put(root, 'a', 'afterwards');
  rmSync(path.join(root, 'b'));
  for (const text of ['before', 'gone soon'])
    t.throws(() => files.chunk(sha(text), 0), { code: 'TS_FILE_CHANGED_MEANWHILE' });
});

test('files: the same in two environments, stays to be had where it is when the other one changes or goes', (t) => {
  const [base, dev, old] = [folder(t), folder(t), folder(t)];
  for (const root of [base, dev, old]) put(root, 'a', 'same');
  const files = fileServer({ base: [base], dev: [dev], old: [old] }, () => 0, silent);
  for (const env of ['base', 'dev', 'old']) files.manifest(env);
  put(dev, 'a', 'another now');
  rmSync(path.join(old, 'a'));
  t.deepEqual(files.chunk(sha('same'), 0), { data: Buffer.from('same').toString('base64'), bytes: 4 });
});

test('files: environments that the same directories serve, are one to the server, whatever names minions ask for', (t) => {
  const root = folder(t);
  put(root, 'a', 'x');
  const files = fileServer({ __env__: [root] }, () => 0, silent);
  t.is(files.manifest('one'), files.manifest('another'));
});

test('files: a manifest is walked again after a while, and sent only when it is not known', (t) => {
  const root = folder(t);
  put(root, 'a', '1');
  const clock = fakeClock();
  const files = fileServer({ base: [root] }, () => clock.monotonic(), silent);
  const { hash, entries, total } = files.page('base', 0, '');
  t.is(total, 1);
  t.deepEqual(entries, [['a', sha('1'), 1]]);
  t.deepEqual(files.page('base', 0, asText(hash)), { hash: asText(hash), same: true });
  t.deepEqual(files.page('base', 1, '')['entries'], []);
  put(root, 'a', '22');
  clock.advance(1000);
  t.not(files.page('base', 0, asText(hash))['hash'], hash);
});
