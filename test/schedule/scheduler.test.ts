import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import type { ScheduledJob } from '../../lib/schedule/job.ts';
import { scheduler } from '../../lib/schedule/scheduler.ts';
import { fakeClock, type FakeClock } from '../kit/clock.ts';

const hour = 3_600_000;
/** One o'clock in Berlin. */
const midnight = Date.UTC(2026, 0, 1);

interface Setup {
  readonly id?: string;
  /** How long a run takes; by default none. */
  readonly run?: (job: ScheduledJob) => Promise<boolean>;
  readonly start?: number;
  readonly whens?: JsonMap;
}

/** Where clocks are set forward on 29 March 2026 and back on 25 October. */
const zone = 'Europe/Berlin';

/** No work is too long for one turn of the event loop. */

/** A scheduler on a clock of its own, and when which job was started: `[seconds, name]`. */
function setUp(schedule: JsonMap, { id = 'm1', run = async () => true, start = midnight, whens }: Setup = {}) {
  const clock = fakeClock(start);
  const started: [seconds: number, name: string][] = [];
  const jobs: ScheduledJob[] = [];
  const told: string[] = [];
  const made = scheduler({
    id,
    clock,
    zone,
    log: (level, message, facts) => told.push(`${level}: ${message} ${JSON.stringify(facts)}`),
    run(job) {
      started.push([clock.monotonic() / 1000, job.name]);
      jobs.push(job);
      return run(job);
    },
  });
  const problems = made.set(schedule, whens);
  return { clock, started, jobs, told, problems, scheduler: made };
}

/** Lets promises that are settled be noticed. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass, and what is due be done each ten seconds. */
async function pass(clock: FakeClock, seconds: number) {
  for (let passed = 0; passed < seconds; passed += 10) {
    await settle();
    clock.advance(10_000);
  }
  await settle();
}

const ping = { function: 'test.ping' };

test('scheduler: an interval, runs at its multiples and not at the start', async (t) => {
  const { clock, started, jobs } = setUp({ a: { ...ping, minutes: 1, seconds: 30, args: [1], kwargs: { x: 2 } } });
  for (let second = 0; second < 300; second++) {
    clock.advance(1000);
    await settle();
  }
  t.deepEqual(
    started.map(([at]) => at),
    [90, 180, 270],
  );
  t.like(jobs[0], { name: 'a', fun: 'test.ping', args: [1], kwargs: { x: 2 }, returnJob: 'kept' });
});

test('scheduler: run_on_start, runs at once and then at the multiples', async (t) => {
  const { clock, started } = setUp({ a: { ...ping, seconds: 10, run_on_start: true } });
  await settle();
  clock.advance(25_000);
  await settle();
  t.deepEqual(started.map(([at]) => at).slice(0, 2), [0, 10]);
});

test('scheduler: a timer that comes late, moves no later run', async (t) => {
  const { clock, started, scheduler: made } = setUp({ a: { ...ping, seconds: 10 } });
  const late = { ...clock, after: (ms: number, callback: () => void) => clock.after(ms + 7, callback) };
  const times: number[] = [];
  const other = scheduler({
    id: 'm',
    clock: late,
    log: silent,
    run: async () => times.push(clock.monotonic()) > 0,
  });
  other.set({ a: { ...ping, seconds: 10 } });
  for (let run = 0; run < 50; run++) {
    clock.advance(10_000);
    await settle();
  }
  clock.advance(7);
  t.is(times.at(-1), 500_007);
  t.is(started.length, 50);
  made.stop();
  t.is(clock.waiting, 1);
});

test('scheduler: after a long sleep, a job runs once and the rest is counted as missed', async (t) => {
  const clock = fakeClock();
  let asleep = 0;
  const sleepy = { ...clock, monotonic: () => clock.monotonic() + asleep, now: () => clock.now() + asleep };
  let runs = 0;
  const made = scheduler({ id: 'm', clock: sleepy, log: silent, run: async () => ++runs > 0 });
  made.set({ a: { ...ping, seconds: 10 } });
  clock.advance(10_000);
  await settle();
  asleep = 3_600_000;
  clock.advance(10_000);
  await settle();
  t.like(made.status()[0], { runs: 2, missed: 360, skipped: 0 });
  t.is(runs, 2);
  clock.advance(10_000);
  await settle();
  t.is(made.status()[0]?.runs, 3);
});

