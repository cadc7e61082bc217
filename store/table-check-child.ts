import { writeSync } from 'node:fs';
import { open } from 'lmdb';
import { bucketSizes } from './bucket-sizes.ts';
import { bytesOf, decodeEntry, decodeSummary, emptySummary, isSame, SUMMARY_KEY, withEntry } from './table-summary.ts';

/*
 * Ends with 0 when the table is whole, having written `Seen` of it on standard output, as JSON; and having copied it, where there
 * is a name for the copy. See `lookAt`. The copy is written entry by entry: one made of pages would take over which pages are
 * free, which nothing here can look at.
 */

const [file = '', copy] = process.argv.slice(2);
const settings = { encoding: 'binary', noSubdir: true, cache: false, maxReaders: 2, maxDbs: 1, noSync: true } as const;

const table = open<Buffer, string>({ path: file, readOnly: true, ...settings });
const made = copy === undefined ? undefined : open<Buffer, string>({ path: copy, overlappingSync: false, ...settings });
const said = decodeSummary(table.get(SUMMARY_KEY));
const sizes = bucketSizes();
const isWhole = made ? made.transactionSync(look) : look();
if (isWhole) writeSync(1, JSON.stringify({ applied: said?.applied, sizes: sizes.all() }));
process.exitCode = isWhole ? 0 : 1;
void Promise.all([table.close(), made?.close()]);

function look(): boolean {
  let found = { ...emptySummary, applied: said?.applied ?? 0 };
  for (const { key, value } of table.getRange()) {
    made?.putSync(key, value, { append: true });
    if (key === SUMMARY_KEY) continue;
    if (!decodeEntry(key, value)) return false;
    found = withEntry(found, key, value);
    sizes.count(key, bytesOf(key, value));
  }
  return said !== undefined && isSame(said, found);
}
