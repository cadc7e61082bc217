import test from 'ava';
import { rows } from './harness/rows.ts';
import { runRow, sayResult } from './harness/run.ts';

/*
 * Some rows of the fault matrix, with seeds that are always the same. All of them, with any seed:
 * `npm run test:long -- faults --seeds 20`
 */

const short: readonly (readonly [string, number])[] = [
  ['all-killed', 1],
  ['master-dies-at-items-durable', 1],
  ['master-dies-at-reaction-published', 1],
  ['minion-dies-at-job-ran', 1],
  ['minion-killed-unheard', 1],
  ['link-reset', 1],
  ['master-disk-slow', 1],
];

for (const [name, seed] of short) {
  const row = rows.find((one) => one.name === name);
  if (!row) throw new Error(`there is no row ${name}`);
  const missing = row.missing?.();
  const run = missing === undefined ? test.serial : test.serial.skip;
  run(`faults: ${row.what}, all promises are kept${missing === undefined ? '' : ` (${missing})`}`, async (t) => {
    t.timeout(240_000);
    const result = await runRow(row, seed);
    t.deepEqual(result.wrong, [], sayResult(result));
    t.true(result.acknowledged > 0);
  });
}
