import { parseArgs } from 'node:util';
import { runApart } from './apart.ts';
import { rows } from './rows.ts';
import { sayResult } from './run.ts';

/*
 * The long run: `npm run test:long -- faults [--row NAME]... [--seed N] [--seeds 20]`. A row's name may be the beginning of
 * some. Ends with 1 when anything was wrong.
 */

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const seeds = Number(values.seeds);
const meant = rows.filter(({ name }) => values.row.length === 0 || values.row.some((start) => name.startsWith(start)));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(seeds) || seeds < 1 || meant.length === 0) {
  console.error(`--seed and --seeds are whole numbers, --row is the beginning of one of:\n${names()}`);
  process.exit(2);
}
if (values.list) {
  console.log(names());
  process.exit(0);
}

function names(): string {
  return rows.map(({ name, what }) => `${name.padEnd(36)}${what}`).join('\n');
}

const bad: string[] = [];
let runs = 0;
for (const row of meant) {
  const reason = row.missing?.();
  if (reason !== undefined) {
    console.log(`left  ${row.name}  ${reason}`);
    continue;
  }
  for (let seed = first; seed < first + seeds; seed++) {
    const result = await runApart(row, seed);
    runs++;
    console.log(sayResult(result));
    if (result.wrong.length > 0) bad.push(`${row.name} ${seed}`);
  }
}
console.log(`${runs - bad.length} of ${runs} runs were good${bad.length > 0 ? `; bad: ${bad.join(', ')}` : ''}`);
process.exit(bad.length === 0 ? 0 : 1);
