import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { CHUNK_BYTES, type TreeEntry } from '../../lib/file-tree.ts';
import { asText, type JsonMap } from '../../lib/json.ts';
import { fileServer } from '../../master/files.ts';
import { remoteTree } from '../../minion/remote-tree.ts';
import { encodeJson } from '../../wire/codec.ts';
import { filesOf } from '../kit/files.ts';
import { folder } from '../store/folder.ts';

const sha = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

function put(root: string, name: string, text: string | Buffer): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
}

test('files: of several roots the first that has a path wins, all other files of both are there', async (t) => {
  const [first, second] = [folder(t), folder(t)];
  put(first, 'a', 'mine');
  put(second, 'a', 'theirs');
  put(second, 'deep/b', 'b');
  mkdirSync(path.join(second, 'empty'));
  const files = filesOf({ base: [first, second, '/not/there'] });
  t.deepEqual((await files.manifest('base'))?.entries, [
    ['a', sha('mine'), 4],
    ['deep/b', sha('b'), 1],
    ['empty/', '', 0],
  ]);
});

test('files: a link is what it leads to; a dangling one is not there; a loop ends', async (t) => {
  const root = folder(t);
  put(root, 'real/file', 'x');
  symlinkSync('real', path.join(root, 'linked'));
  symlinkSync('nowhere', path.join(root, 'dangling'));
  symlinkSync('..', path.join(root, 'real', 'loop'));
  const { entries = [] } = (await filesOf({ base: [root] }).manifest('base')) ?? {};
  const names = entries.map(([name]) => name);
  t.true(names.includes('real/file'));
  t.true(names.includes('linked/file'));
  t.false(names.includes('dangling'));
  t.true(names.length < 20, names.join(' '));
});

test('files: bytes are asked for by hash, in chunks, and by nothing else', async (t) => {
  const root = folder(t);
  const big = Buffer.alloc(CHUNK_BYTES + 5, 'ab');
  put(root, 'big', big);
  const files = filesOf({ base: [root] });
  await files.manifest('base');
  const first = files.chunk(sha(big), 0);
  const second = files.chunk(sha(big), CHUNK_BYTES);
  t.is(first['bytes'], big.length);
  t.deepEqual(Buffer.concat([first, second].map(({ data }) => Buffer.from(asText(data), 'base64'))), big);
  t.is(files.chunk(sha(big), big.length + 100)['data'], '', 'past the end there is nothing');
  for (const wish of ['big', '../../etc/passwd', path.join(root, 'big'), sha('something else'), '', '__proto__'])
    t.throws(() => files.chunk(wish, 0), { code: 'TS_FILE_UNKNOWN_HASH' });
  for (const env of ['prod', '../base', 'constructor']) t.deepEqual(await files.page(env, 0, ''), { missing: true });
});

test('files: small ones are had together, as many as fit; one that is not there is nothing', async (t) => {
  const root = folder(t);
  const half = Buffer.alloc(CHUNK_BYTES / 2, 'a');
  put(root, 'half', half);
  put(root, 'small', 'x');
  put(root, 'big', Buffer.alloc(CHUNK_BYTES + 1));
  const files = filesOf({ base: [root] });
  await files.manifest('base');
  const of = (...contents: (string | Buffer)[]) => files.several(contents.map(sha))['files'];
  const text = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64');
  t.deepEqual(of('x', 'none', half, Buffer.alloc(CHUNK_BYTES + 1)), [text('x'), null, text(half), null]);
  t.deepEqual(of(half, half, half, 'x'), [text(half), text(half)]);
  t.deepEqual(files.several(['../../etc/passwd', '__proto__']), { files: [null, null] });
  t.is((files.several(Array.from({ length: 100 }, () => sha('x')))['files'] as unknown[]).length, 64);
});

test('files: one that changes or goes while it is sent, an error and never other bytes', async (t) => {
  const root = folder(t);
  put(root, 'a', 'before');
  put(root, 'b', 'gone soon');
  const files = filesOf({ base: [root] });
  await files.manifest('base');
  put(root, 'a', 'afterwards');
  rmSync(path.join(root, 'b'));
  for (const text of ['before', 'gone soon'])
    t.throws(() => files.chunk(sha(text), 0), { code: 'TS_FILE_CHANGED_MEANWHILE' });
});

test('files: the same in two environments, stays to be had where it is when the other one changes or goes', async (t) => {
  const [base, dev, old] = [folder(t), folder(t), folder(t)];
  for (const root of [base, dev, old]) put(root, 'a', 'same');
  const files = filesOf({ base: [base], dev: [dev], old: [old] });
  for (const env of ['base', 'dev', 'old']) await files.manifest(env);
  put(dev, 'a', 'another now');
  rmSync(path.join(old, 'a'));
  t.deepEqual(files.chunk(sha('same'), 0), { data: Buffer.from('same').toString('base64'), bytes: 4 });
});

test('files: environments that the same directories serve, are one to the server, whatever names minions ask for', async (t) => {
  const root = folder(t);
  put(root, 'a', 'x');
  const files = filesOf({ __env__: [root] });
  t.is(await files.manifest('one'), await files.manifest('another'));
});

test('files: what was written a moment after somebody asked, is there when the next one asks', async (t) => {
  const root = folder(t);
  put(root, 'a', '1');
  const files = filesOf({ base: [root] });
  const before = await files.manifest('base');
  t.is(await files.manifest('base'), before);
  put(root, 'b', '2');
  t.deepEqual(
    (await files.manifest('base'))?.entries.map(([name]) => name),
    ['a', 'b'],
  );
});

test('files: a walk that takes long, answers for some times as long, but never for long', async (t) => {
  const root = folder(t);
  put(root, 'a', '1');
  let now = 0;
  let step = 10;
  const files = filesOf({ base: [root] }, () => (now += step));
  const names = async () => (await files.manifest('base'))?.entries.map(([name]) => name);
  await names();
  const took = now;
  step = 0;
  put(root, 'b', '2');
  t.deepEqual(await names(), ['a']);
  now += Math.min(3 * took, 250);
  t.deepEqual(await names(), ['a', 'b']);
});

test('files: a manifest is sent only when it is not known', async (t) => {
  const root = folder(t);
  put(root, 'a', '1');
  const files = filesOf({ base: [root] });
  const { hash, entries, total } = await files.page('base', 0, '');
  t.is(total, 1);
  t.deepEqual(entries, [['a', sha('1'), 1]]);
  t.deepEqual(await files.page('base', 0, asText(hash)), { hash: asText(hash), same: true });
  t.deepEqual((await files.page('base', 1, ''))['entries'], []);
  put(root, 'a', '22');
  t.not((await files.page('base', 0, asText(hash)))['hash'], hash);
});

test('files: a page of the manifest fits into a message, however long the paths are', async (t) => {
  for (const [count, length] of [
    [2001, 20],
    [3000, 1700],
    [600, 4000],
  ] as const) {
    const list = Array.from({ length: count }, (_, i): TreeEntry => [`${'d/'.repeat(length / 2)}${i}`, sha(`${i}`), 1]);
    const one = { names: () => ['base'], hasCustom: () => false, lists: async () => [list], locate: () => undefined };
    const server = fileServer([one]);
    const ask = async (_: string, body: JsonMap): Promise<JsonMap> => {
      const page = await server.page(asText(body.env), Number(body.after), asText(body.known));
      t.notThrows(() => encodeJson(page));
      return page;
    };
    const found = await remoteTree(ask, folder(t)).manifest('base');
    t.deepEqual(found?.entries, (await server.manifest('base'))?.entries);
    t.is(found?.entries.length, count);
  }
});
