import test, { type ExecutionContext } from 'ava';
import * as v from 'valibot';
import { readDocument } from '../../lib/config/document.ts';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import type { ScheduledJob } from '../../lib/schedule/job.ts';
import type { JobReturn } from '../../minion/jobs/messages.ts';
import schedule from '../../minion/modules/schedule.ts';
import { scheduleAnswer, scheduleThrough } from '../../minion/own-schedule.ts';
import { startTimetable } from '../../minion/timetable.ts';
import { fakeClock } from '../kit/clock.ts';
import { sandbox } from '../states/sandbox.ts';

const kept = '/etc/tsalt/minion.d/_schedule.conf';

interface Setup {
  readonly configured?: JsonMap;
  readonly pillar?: JsonMap;
  /** Without one, the functions are those of `tsalt call --local`. */
  readonly hasMinion?: boolean;
  /** The functions that there are; without, any may be. */
  readonly calls?: JsonMap;
}

/** A minion with a config and a pillar, and its scheduler on a clock of its own: calls functions of `schedule`. */
function minion(t: ExecutionContext, { configured = {}, pillar = {}, hasMinion = true, calls }: Setup = {}) {
  const opts = { config_dir: '/etc/tsalt', schedule: configured };
  const grains = { whens: { tea: '4:00pm' } };
  const box = sandbox({ opts, grains, ...(calls && { calls }) });
  t.teardown(() => box.remove());
  const clock = fakeClock();
  const ran: string[] = [];
  const returns: (ScheduledJob & JobReturn)[] = [];
  const file = (): JsonMap =>
    box.machine.files.look(kept) ? (readDocument(kept, box.machine.files.read(kept).toString()).values as JsonMap) : {};
  const timetable = startTimetable({
    config: {
      id: 'm1',
      collectors: 10,
      schedule: configured,
      mine_enabled: false,
      mine_functions: {},
      mine_interval: 60,
      mine_return_job: false,
    },
    grains: () => grains,
    async run({ fun }) {
      if (!fun.startsWith('collector.')) ran.push(fun);
      return { return: true, success: true, retcode: 0, out: 'nested' };
    },
    sendReturn: async (job, outcome) => void returns.push({ ...job, ...outcome }),
    sendEvent: async () => true,
    clock,
    log: silent,
  });
  timetable.pillar(pillar);
  const reread = (): void => {
    const { schedule: own } = file();
    timetable.config({ ...configured, ...(isMap(own) ? (own as JsonMap) : {}) });
  };
  let failures = 0;
  const ask = async (question: string, body: JsonMap): Promise<JsonMap> => {
    const answer = scheduleAnswer(timetable, reread, question, JSON.parse(JSON.stringify(body)) as JsonMap);
    return answer ?? t.fail(`no answer to ${question}`);
  };
  const context = {
    machine: box.machine,
    pillar,
    opts,
    clock,
    grains,
    schedule: hasMinion ? scheduleThrough(ask as never) : undefined,
    failed: () => failures++,
  } as unknown as ExecContext;
  return {
    call: async (fun: string, args: JsonMap = {}): Promise<unknown> => {
      const found = schedule.functions[fun];
      if (!found) throw new RangeError(`no function ${fun}`);
      return found.run(v.parse(found.args, args), context);
    },
    /** Names of the jobs that run by the clock, without those of collectors. */
    timed: () =>
      timetable
        .seen()
        .status.filter(({ name, enabled }) => enabled && !name.startsWith('collect_'))
        .map(({ name }) => name),
    file,
    clock,
    ran,
    returns,
    failures: () => failures,
  };
}

const no = (comment: string) => ({ comment, result: false });
const ping = { name: 'a', function: 'test.ping' };
const written = { function: 'test.ping', seconds: 600, maxrunning: 1, enabled: true };

