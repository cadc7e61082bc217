import test from 'ava';
import { LONGEST_RUN_MS, runApart } from './harness/apart.ts';
import { rows } from './harness/rows.ts';
import { sayResult } from './harness/run.ts';

/*
 * Some rows of the fault matrix, with seeds that are always the same. All of them, with any seed:
 * `npm run test:long -- faults --seeds 20`
 */

const short: readonly (readonly [string, number])[] = [
  ['master-disk-stuck', 1],
  ['all-killed', 1],
  ['master-dies-at-items-durable', 1],
  ['master-dies-at-reaction-published', 1],
  ['minion-dies-at-job-ran', 1],
  ['minion-killed-unheard', 1],
  ['link-reset', 1],
];

for (const [name, seed] of short) {
  const row = rows.find((one) => one.name === name);
  if (!row) throw new Error(`there is no row ${name}`);
  const missing = row.missing?.();
  const run = missing === undefined ? test.serial : test.serial.skip;
  run(`faults: ${row.what}, all promises are kept${missing === undefined ? '' : ` (${missing})`}`, async (t) => {
    // It ends by itself, and then its processes.
    t.timeout(LONGEST_RUN_MS + 10_000);
    const result = await runApart(row, seed);
    t.deepEqual(result.wrong, [], sayResult(result));
    t.true(result.acknowledged > 0);
  });
}