test('scheduler: maxrunning, leaves a run out while the last one goes on', async (t) => {
  const ends: (() => void)[] = [];
  const {
    clock,
    started,
    told,
    scheduler: made,
  } = setUp(
    { a: { ...ping, seconds: 10 }, b: { ...ping, seconds: 10, maxrunning: 2 } },
    { run: () => new Promise((resolve) => ends.push(() => resolve(true))) },
  );
  clock.advance(30_000);
  await settle();
  t.deepEqual(
    started.map(([at, name]) => `${name}${at}`),
    ['a10', 'b10', 'b20'],
  );
  t.deepEqual(
    made.status().map(({ name, running, skipped }) => [name, running, skipped]),
    [
      ['a', 1, 2],
      ['b', 2, 1],
    ],
  );
  t.is(told.filter((line) => line.startsWith('warning: scheduled job still running')).length, 3);
  for (const end of ends) end();
  await settle();
  clock.advance(10_000);
  t.is(started.length, 5);
});

test('scheduler: a run that fails, is told and the next one comes', async (t) => {
  const { clock, started, told } = setUp(
    { a: { ...ping, seconds: 10 } },
    { run: () => Promise.reject(new Error('no such function')) },
  );
  clock.advance(10_000);
  await settle();
  clock.advance(10_000);
  await settle();
  t.is(started.length, 2);
  t.regex(told[0] ?? '', /^error: scheduled job failed .*no such function/);
});

test('scheduler: splay, is the same for a minion at every start and spreads minions evenly', (t) => {
  const job = { ...ping, seconds: 60, splay: { start: 5, end: 25 } };
  const first = (id: string) => {
    const { scheduler: made } = setUp({ a: job }, { id });
    return ((made.status()[0]?.next ?? 0) - midnight) / 1000 - 60;
  };
  t.is(first('web1'), first('web1'));
  const offsets = Array.from({ length: 400 }, (_, n) => first(`m${n}`));
  t.true(offsets.every((offset) => offset >= 5 && offset < 25));
  for (const from of [5, 10, 15, 20]) {
    const there = offsets.filter((offset) => offset >= from && offset < from + 5).length;
    t.true(there > 60 && there < 140, `${there} of 400 from ${from} s`);
  }
});

test('scheduler: a cron line, runs at its times of the wall clock', async (t) => {
  const { clock, started } = setUp({ a: { ...ping, cron: '*/20 * * * *' } });
  for (let minute = 0; minute < 61; minute++) {
    clock.advance(60_000);
    await settle();
  }
  t.deepEqual(
    started.map(([at]) => at / 60),
    [20, 40, 60],
  );
});

test('scheduler: a wall clock set forward, runs what it leapt over once and counts the rest', async (t) => {
  const { clock, started, scheduler: made } = setUp({ a: { ...ping, cron: '0 * * * *' } });
  clock.jump(midnight + 5 * hour + 60_000);
  clock.advance(31_000);
  await settle();
  t.is(started.length, 1);
  t.like(made.status()[0], { runs: 1, missed: 4 });
});

test('scheduler: a wall clock set back by minutes, runs nothing twice and leaves nothing out', async (t) => {
  const { clock, started } = setUp({ hourly: { ...ping, cron: '0 * * * *' }, daily: { ...ping, when: '02:00' } });
  const wall: string[] = [];
  const pass = async (minutes: number) => {
    for (let half = 0; half < minutes * 2; half++) {
      const before = started.length;
      clock.advance(30_000);
      await settle();
      const time = new Date(clock.now() + hour).toISOString().slice(11, 16);
      for (const [, name] of started.slice(before)) wall.push(`${name} ${time}`);
    }
  };
  await pass(62);
  clock.jump(clock.now() - 5 * 60_000);
  await pass(66);
  t.deepEqual(wall, ['hourly 02:00', 'daily 02:00', 'hourly 03:00']);
});

