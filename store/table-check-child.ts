import { writeSync } from 'node:fs';
import { open } from 'lmdb';
import { bucketSizes } from './bucket-sizes.ts';
import {
  bytesOf,
  decodeEntry,
  decodeSummary,
  emptySummary,
  isSame,
  SUMMARY_KEY,
  withEntry,
  type Summary,
} from './table-summary.ts';

/*
 * Says on standard output (`Look`, as JSON) up to which number the log was applied to a table that is whole, and what is in it;
 * ends with 0 when its copy is there. See `copyWhole`. The copy is written entry by entry: one made of pages would take over which pages are free, which
 * nothing here can look at.
 */

const [file = '', copy = ''] = process.argv.slice(2);
const settings = { encoding: 'binary', noSubdir: true, cache: false, maxReaders: 2, maxDbs: 1, noSync: true } as const;

const table = open<Buffer, string>({ path: file, readOnly: true, ...settings });
const said = decodeSummary(table.get(SUMMARY_KEY));
const sizes = bucketSizes();
if (!said || !isWhole(said)) process.exit(1);
writeSync(1, JSON.stringify({ applied: said.applied, sizes: sizes.all() }));
const made = open<Buffer, string>({ path: copy, overlappingSync: false, ...settings });
made.transactionSync(() => {
  for (const { key, value } of table.getRange()) made.putSync(key, value, { append: true });
});
void Promise.all([table.close(), made.close()]);

function isWhole(summary: Summary): boolean {
  let found = { ...emptySummary, applied: summary.applied };
  for (const { key, value } of table.getRange()) {
    if (key === SUMMARY_KEY) continue;
    if (!decodeEntry(key, value)) return false;
    found = withEntry(found, key, value);
    sizes.count(key, bytesOf(key, value));
  }
  return isSame(summary, found);
}
