import { mock } from 'node:test';
import test from 'ava';
import { Cron } from 'croner';
import { silent } from '../../lib/log.ts';
import { slicedTimers } from '../../lib/schedule/sliced-timers.ts';
import { scheduler } from '../../lib/schedule/scheduler.ts';
import { fakeClock } from '../kit/clock.ts';

const midnight = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** So many jobs, each due every minute, each taking so long to start; those that were started, and a clock to leap with. */
function manyJobs(count: number, startMs = 0) {
  const clock = fakeClock(midnight);
  let taken = 0;
  const started: string[] = [];
  const made = scheduler({
    id: 'm1',
    clock: slicedTimers(clock, () => taken),
    zone: 'Etc/UTC',
    log: silent,
    async run({ name }) {
      taken += startMs;
      started.push(name);
      return true;
    },
  });
  const names = Array.from({ length: count }, (_, n) => `job${n}`);
  made.set(Object.fromEntries(names.map((name) => [name, { function: 'test.ping', cron: '* * * * *' }])));
  return { clock, made, names, started };
}

test('scheduler: a clock set forward by a day or by years, looks for no more than 100 of the times it leapt over', async (t) => {
  const looks = mock.method(Cron.prototype, 'nextRun');
  t.teardown(() => mock.restoreAll());
  for (const days of [1, 4000]) {
    const { clock, made } = manyJobs(1);
    looks.mock.resetCalls();
    clock.jump(midnight + days * day);
    clock.advance(31_000);
    t.like(made.status()[0], { runs: 1, missed: 100 });
    t.true(looks.mock.callCount() < 110, `${looks.mock.callCount()} times were looked for`);
    await turn();
    clock.advance(60_000);
    t.like(made.status()[0], { runs: 2, missed: 100 }, 'the next one comes a minute later');
  }
});

test('scheduler: a clock set forward by a day, a time that is left out is still known among those leapt over', (t) => {
  const clock = fakeClock(midnight);
  const made = scheduler({ id: 'm1', clock, zone: 'Etc/UTC', log: silent, run: async () => true });
  made.set({ a: { function: 'test.ping', cron: '* * * * *', skip_explicit: ['2026-01-02T00:00:00'] } });
  clock.jump(midnight + day - 30_000);
  clock.advance(30_000);
  t.like(made.status()[0], { runs: 0, lastSkip: { reason: 'skip_explicit' } });
});

test('scheduler: a hundred jobs due at once, are started in slices and in order, others have their turn between', async (t) => {
  const { clock, names, started } = manyJobs(100, 1);
  clock.advance(60_000);
  const slices = [started.length];
  while (started.length < 100 && slices.length < 100) {
    const before = started.length;
    await turn();
    slices.push(started.length - before);
  }
  t.deepEqual(started, names);
  t.true(Math.max(...slices) <= 5, slices.join(' '));
});

test('scheduler: a hundred jobs due at once, of which each is begun quickly, share few turns', async (t) => {
  const { clock, names, started } = manyJobs(100, 0.25);
  clock.advance(60_000);
  for (let turns = 1; turns < 6; turns++) await turn();
  t.deepEqual(started, names);
});

test('scheduler: stopped between two slices, starts none of the jobs that are still to be', async (t) => {
  const { clock, made, started } = manyJobs(100, 1);
  clock.advance(60_000);
  made.stop();
  await turn();
  await turn();
  t.is(started.length, 5);
});