test('scheduler: a wall clock set back by a day, starves no job longer than its own period', async (t) => {
  const { clock, started } = setUp({ hourly: { ...ping, cron: '0 * * * *' }, often: { ...ping, cron: '* * * * *' } });
  clock.advance(hour + 1000);
  await settle();
  clock.jump(clock.now() - 24 * hour);
  started.length = 0;
  for (let minute = 0; minute < 119; minute++) {
    clock.advance(60_000);
    await settle();
  }
  t.is(started.filter(([, name]) => name === 'hourly').length, 1);
  t.is(started.filter(([, name]) => name === 'often').length, 119);
});

test('scheduler: a new schedule, leaves unchanged jobs their rhythm and stops the others', async (t) => {
  const { clock, started, scheduler: made } = setUp({ a: { ...ping, seconds: 10 }, b: { ...ping, seconds: 10 } });
  clock.advance(5000);
  made.set({ a: { ...ping, seconds: 10 }, b: { ...ping, seconds: 20 }, c: { ...ping, seconds: 3 } });
  clock.advance(5000);
  await settle();
  t.deepEqual(started, [
    [8, 'c'],
    [10, 'a'],
  ]);
  made.set({});
  t.is(clock.waiting, 0);
});

test('scheduler: enabled false, for one job or for all, runs nothing', (t) => {
  t.is(setUp({ a: { ...ping, seconds: 1, enabled: false } }).clock.waiting, 0);
  t.is(setUp({ enabled: false, a: { ...ping, seconds: 1 } }).clock.waiting, 0);
});

/** The first runs, in UTC, of a job that is looked at each half hour. */
async function runsFrom(start: string, job: JsonMap, hours: number): Promise<string[]> {
  const runs: string[] = [];
  const { clock, started } = setUp({ a: { ...ping, ...job } }, { start: Date.parse(start) });
  for (let half = 0; half < hours * 2; half++) {
    clock.advance(hour / 2);
    await settle();
  }
  for (const [at] of started) runs.push(new Date(Date.parse(start) + at * 1000).toISOString().slice(5, 16));
  return runs;
}

test('scheduler: clocks go forward, a time that is left out comes when they have, an hourly one each hour', async (t) => {
  const night = '2026-03-28T12:00:00Z';
  const expected = ['03-29T01:00', '03-30T00:30'];
  t.deepEqual(await runsFrom(night, { cron: '30 2 * * *' }, 40), expected);
  t.deepEqual(await runsFrom(night, { when: '2:30am' }, 40), expected);
  t.deepEqual(await runsFrom(night, { once: '2026-03-29T02:30:00' }, 40), ['03-29T01:00']);
  t.deepEqual(await runsFrom('2026-03-29T00:00:00Z', { cron: '0 * * * *' }, 3), [
    '03-29T01:00',
    '03-29T02:00',
    '03-29T03:00',
  ]);
});

test('scheduler: clocks go back, a time that is there twice comes once, an hourly one each hour', async (t) => {
  const night = '2026-10-24T12:00:00Z';
  t.deepEqual(await runsFrom(night, { cron: '30 2 * * *' }, 40), ['10-25T00:30', '10-26T01:30']);
  t.deepEqual(await runsFrom(night, { when: '2:30am' }, 40), ['10-25T00:30', '10-26T01:30']);
  t.deepEqual(await runsFrom('2026-10-24T23:00:00Z', { cron: '30 * * * *' }, 3), [
    '10-24T23:30',
    '10-25T00:30',
    '10-25T01:30',
  ]);
});

test('scheduler: when, each day, some weekdays or one date, as a list or by a name', async (t) => {
  const friday = '2026-01-02T12:00:00Z';
  t.deepEqual(await runsFrom(friday, { when: '5:00pm' }, 48), ['01-02T16:00', '01-03T16:00']);
  t.deepEqual(await runsFrom(friday, { when: ['Monday 3:00am', 'Saturday 17:30'] }, 14 * 24), [
    '01-03T16:30',
    '01-05T02:00',
    '01-10T16:30',
    '01-12T02:00',
  ]);
  t.deepEqual(await runsFrom(friday, { when: ['2026-01-04 10:00', '1/1/2026 9am'] }, 96), ['01-04T09:00']);
  const { clock, started } = setUp({ a: { ...ping, when: 'tea' } }, { whens: { tea: '4:00pm' } });
  clock.advance(15 * hour);
  t.deepEqual(started, [[14 * 3600 + 3600, 'a']]);
});

