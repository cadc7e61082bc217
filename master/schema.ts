import { storeErrors } from '../lib/errors/store.ts';
import type { Store } from '../store/store.ts';

/**
 * Which shapes the books' values have. A change of a shape is one more here, and what makes the older one into it in
 * `migrations`; a store of it is kept in test/fixtures/store, for the versions after.
 */
export const SCHEMA = 1;

/** By the schema they start from: what brings a store to the next one. Killed in its middle it is done again, which must change nothing more. */
export type Migrations = Readonly<Record<number, (store: Store) => Promise<void>>>;

const migrations: Migrations = {};

/**
 * Brings what an earlier version left to today's shapes, step by step. A store without a number is of the first one. Raises
 * `TS_STORE_NEWER_SCHEMA`, with nothing changed.
 */
export async function bringUpToDate(
  store: Store,
  directory: string,
  steps = migrations,
  known = SCHEMA,
): Promise<void> {
  const bucket = store.bucket<number>('schema');
  const said = bucket.get('books');
  const found = said ?? (store.head() === 0 ? known : 1);
  if (found > known) throw storeErrors.newerSchema({ directory, version: found, known });
  for (let version = found; version < known; version++) {
    await steps[version]?.(store);
    await store.commit([bucket.put('books', version + 1)]);
  }
  if (said === undefined && found === known) await store.commit([bucket.put('books', known)]);
}
