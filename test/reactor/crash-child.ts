import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../lib/clock.ts';
import { silent } from '../../lib/log.ts';
import { eventBus } from '../../master/bus.ts';
import { startReactorEngine } from '../../master/reactor/engine.ts';
import { openJournal } from '../../store/journal.ts';
import { openStore } from '../../store/store.ts';
import { fakePowers, reactorOf } from './kit.ts';

/*
 * A master's reactor half in a process to be killed: `<directory> <fire>`. Fires that many events, and goes on with what the
 * process before it left open. `delivered` gets a line a delivery, `jobs` a line a job that really ran.
 */

const [directory = '', fire = '0'] = process.argv.slice(2);
const file = (name: string) => path.join(directory, name);
const ran = new Set(existsSync(file('jobs')) ? readFileSync(file('jobs'), 'utf8').split('\n') : []);

const store = await openStore({ directory: file('store'), now: Date.now });
const events = eventBus({ store, clock: systemClock, log: silent });
const { powers } = fakePowers();
const engine = await startReactorEngine({
  entries: [{ tag: 'x', files: ['r'] }],
  open: async () =>
    reactorOf(
      async ({ seq, data }, context) => {
        appendFileSync(file('delivered'), `${seq}\n`);
        const { jid } = await context.publish('job', { tgt: '*', fun: 'test.ping' });
        if (data['fails'] === true) throw new Error(jid);
      },
      { retry: { tries: 3, firstMs: 5, longestMs: 20 } },
    ),
  events,
  store: await openJournal({ directory: file('reactions'), now: Date.now }),
  powers: {
    ...powers,
    jobs: {
      ...powers.jobs,
      async publish(once) {
        if (!ran.has(once)) appendFileSync(file('jobs'), `${once}\n`);
        ran.add(once);
        return { jid: once, minions: [] };
      },
    },
  },
  clock: systemClock,
  log: silent,
});

process.send?.('started');
let fired = 0;
for (let n = 0; n < Number(fire); n++) {
  void events.fire({ tag: 'x', data: { id: `w${n % 10}`, fails: n % 50 === 0 } }).then(({ seq }) => {
    appendFileSync(file('fired'), `${seq}\n`);
    fired++;
  });
  if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const timer = setInterval(() => {
  const [{ counters } = { counters: {} as Readonly<Record<string, number>> }] = engine.list();
  if (fired < Number(fire) || (counters['open'] ?? 1) > 0 || (counters['lag'] ?? 1) > 0) return;
  clearInterval(timer);
  void engine.stop().then(() => process.exit(0));
}, 10);
