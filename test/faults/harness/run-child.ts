import { rows } from './rows.ts';
import { runRow } from './run.ts';

/* One run, in a process of its own: `run-child.js ROW SEED`. Its parent gets the result. */

const [name, seed] = process.argv.slice(2);
const row = rows.find((one) => one.name === name);
if (!row) throw new Error(`there is no row ${name}`);
// Nobody waits for it any more: it goes, with all that it has started.
process.once('disconnect', () => process.kill(0, 'SIGKILL'));
const result = await runRow(row, Number(seed));
process.send?.(result, () => process.exit(0));
