import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { collectorJobs } from '../../minion/collectors/schedule.ts';
import { parseSchedule, type ScheduledJob } from '../../minion/schedule.ts';
import { scheduler } from '../../minion/scheduler.ts';
import { fakeClock } from '../kit/clock.ts';

const midnight = Date.UTC(2026, 0, 1);

interface Setup {
  readonly id?: string;
  /** How long a run takes; by default none. */
  readonly run?: (job: ScheduledJob) => Promise<void>;
}

/** A scheduler on a clock of its own, and when which job was started: `[seconds, name]`. */
function setUp(schedule: JsonMap, { id = 'm1', run = async () => {} }: Setup = {}) {
  const clock = fakeClock(midnight);
  const started: [seconds: number, name: string][] = [];
  const jobs: ScheduledJob[] = [];
  const told: string[] = [];
  const made = scheduler({
    id,
    clock,
    log: (level, message, facts) => told.push(`${level}: ${message} ${JSON.stringify(facts)}`),
    run(job) {
      started.push([clock.monotonic() / 1000, job.name]);
      jobs.push(job);
      return run(job);
    },
  });
  const problems = made.set(schedule);
  return { clock, started, jobs, told, problems, scheduler: made };
}

/** Lets promises that are settled be noticed. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

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
  t.like(jobs[0], { name: 'a', fun: 'test.ping', args: [1], kwargs: { x: 2 }, returnJob: true });
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
  const other = scheduler({ id: 'm', clock: late, log: silent, run: async () => void times.push(clock.monotonic()) });
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
  const made = scheduler({ id: 'm', clock: sleepy, log: silent, run: async () => void runs++ });
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
    { run: () => new Promise((resolve) => ends.push(resolve)) },
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

test('scheduler: a wall clock set forward or back, does not silence a cron line nor run it twice', async (t) => {
  const { clock, started } = setUp({ a: { ...ping, cron: '0 * * * *' } });
  clock.jump(midnight + 5 * 3_600_000 + 60_000);
  clock.advance(31_000);
  await settle();
  t.is(started.length, 1, 'the hours that were leapt over count once');
  clock.jump(midnight + 30_000);
  for (let minute = 0; minute < 62; minute++) {
    clock.advance(60_000);
    await settle();
  }
  t.is(started.length, 2, 'the next full hour of the clock as it is now');
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

const mistakes: [title: string, job: JsonMap | string, message: RegExp][] = [
  ['no time', ping, /say when it runs/],
  ['two times', { ...ping, cron: '* * * * *', seconds: 1 }, /can't both/],
  ['no function', { seconds: 1 }, /'function' should be a function, such as state.highstate/],
  ['a misspelt option', { ...ping, secnds: 1 }, /no option 'secnds'\nhint: did you mean 'seconds'\?/],
  ['a time that only Salt has', { ...ping, when: '5:00pm' }, /Salt has 'when', tsalt does not/],
  ['a bad cron line', { ...ping, cron: '61 * * * *' }, /"61 \* \* \* \*" is not a cron line: /],
  ['an interval of nothing', { ...ping, seconds: 0 }, /'seconds' should be a number above 0, not 0/],
  ['no map', 'x', /'a' should be|should be a map of options, not the text "x"/],
];
for (const [title, job, message] of mistakes) {
  test(`schedule: a job with ${title}, is left out and the others stay`, (t) => {
    const { jobs, errors } = parseSchedule({ a: job, b: { ...ping, hours: 1 } });
    t.deepEqual(
      jobs.map(({ name }) => name),
      ['b'],
    );
    t.is(errors.length, 1);
    t.regex(errors[0]?.message ?? '', message);
  });
}

test('schedule: what has no effect here, is warned of', (t) => {
  const { jobs, warnings } = parseSchedule({ a: { ...ping, seconds: 1, returner: 'mysql', jid_include: true } });
  t.is(jobs.length, 1);
  t.is(warnings.length, 2);
});

test('schedule: the collectors option, is five jobs that send events', (t) => {
  const { jobs, errors } = parseSchedule(collectorJobs(true));
  t.deepEqual(errors, []);
  t.deepEqual(
    jobs.map(({ fun }) => fun),
    ['collector.load', 'collector.cpu', 'collector.memory', 'collector.interface', 'collector.disk'],
  );
  for (const job of jobs) t.like(job, { event: 'collector/result', returnJob: false, every: { intervalMs: 10_000 } });
  t.like(parseSchedule(collectorJobs(0.5)).jobs[0], { every: { intervalMs: 500 }, splay: { from: 0, to: 0 } });
  t.deepEqual(collectorJobs(false), {});
});