test('scheduler: once, runs at its date and not before, after or again', async (t) => {
  const {
    clock,
    started,
    scheduler: made,
  } = setUp({
    a: { ...ping, once: '2026-01-01T02:30:00' },
    b: { ...ping, once: '01.01.2026 03:00', once_fmt: '%d.%m.%Y %H:%M' },
    gone: { ...ping, once: '2025-12-31T23:00:00' },
  });
  clock.advance(48 * hour);
  await settle();
  clock.jump(midnight);
  clock.advance(48 * hour);
  t.deepEqual(started, [
    [1.5 * 3600, 'a'],
    [2 * 3600, 'b'],
  ]);
  t.true(made.status().every(({ next }) => next === undefined));
});

test('scheduler: range, runs within it, both ends included, and inverted outside', async (t) => {
  const hours = async (range: JsonMap, start = '2026-01-01T22:30:00Z') =>
    (await runsFrom(start, { cron: '0 * * * *', range }, 24)).map((at) => Number(at.slice(6, 8)) + 1);
  t.deepEqual(await hours({ start: '8:00am', end: '11:00am' }), [8, 9, 10, 11]);
  t.is((await hours({ start: '8:00am', end: '11:00am', invert: true })).length, 20);
  t.deepEqual(await hours({ start: '10pm', end: '2am' }), [24, 1, 2, 22, 23]);
  t.deepEqual(await hours({ start: 'Friday 9pm', end: 'Sunday 1am' }), [21, 22, 23]);
  t.deepEqual(await hours({ start: '2026-01-02 05:00', end: '2026-01-02 06:00' }), [5, 6]);
});

test('scheduler: skip_during_range, leaves out what is in it, and runs after it where that is wanted', async (t) => {
  const job = { cron: '*/30 * * * *', skip_during_range: { start: '2:15am', end: '4:10am' } };
  const before = '2026-01-01T00:45:00Z';
  t.deepEqual(await runsFrom(before, job, 3), ['01-01T01:00', '01-01T03:30']);
  t.deepEqual(await runsFrom(before, { ...job, run_after_skip_range: true }, 3), [
    '01-01T01:00',
    '01-01T03:10',
    '01-01T03:30',
  ]);
});

test('scheduler: until and after, a date or a time of each day, bound when a job runs', async (t) => {
  const job = { cron: '0 * * * *' };
  const evening = '2026-01-01T20:30:00Z';
  t.deepEqual(await runsFrom(evening, { ...job, until: '2026-01-01 23:00' }, 5), ['01-01T21:00']);
  t.deepEqual(await runsFrom(evening, { ...job, after: '2026-01-02 00:30' }, 5), ['01-02T00:00', '01-02T01:00']);
  t.deepEqual(await runsFrom(evening, { ...job, until: '1:30am' }, 6), ['01-01T23:00', '01-02T00:00']);
  t.deepEqual(await runsFrom(evening, { ...job, after: '10:30pm' }, 5), ['01-01T22:00']);
});

test('scheduler: skips and runs that were asked for, come besides the rhythm and do not break it', async (t) => {
  const job = { ...ping, seconds: 600 };
  const { clock, started, scheduler: made } = setUp({ a: { ...job, run_on_start: true } });
  await pass(clock, 60);
  const second = new Date((made.status()[0]?.next ?? 0) + 600_000 + hour).toISOString().slice(0, 19);
  made.set({
    a: { ...job, run_on_start: true, skip_explicit: [second], run_explicit: [{ time: '01:25', time_fmt: '%H:%M' }] },
  });
  made.set({ a: { ...job, run_on_start: true, skip_explicit: [second], run_explicit: ['2026-01-01T01:25:00'] } });
  await pass(clock, 1800);
  t.deepEqual(
    started.map(([at]) => at),
    [0, 600, 1500, 1800],
  );
  t.like(made.status()[0], { skipped: 1, lastSkip: { reason: 'skip_explicit' } });
});

