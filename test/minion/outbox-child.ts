import { systemClock } from '../../lib/clock.ts';
import { silent } from '../../lib/log.ts';
import { openOutbox } from '../../minion/outbox.ts';

/* A minion's outbox in a process to be killed: says the number of each event that is safe, until it dies. */

const [directory = '', first = '0'] = process.argv.slice(2);
const outbox = await openOutbox({ directory, clock: systemClock, log: silent });
for (let n = Number(first); ; n++) {
  // Some wait together, as in a burst.
  const [one, other] = [outbox.addEvent('t', { n }), outbox.addEvent('t', { n: n + 0.5 })];
  await Promise.all([one, other]);
  process.send?.(n);
}
