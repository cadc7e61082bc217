import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { CHUNK_BYTES, type TreeEntry } from '../../lib/file-tree.ts';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { fetchedFiles } from '../../minion/fetched-files.ts';
import { folder } from '../store/folder.ts';

const entryOf = (name: string, bytes: Buffer): TreeEntry => [
  name,
  createHash('sha256').update(bytes).digest('hex'),
  bytes.length,
];

/** A master with these files; notes what it is asked, and how much at once. */
function masterWith(files: readonly Buffer[], answer = (bytes: Buffer): Buffer => bytes) {
  const byHash = new Map(files.map((bytes) => [entryOf('', bytes)[1], bytes]));
  const asked: number[] = [];
  const most = { atOnce: 0 };
  let open = 0;
  const several = (hashes: Json | undefined): JsonMap => ({
    files: (Array.isArray(hashes) ? hashes : []).map((sha256) => {
      const bytes = byHash.get(asText(sha256));
      return bytes ? answer(bytes).toString('base64') : null;
    }),
  });
  const ask = async (question: string, { sha256, offset, hashes }: JsonMap): Promise<JsonMap> => {
    asked.push(Number(offset ?? 0));
    most.atOnce = Math.max(most.atOnce, ++open);
    await new Promise(setImmediate);
    open--;
    if (question === 'files.several') return several(hashes);
    const bytes = byHash.get(asText(sha256)) ?? Buffer.alloc(0);
    return { data: answer(bytes.subarray(Number(offset), Number(offset) + CHUNK_BYTES)).toString('base64') };
  };
  return { ask, asked, most };
}

test('fetching: small files come many with one question, each once, and are kept', async (t) => {
  const files = Array.from({ length: 200 }, (_, index) => Buffer.from(`file ${index}`));
  const { ask, asked } = masterWith(files);
  const home = folder(t);
  const { fetch } = fetchedFiles(ask, home);
  const wanted = [...files, ...files].map((bytes, index) => entryOf(String(index), bytes));
  t.deepEqual(await Promise.all(wanted.map(fetch)), [...files, ...files]);
  t.is(asked.length, 4, 'sixty-four at a time');
  t.deepEqual(await fetchedFiles(ask, home).fetch(entryOf('again', files[7] ?? Buffer.alloc(0))), files[7]);
  t.is(asked.length, 4);
});

test('fetching: no more than sixteen pieces are on their way at once', async (t) => {
  const files = Array.from({ length: 8 }, () => randomBytes(9 * CHUNK_BYTES));
  const { ask, most } = masterWith(files);
  const { fetch } = fetchedFiles(ask, folder(t));
  const got = await Promise.all(files.map((bytes, index) => fetch(entryOf(String(index), bytes))));
  t.true(got.every((bytes, index) => bytes.equals(files[index] ?? Buffer.alloc(0))));
  t.is(most.atOnce, 16);
});

test('fetching: from a master that knows no question for several files, one after the other', async (t) => {
  const files = Array.from({ length: 70 }, (_, index) => Buffer.from(`file ${index}`));
  const { ask } = masterWith(files);
  const asked: string[] = [];
  const older = (question: string, body: JsonMap): Promise<JsonMap> => {
    asked.push(question);
    if (question !== 'files.several') return ask(question, body);
    return Promise.reject(new Error('unknown', { cause: { code: 'TS_QUESTION_UNKNOWN' } }));
  };
  const { fetch } = fetchedFiles(older, folder(t));
  t.deepEqual(await Promise.all(files.map((bytes) => fetch(entryOf('x', bytes)))), files);
  t.is(asked.filter((question) => question === 'files.chunk').length, 70);
});

test('fetching: a large file that was cut off goes on where it was', async (t) => {
  const big = randomBytes(10 * CHUNK_BYTES + 5);
  const home = folder(t);
  const { ask, asked } = masterWith([big]);
  const { fetch: cut } = fetchedFiles((question, body) => {
    if (Number(body['offset']) >= 4 * CHUNK_BYTES) throw new Error('the link is gone');
    return ask(question, body);
  }, home);
  await t.throwsAsync(cut(entryOf('big', big)), { message: 'the link is gone' });
  asked.length = 0;
  t.true((await fetchedFiles(ask, home).fetch(entryOf('big', big))).equals(big));
  t.deepEqual(
    asked,
    [4, 5, 6, 7, 8, 9, 10].map((piece) => piece * CHUNK_BYTES),
  );
  t.deepEqual(readdirSync(home), [entryOf('', big)[1]]);
});

test('fetching: what was there of a large file and is not of it, is fetched anew', async (t) => {
  const big = randomBytes(3 * CHUNK_BYTES);
  const home = folder(t);
  writeFileSync(path.join(home, `${entryOf('', big)[1]}.part`), randomBytes(2 * CHUNK_BYTES));
  t.true((await fetchedFiles(masterWith([big]).ask, home).fetch(entryOf('big', big))).equals(big));
});

test('fetching: other bytes than were announced are an error, and are not kept', async (t) => {
  for (const bytes of [Buffer.from('small'), randomBytes(2 * CHUNK_BYTES)]) {
    const home = folder(t);
    const { ask } = masterWith([bytes], (part) => Buffer.from(part).fill(0));
    await t.throwsAsync(fetchedFiles(ask, home).fetch(entryOf('x', bytes)), { code: 'TS_FILE_WRONG_HASH' });
    t.deepEqual(readdirSync(home), []);
  }
});

test('fetching ahead: small files come together, for those who fetch them one after the other', async (t) => {
  const files = Array.from({ length: 200 }, (_, index) => Buffer.from(`file ${index}`));
  const big = randomBytes(CHUNK_BYTES + 1);
  const { ask, asked } = masterWith([...files, big]);
  const { fetch, ahead } = fetchedFiles(ask, folder(t));
  for (const bytes of [...files, big]) ahead(entryOf('x', bytes));
  for (const bytes of files) t.deepEqual(await fetch(entryOf('x', bytes)), bytes);
  t.is(asked.length, 4, 'sixty-four at a time, and nothing of the large one');
  for (const bytes of files) ahead(entryOf('x', bytes));
  await new Promise(setImmediate);
  t.is(asked.length, 4, 'what is here is not asked for');
});

test('fetching ahead: what goes wrong is told to who fetches it, who asks again', async (t) => {
  const bytes = Buffer.from('here');
  const { ask } = masterWith([bytes]);
  let isUp = false;
  const { fetch, ahead } = fetchedFiles(
    (question, body) => (isUp ? ask(question, body) : Promise.reject(new Error('the link is gone'))),
    folder(t),
  );
  ahead(entryOf('x', bytes));
  ahead(['x', '../../evil', 1]);
  await t.throwsAsync(fetch(entryOf('x', bytes)), { message: 'the link is gone' });
  isUp = true;
  t.deepEqual(await fetch(entryOf('x', bytes)), bytes);
});

test('fetching: a hash that is none, is no path', async (t) => {
  const home = folder(t);
  const { fetch } = fetchedFiles(masterWith([]).ask, path.join(home, 'files'));
  await t.throwsAsync(fetch(['x', '../../evil', 1]), { code: 'TS_FILE_UNKNOWN_HASH' });
  t.false(existsSync(path.join(home, 'evil')));
});