test('scheduler: what stands beside the jobs, is for all of them', async (t) => {
  const { clock, started, jobs } = setUp({
    skip_during_range: { start: '1:05am', end: '1:25am' },
    skip_function: 'test.echo',
    a: { ...ping, minutes: 10 },
  });
  await pass(clock, 1800);
  t.is(started.length, 3);
  t.deepEqual(
    jobs.map(({ fun }) => fun),
    ['test.echo', 'test.echo', 'test.ping'],
  );
});

test('scheduler: dry_run, is counted and calls nothing', (t) => {
  const { clock, started, told, scheduler: made } = setUp({ a: { ...ping, seconds: 1, dry_run: true } });
  clock.advance(3000);
  t.deepEqual(started, []);
  t.is(made.status()[0]?.runs, 3);
  t.is(told.length, 3);
});

test('scheduler: a job that is told to run, runs though it is disabled; one that runs already, or is none, does not', async (t) => {
  const { started, scheduler: made } = setUp(
    { a: { ...ping, hours: 1, enabled: false } },
    { run: () => new Promise(() => {}) },
  );
  t.true(made.runNow('a'));
  t.false(made.runNow('a'));
  t.false(made.runNow('b'));
  t.is(started.length, 1);
});

test('scheduler: counts, hold those of jobs that are no more', async (t) => {
  const { clock, scheduler: made } = setUp({ a: { ...ping, seconds: 10 } }, { run: () => Promise.resolve(false) });
  await pass(clock, 20);
  made.set({ b: { ...ping, seconds: 1, enabled: false } });
  t.deepEqual(made.counts(), { jobs: 0, running: 0, runs: 2, failed: 2, skipped: 0, missed: 0 });
});

test('scheduler: a job that runs while its times are changed, counts as running', async (t) => {
  const {
    clock,
    started,
    scheduler: made,
  } = setUp({ a: { ...ping, seconds: 10 } }, { run: () => new Promise(() => {}) });
  await pass(clock, 10);
  made.set({ a: { ...ping, seconds: 20 } });
  await pass(clock, 60);
  t.is(started.length, 1);
  t.like(made.status()[0], { running: 1, runs: 1, skipped: 3 });
});

test('scheduler: a job that is taken away and set again while it runs, is not run twice at once', async (t) => {
  const ends: (() => void)[] = [];
  const run = (): Promise<boolean> => new Promise((resolve) => ends.push(() => resolve(false)));
  const { clock, scheduler: made } = setUp({ a: { ...ping, seconds: 10 } }, { run });
  await pass(clock, 10);
  made.set({});
  t.like(made.counts(), { jobs: 0, running: 1, runs: 1, failed: 0 });
  made.set({ a: { ...ping, seconds: 10 } });
  await pass(clock, 10);
  t.is(ends.length, 1);
  t.like(made.counts(), { running: 1, runs: 1, skipped: 1 });
  made.set({});
  ends[0]?.();
  await settle();
  t.deepEqual(made.counts(), { jobs: 0, running: 0, runs: 1, failed: 1, skipped: 1, missed: 0 });
  made.set({ a: { ...ping, seconds: 10 } });
  t.like(made.status()[0], { runs: 0, running: 0 });
  await pass(clock, 10);
  t.is(ends.length, 2);
  t.like(made.counts(), { running: 1, runs: 2, failed: 1, skipped: 1 });
});

test('scheduler: an interval, does not mind where the wall clock is set', async (t) => {
  const { clock, started } = setUp({ a: { ...ping, seconds: 600 } });
  await pass(clock, 300);
  clock.jump(midnight + 9 * hour);
  await pass(clock, 600);
  clock.jump(midnight - 9 * hour);
  await pass(clock, 600);
  t.deepEqual(
    started.map(([at]) => at),
    [600, 1200],
  );
});
