import { open } from 'lmdb';
import {
  decodeEntry,
  decodeSummary,
  emptySummary,
  encodeSummary,
  isSame,
  SUMMARY_KEY,
  withEntry,
} from './table-summary.ts';

/*
 * Ends with 0 when the table was whole, and its copy is. See `copyWhole`. The copy is written entry by entry: one made of pages
 * would take over which pages are free, which nothing here can look at.
 */

const [file = '', copy = ''] = process.argv.slice(2);
const settings = { encoding: 'binary', noSubdir: true, cache: false, maxReaders: 2, maxDbs: 1, noSync: true } as const;

const table = open<Buffer, string>({ path: file, readOnly: true, ...settings });
const made = open<Buffer, string>({ path: copy, overlappingSync: false, ...settings });
const said = decodeSummary(table.get(SUMMARY_KEY));
let found = { ...emptySummary, applied: said?.applied ?? 0 };
let isWhole = said !== undefined;
made.transactionSync(() => {
  made.putSync(SUMMARY_KEY, encodeSummary(said ?? emptySummary), { append: true });
  for (const { key, value } of table.getRange()) {
    if (key === SUMMARY_KEY) continue;
    isWhole &&= decodeEntry(key, value) !== undefined;
    found = withEntry(found, key, value);
    made.putSync(key, value, { append: true });
  }
});
process.exitCode = isWhole && said && isSame(said, found) ? 0 : 1;
void Promise.all([table.close(), made.close()]);
