import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadMasterConfig } from '../../lib/config/load.ts';
import { silent } from '../../lib/log.ts';
import { openBooks } from '../../master/books.ts';
import { bringUpToDate, SCHEMA, type Migrations } from '../../master/schema.ts';
import { openStore } from '../../store/store.ts';
import { fakeClock } from '../kit/clock.ts';
import { folder } from '../store/folder.ts';
import { everythingIn } from './everything.ts';

const recorded = path.resolve(import.meta.dirname, '../../../test/fixtures/store');

test('schema: a store of each version is kept, today’s among them', (t) => {
  for (let version = 1; version <= SCHEMA; version++) t.true(existsSync(path.join(recorded, `schema-${version}`)));
});

for (const name of readdirSync(recorded).filter((entry) => entry.startsWith('schema-'))) {
  test(`schema: a store of ${name} is read as it was written`, async (t) => {
    const cachedir = folder(t);
    cpSync(path.join(recorded, name, 'log'), path.join(cachedir, 'store', 'log'), { recursive: true });
    const clock = fakeClock(Date.UTC(2026, 10, 26, 0, 1));
    const books = await openBooks({ ...loadMasterConfig({ env: {} }).config, cachedir }, clock, silent);
    const was: unknown = JSON.parse(readFileSync(path.join(recorded, name, 'everything.json'), 'utf8'));
    t.deepEqual(await everythingIn(books), was);
    await books.store.close();
  });
}

async function storeOf(t: ExecutionContext, version?: number) {
  const directory = folder(t);
  const store = await openStore({ directory, now: () => 0 });
  t.teardown(() => store.close());
  const schema = store.bucket<number>('schema');
  if (version !== undefined) await store.commit([schema.put('books', version)]);
  return { directory, store, schema };
}

test('schema: one of a newer version is refused in words, and nothing is touched', async (t) => {
  const { directory, store } = await storeOf(t, 9);
  const refused = await t.throwsAsync(bringUpToDate(store, directory), { code: 'TS_STORE_NEWER_SCHEMA' });
  t.regex(
    refused.message,
    /written by a newer tsalt \(schema 9; this one knows schemas up to \d+\): nothing was touched/,
  );
  t.is(store.head(), 1);
});

test('schema: an older one is brought up step by step, and goes on where a kill stopped it', async (t) => {
  const { directory, store, schema } = await storeOf(t);
  const values = store.bucket<string>('value');
  await store.commit([values.put('k', 'one')]);
  let isKilled = true;
  const steps: Migrations = {
    1: async () => void (await store.commit([values.put('k', `${values.get('k')}, two`)])),
    2: async () => {
      if (isKilled) throw new Error('killed');
      await store.commit([values.put('k', `${values.get('k')}, three`)]);
    },
  };
  await t.throwsAsync(bringUpToDate(store, directory, steps, 3), { message: 'killed' });
  t.is(schema.get('books'), 2);
  isKilled = false;
  await bringUpToDate(store, directory, steps, 3);
  t.is(values.get('k'), 'one, two, three');
  t.is(schema.get('books'), 3);
});

test('schema: a store that is new is of the newest at once', async (t) => {
  const { directory, store, schema } = await storeOf(t);
  const steps: Migrations = { 1: () => Promise.reject(new Error('there is nothing to bring up')) };
  await bringUpToDate(store, directory, steps, 2);
  t.is(schema.get('books'), 2);
});
