import test from 'ava';
import type { Json, JsonMap } from '../../lib/json.ts';
import { readMoment } from '../../lib/schedule/moment.ts';
import { readSchedule } from '../../lib/schedule/read.ts';
import { readCron } from '../../lib/schedule/times.ts';
import { collectorJobs } from '../../minion/collectors/schedule.ts';

const ping = { function: 'test.ping' };

const mistakes: [title: string, job: Json, message: RegExp, path?: (string | number)[]][] = [
  ['no time', ping, /say when it runs, with seconds/],
  [
    'two times',
    { ...ping, cron: '* * * * *', seconds: 1 },
    /only one of .* there are an interval and cron$/,
    ['a', 'cron'],
  ],
  ['no function', { seconds: 1 }, /'function' should be a function, such as state.highstate, not/, ['a']],
  [
    'a misspelt function option',
    { funktion: 'test.ping', seconds: 1 },
    /no option 'funktion'\nhint: did you mean 'function'\?/,
  ],
  ['a misspelt option', { ...ping, secnds: 1 }, /no option 'secnds'\nhint: did you mean 'seconds'\?/, ['a', 'secnds']],
  ['a bad cron line', { ...ping, cron: '61 * * * *' }, /"61 \* \* \* \*" is not a cron line: /, ['a', 'cron']],
  [
    'a cron line of four fields',
    { ...ping, cron: '1 * * *' },
    /it has 4 fields, not five \(or six, with seconds last\)/,
  ],
  ['an interval of nothing', { ...ping, seconds: 0 }, /'seconds' should be a number above 0, not 0/, ['a', 'seconds']],
  ['a list', ['x'], /should be a map of options, not a list/, ['a']],
  ['no map', 'x', /should be a map of options, not the text "x"/, ['a']],
  ['a time that is none', { ...ping, when: '25:00' }, /"25:00" in 'when' is no time such as 5:00pm/, ['a', 'when']],
  ['a misspelt name of a time', { ...ping, when: 'luch' }, /a name in `whens`.*\nhint: did you mean 'lunch'\?/],
  ['a time that YAML took for a number', { ...ping, when: 61_200 }, /'when' should be a time such as .*, in quotes/],
  ['a date that is none', { ...ping, once: '2026-02-30T10:00:00' }, /no date such as 2026-11-30T17:00:00/],
  [
    'a date in another format',
    { ...ping, once: '1 May', once_fmt: '%Y' },
    /"1 May" in 'once' is no date in the format "%Y"/,
  ],
  ['a range without end', { ...ping, seconds: 1, range: { start: '5pm' } }, /'range: end' should be/],
  [
    'a misspelt part of a range',
    { ...ping, seconds: 1, range: { start: '5pm', end: '6pm', inver: true } },
    /did you mean 'invert'/,
  ],
  [
    'a range to no time',
    { ...ping, seconds: 1, range: { start: '5pm', end: 'Mondy 5pm' } },
    /'range: end' should be a time such as/,
  ],
  ['a range of two forms', { ...ping, seconds: 1, range: { start: '5pm', end: 'Monday' } }, /two times of one form/],
  ['a range of no length', { ...ping, seconds: 1, range: { start: '5pm', end: '17:00' } }, /and not the same/],
  ['an end on weekdays', { ...ping, seconds: 1, until: 'Monday 5pm' }, /'until' should be a date such as/],
  ['a skip that is none', { ...ping, seconds: 1, skip_explicit: ['noon'] }, /"noon" in 'skip_explicit' is no date/],
];
for (const [title, job, message, path] of mistakes) {
  test(`schedule: a job with ${title}, is left out and the others stay`, (t) => {
    const { jobs, findings } = readSchedule({ a: job, b: { ...ping, hours: 1 } }, { lunch: '12:00' });
    t.deepEqual(
      jobs.map(({ name }) => name),
      ['b'],
    );
    t.is(findings.length, 1);
    t.regex(findings[0]?.error().message ?? '', message);
    if (path) t.deepEqual(findings[0]?.path, path);
  });
}

test('schedule: what has no effect here, is warned of with the reason', (t) => {
  const { jobs, findings } = readSchedule({ a: { ...ping, seconds: 1, return_config: 'x', jid_include: true } }, {});
  t.is(jobs.length, 1);
  t.deepEqual(
    findings.map(({ isHarmless, error }) => [isHarmless, error().message]),
    [
      [
        true,
        "scheduled job 'a': 'return_config' has no effect here: returners have their settings in the master's config",
      ],
      [true, "scheduled job 'a': 'jid_include' has no effect here: runs are always counted for `maxrunning`"],
    ],
  );
});