test('schedule.add, modify, delete: the file and the scheduler have it at once; in test mode it is only said', async (t) => {
  const { call, file, timed, failures } = minion(t);
  const job = { ...ping, seconds: 600 };
  t.deepEqual(await call('add', { ...job, test: true }), {
    comment: 'Job: a would be added to schedule.',
    result: true,
  });
  t.deepEqual([file(), timed()], [{}, []]);
  t.deepEqual(await call('add', job), {
    comment: 'Added job: a to schedule.',
    result: true,
    changes: { a: 'added' },
  });
  t.deepEqual([file(), timed()], [{ schedule: { a: written } }, ['a']]);
  t.is(failures(), 0);
  t.deepEqual(await call('add', job), no('Job a already exists in schedule.'));

  t.deepEqual(await call('modify', { name: 'a', seconds: 600 }), {
    comment: 'Job a in correct state',
    result: true,
  });
  t.deepEqual(await call('modify', { name: 'a', when: 'Monday 3am' }), {
    comment: 'Modified job: a in schedule.',
    result: true,
    changes: {
      a: { old: written, new: { function: 'test.ping', when: 'Monday 3am', maxrunning: 1, enabled: true } },
    },
  });
  t.deepEqual(await call('show_next_fire_time', { name: 'a' }), {
    result: true,
    next_fire_time: '2026-01-05T03:00:00',
  });
  t.deepEqual(await call('modify', { name: 'b', seconds: 1 }), no('Job b does not exist in schedule.'));
  t.deepEqual(await call('delete', { name: 'a' }), {
    comment: 'Deleted Job a from schedule.',
    result: true,
    changes: { a: 'removed' },
  });
  t.deepEqual([file(), timed()], [{ schedule: {} }, []]);
  t.deepEqual(await call('delete', { name: 'a' }), no('Job a does not exist.'));
});

test('schedule.add: a mistake is told, and nothing is kept', async (t) => {
  const { call, file, failures } = minion(t);
  for (const [args, expected] of [
    [{ ...ping }, /say when it runs/],
    [{ ...ping, cron: '61 * * * *' }, /is not a cron line/],
    [{ ...ping, when: '25:00' }, /"25:00" in 'when' is no time such as/],
    [{ ...ping, when: 'te' }, /"te" in 'when' is no time such as .*\nhint: did you mean 'tea'/],
    [{ ...ping, seconds: 1, when: '5pm' }, /only one of an interval, cron, when and once/],
  ] as const) {
    const { comment, result } = (await call('add', args)) as { comment: string; result: boolean };
    t.regex(comment, expected);
    t.false(result);
  }
  t.is(failures(), 5);
  t.deepEqual(file(), {});
});

test('schedule.add, modify, build_schedule_item: a function that is not there is told, and nothing is kept', async (t) => {
  const { call, file, failures } = minion(t, { calls: { 'test.ping': true, 'my.own': 1 } });
  t.like(await call('add', { name: 'a', function: 'my.own', seconds: 60 }), { result: true });
  const before = file();
  const wrong = no('there is no function test.pingg');
  t.deepEqual(await call('add', { name: 'b', function: 'test.pingg', seconds: 60 }), wrong);
  t.deepEqual(await call('add', { name: 'b', function: 'test.pingg', seconds: 60, persist: false }), wrong);
  t.deepEqual(await call('modify', { name: 'a', function: 'test.pingg', seconds: 60 }), wrong);
  t.deepEqual(await call('build_schedule_item', { name: 'b', function: 'test.pingg', seconds: 60 }), wrong);
  t.deepEqual([file(), failures()], [before, 4]);
});

test('schedule with persist=False: runs until the minion stops, is kept by save', async (t) => {
  const { call, file, timed } = minion(t, { pillar: { schedule: { p: { function: 'test.ping', hours: 1 } } } });
  await call('add', { ...ping, seconds: 600, persist: false });
  await call('delete', { name: 'p', persist: false });
  t.deepEqual([file(), timed()], [{}, ['a']]);
  t.regex((await call('list')) as string, /a:\n {4}enabled: true\n[^]*saved: false/);
  t.deepEqual(await call('delete', { name: 'a', persist: false }), {
    comment: 'Deleted Job a from schedule.',
    result: true,
    changes: { a: 'removed' },
  });
  t.deepEqual(timed(), []);
  await call('add', { ...ping, seconds: 600, persist: false });
  t.deepEqual(await call('save'), no('Job p is set in the pillar: it has to be changed there'));
  await call('add', { name: 'p', function: 'test.echo', seconds: 5, persist: false });
  t.deepEqual(await call('save'), no('Job p is set in the pillar: it has to be changed there'));
  t.deepEqual(file(), { schedule: { a: written } });
  t.deepEqual(timed(), ['p', 'a']);
});

