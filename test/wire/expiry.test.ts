import test from 'ava';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { accepted, manifest, startMaster, startMinion, until } from './kit.ts';

/** The system's, with another wall clock. */
const beside = (ms: number): Clock => ({ ...systemClock, now: () => systemClock.now() + ms });

const YEAR = 365 * 24 * 3_600_000;

test("expiry: a job has its time by the master's clock, however wrong a minion's wall clock is", async (t) => {
  const master = await startMaster(t);
  const early = startMinion(t, master, 'early', { clock: beside(-YEAR) });
  const late = startMinion(t, master, 'late', { clock: beside(YEAR) });
  await Promise.all([early, late].map(accepted));
  const targets = ['early', 'late'].map((id) => ({ session: master.session(id), args: { arg: [], kwarg: {} } }));
  // By more than a beat takes to arrive: for so long the minion's idea of the master's time is behind.
  master.link.publish(manifest('test.over', Date.now() - 60_000), targets);
  master.link.publish(manifest('test.good'), targets);
  for (const minion of [early, late]) {
    await until('the good one has come', () => minion.jobs.length > 0 || undefined);
    t.deepEqual(
      minion.jobs.map((job) => job.manifest.fun),
      ['test.good'],
    );
    t.is(minion.link.stats()['jobs.expired'], 1);
  }
});