test('schedule: what comes of a run goes to the master, in an event alone, or nowhere; a returner has it anyway', (t) => {
  const returnOf = (options: JsonMap) => {
    const { returnJob, returners } = readSchedule({ a: { ...ping, seconds: 1, ...options } }, {}).jobs[0] ?? {};
    return [returnJob, returners];
  };
  t.deepEqual(returnOf({}), ['kept', undefined]);
  t.deepEqual(returnOf({ return_job: 'nocache' }), ['event', undefined]);
  t.deepEqual(returnOf({ return_job: false }), ['no', undefined]);
  t.deepEqual(returnOf({ returner: 'audit' }), ['kept', ['audit']]);
  t.deepEqual(returnOf({ returner: ['audit', 'db'], return_job: false }), ['event', ['audit', 'db']]);
});

test('schedule: a setting for all jobs that is none, is told and the jobs stay', (t) => {
  const { jobs, findings } = readSchedule({ enabled: 'no', a: { ...ping, seconds: 1 } }, {});
  t.is(jobs.length, 1);
  t.is(
    findings[0]?.error().sentence,
    `'enabled' of the schedule, which is for all jobs, should be true or false, not the text "no"`,
  );
});

test('schedule: where names of times are not known, a word may be one', (t) => {
  t.deepEqual(readSchedule({ a: { ...ping, when: 'lunch' } }, undefined).findings, []);
  for (const when of ['5:70', 'Mondy 5pm']) t.is(readSchedule({ a: { ...ping, when } }, undefined).findings.length, 1);
});

test('schedule: the collectors option, is five jobs that send events', (t) => {
  const { jobs, findings } = readSchedule(collectorJobs(true), {});
  t.deepEqual(findings, []);
  t.deepEqual(
    jobs.map(({ fun }) => fun),
    ['collector.load', 'collector.cpu', 'collector.memory', 'collector.interface', 'collector.disk'],
  );
  for (const job of jobs) t.like(job, { event: 'collector/result', returnJob: 'no', every: { intervalMs: 10_000 } });
  t.like(readSchedule(collectorJobs(0.5), {}).jobs[0], { every: { intervalMs: 500 }, splay: { from: 0, to: 0 } });
  t.deepEqual(collectorJobs(false), {});
});

// What dateutil 2.8.2 makes of these; a weekday is the next such day, a time of day is today's.
const moments: [text: string, line: string | undefined][] = [
  ['5:00pm', '0 0 17 * * *'],
  ['17:00', '0 0 17 * * *'],
  ['10:00:30 PM', '30 0 22 * * *'],
  ['5 pm', '0 0 17 * * *'],
  ['12am', '0 0 0 * * *'],
  ['12pm', '0 0 12 * * *'],
  ['Monday 3:00am', '0 0 3 * * 1'],
  ['sun 3am', '0 0 3 * * 0'],
  ['Tuesday, 5:00 PM', '0 0 17 * * 2'],
  ['3am Monday', '0 0 3 * * 1'],
  ['Monday', '0 0 0 * * 1'],
  ['2026-11-30', '0 0 0 30 11 * 2026'],
  ['2026-11-30 17:00', '0 0 17 30 11 * 2026'],
  ['2026-11-30T17:00:30', '30 0 17 30 11 * 2026'],
  ['12/31/2018 11:59pm', '0 59 23 31 12 * 2018'],
  ['Nov 30 5pm', '0 0 17 30 11 *'],
  ['November 30, 2026 5:00pm', '0 0 17 30 11 * 2026'],
  ['30 Nov 2026', '0 0 0 30 11 * 2026'],
  ['noon', undefined],
  ['tomorrow', undefined],
  ['', undefined],
  ['3', undefined],
  ['13pm', undefined],
  ['24:00', undefined],
  ['17:60', undefined],
  ['2026-02-29', undefined],
  ['31 June', undefined],
  ['Monday 2026-11-30 17:00', undefined],
  ['2026-11-30T17:00Z', undefined],
];
for (const [text, line] of moments)
  test(`schedule: the time '${text}', is ${line === undefined ? 'none' : `'${line}'`}`, (t) => {
    t.is(readMoment(text)?.line, line);
  });

test('schedule: a cron line of six fields, has its seconds last as with Salt', (t) => {
  t.deepEqual(readCron('*/5 * * * * 10'), { line: '10 */5 * * * *' });
  t.deepEqual(readCron(' 0  3 * * 1-5 '), { line: '0 3 * * 1-5' });
  t.deepEqual(readCron('@daily'), { line: '@daily' });
});