test('schedule: a job of the pillar or of another file, is changed there or until the minion stops', async (t) => {
  const { call, timed, file } = minion(t, {
    configured: { c: { function: 'test.ping', hours: 1 } },
    pillar: { schedule: { p: { function: 'test.ping', hours: 1 } } },
  });
  t.deepEqual(await call('disable_job', { name: 'p' }), no('Job p is set in the pillar: it has to be changed there'));
  t.regex(((await call('delete', { name: 'c' })) as { comment: string }).comment, /another file of the config/);
  t.deepEqual(await call('disable_job', { name: 'p', persist: false }), {
    comment: 'Disabled Job p in schedule.',
    result: true,
    changes: { p: 'disabled' },
  });
  t.deepEqual(timed(), ['c']);
  t.deepEqual(file(), {});
});

test('schedule.enable, disable, enable_job, disable_job, is_enabled: all jobs, and one', async (t) => {
  const { call, timed } = minion(t);
  await call('add', { ...ping, seconds: 600 });
  await call('add', { ...ping, name: 'b', seconds: 600 });
  t.deepEqual(await call('disable_job', { name: 'b' }), {
    comment: 'Disabled Job b in schedule.',
    result: true,
    changes: { b: 'disabled' },
  });
  t.deepEqual(timed(), ['a']);
  t.deepEqual(await call('is_enabled', { name: 'b' }), { ...written, enabled: false });
  t.deepEqual(await call('disable'), {
    comment: 'Disabled schedule on minion.',
    result: true,
    changes: { schedule: 'disabled' },
  });
  t.deepEqual([timed(), await call('is_enabled')], [[], false]);
  await call('enable');
  await call('enable_job', { name: 'b' });
  t.deepEqual([timed(), await call('is_enabled')], [['a', 'b'], true]);
  t.deepEqual(await call('is_enabled', { name: 'c' }), {});
  t.deepEqual(await call('enable_job', { name: 'c' }), no('Job c does not exist.'));
});

test('schedule.run_job: runs now, its return goes to the master; a disabled one only by force', async (t) => {
  const { call, ran, returns } = minion(t);
  await call('add', { ...ping, hours: 1, enabled: false, metadata: { team: 'ops' }, job_args: [1] });
  t.deepEqual(await call('run_job', { name: 'a' }), { comment: 'Job a is disabled.', result: true });
  t.deepEqual(await call('run_job', { name: 'a', force: true }), {
    comment: 'Scheduling Job a on minion.',
    result: true,
  });
  t.deepEqual(ran, ['test.ping']);
  await new Promise((resolve) => setImmediate(resolve));
  t.is(returns.length, 1);
  t.like(returns[0], {
    name: 'a',
    fun: 'test.ping',
    args: [1],
    returnJob: 'kept',
    return: true,
    success: true,
    retcode: 0,
    metadata: { team: 'ops' },
  });
  t.deepEqual(await call('run_job', { name: 'b' }), no('Job b does not exist.'));
});

test('schedule.skip_job, postpone_job: the run that show_next_fire_time tells is left out, or comes later', async (t) => {
  const { call, clock, ran, file } = minion(t);
  await call('add', { ...ping, seconds: 600 });
  clock.advance(1234);
  const next = async () =>
    ((await call('show_next_fire_time', { name: 'a' })) as { next_fire_time: string }).next_fire_time;
  t.deepEqual(await call('skip_job', { name: 'a', current_time: await next() }), {
    comment: 'Added Skip Job a in schedule.',
    result: true,
  });
  clock.advance(600_000);
  t.deepEqual(ran, []);
  t.like(await call('job_status', { name: 'a' }), { runs: 0, skipped: 1, _skip_reason: 'skip_explicit' });

  const second = await next();
  const later = new Date(Date.parse(`${second}Z`) + 300_000).toISOString().slice(0, 19);
  t.deepEqual(await call('postpone_job', { name: 'a', current_time: second, new_time: later }), {
    comment: 'Postponed Job a in schedule.',
    result: true,
  });
  clock.advance(600_000);
  t.deepEqual(ran, []);
  t.is(await next(), later);
  clock.advance(300_000);
  t.deepEqual(ran, ['test.ping']);
  const wrong = (await call('skip_job', { name: 'a', current_time: 'noon' })) as { comment: string };
  t.regex(wrong.comment, /could not be parsed: "noon" is not in the format/);

  await call('skip_job', { name: 'a', current_time: '2027-01-01T00:00:00' });
  t.deepEqual(
    (file()['schedule'] as { a: JsonMap }).a['skip_explicit'],
    ['2027-01-01T00:00:00'],
    'those that are over are not kept',
  );
});

test('schedule.list: by where jobs are from, without those of collectors unless all are wanted', async (t) => {
  const { call } = minion(t, { pillar: { schedule: { p: { function: 'test.ping', when: 'tea' } } } });
  await call('add', { ...ping, seconds: 600, enabled: false });
  const names = async (args: JsonMap) => Object.keys((await call('list', { return_yaml: false, ...args })) as JsonMap);
  t.deepEqual(await names({}), ['p', 'a']);
  t.deepEqual(await names({ show_disabled: false }), ['p']);
  t.deepEqual(await names({ where: 'pillar' }), ['p']);
  t.deepEqual(await names({ where: 'opts' }), ['a']);
  t.is((await names({ show_all: true })).length, 7);
  t.regex(JSON.stringify(await call('show_next_fire_time', { name: 'p' })), /T16:00:00"/);
});

test('schedule.purge: what functions and states set goes, the rest stays and says why', async (t) => {
  const { call, file } = minion(t, { pillar: { schedule: { p: { function: 'test.ping', hours: 1 } } } });
  await call('add', { ...ping, seconds: 600 });
  t.deepEqual(await call('purge', { test: true }), {
    comment: ['Job: p would be deleted from schedule.', 'Job: a would be deleted from schedule.'],
    changes: {},
    result: true,
  });
  t.deepEqual(await call('purge'), {
    comment: ['Job p is set in the pillar: it has to be changed there', 'Deleted job: a from schedule.'],
    changes: { a: 'removed' },
    result: true,
  });
  t.deepEqual(file(), { schedule: {} });
});

test('schedule with no minion: the file is written, and what needs one says so', async (t) => {
  const { call, file } = minion(t, { hasMinion: false });
  await call('add', { ...ping, seconds: 600 });
  t.deepEqual(file(), { schedule: { a: written } });
  t.deepEqual(await call('run_job', { name: 'a' }), no('No minion runs here: there is no schedule to ask.'));
  t.deepEqual(
    await call('disable_job', { name: 'a', persist: false }),
    no('No minion runs here: there is no schedule to ask.'),
  );
  t.deepEqual(await call('show_next_fire_time', { name: 'a' }), {
    result: true,
    comment: 'No minion runs here: there is no schedule to ask.',
  });
  t.deepEqual(await call('job_status', { name: 'a' }), written);
});

test('schedule.build_schedule_item, reload: a job as it would be kept, and the files read anew', async (t) => {
  const { call, failures } = minion(t);
  t.deepEqual(await call('build_schedule_item', { ...ping, seconds: 600 }), { ...written, name: 'a' });
  t.deepEqual(await call('reload'), {
    comment: ['Reloaded schedule on minion from config and pillar.'],
    result: true,
  });
  t.is(failures(), 0);
});

test('schedule: a job with a secret that the minion did not show, is not kept without it', async (t) => {
  const { call, file } = minion(t);
  t.deepEqual(
    await call('add', { ...ping, seconds: 600, job_args: ['[secret]'] }),
    no('Job a has a secret in it that is not shown here: give the whole job anew'),
  );
  t.deepEqual(file(), {});
});
