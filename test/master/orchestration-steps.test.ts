import test, { type ExecutionContext } from 'ava';
import type { MasterCall, MinionJob } from '../../lib/contracts/orchestration.ts';
import { isMinionId } from '../../lib/ids.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { orchestrationBook } from '../../master/orchestrate/book.ts';
import { stepsOf, type Steps } from '../../master/orchestrate/steps.ts';
import { publisher } from '../../master/publisher.ts';
import type { MasterLink } from '../../wire/types.ts';
import { eventually } from '../kit/eventually.ts';
import { books, orchestrationIn } from './books.ts';

/* The steps of an orchestration, over a real store, with minions that are not there. */

async function master(t: ExecutionContext) {
  const made = await books(t);
  const { store, bus, jobs, clock } = made;
  const book = orchestrationBook({ store, bus, clock });
  const link = { sessions: new Map(), publish() {} } as unknown as MasterLink;
  const targeting = {
    resolve: (tgt: string | readonly string[]) => ({
      minions: String(tgt).split(',').filter(isMinionId),
      missing: [],
      unknown: [],
      byPillar: false,
    }),
  };
  const called: string[] = [];
  const away = new Set<string>();
  const parts = {
    book,
    bus,
    jobs,
    clock,
    publisher: publisher({ jobs, store, targeting, completed: (job) => job, link: () => link, clock, log: silent }),
    notConnected: (id: string) => (away.has(id) ? 'since noon' : undefined),
    timeoutSeconds: 5,
    random: () => 0,
    reads: ({ fun }: MasterCall) => fun !== 'a.write',
    async call({ fun }: MasterCall): Promise<Json> {
      called.push(fun);
      if (fun === 'a.large') return { retcode: 3, said: 'x'.repeat(17 * 1024 * 1024) };
      if (fun === 'no.such') throw new Error('there is none');
      return called.length;
    },
  };
  const orchestration = orchestrationIn(made);
  await book.begin(orchestration);
  return {
    ...made,
    book,
    called,
    away,
    orchestration,
    /** As after a restart: nothing is remembered but what is on disk. */
    begin: (signal = new AbortController().signal, watched: Partial<typeof jobs> = {}): Steps =>
      stepsOf(orchestration, { ...parts, jobs: { ...jobs, ...watched } }, signal),
    /** Lets a minion return its job, the one that is given or the newest. */
    answer: async (id: string, value: Json, success = true): Promise<void> => {
      const jid = await eventually(() => jobs.outstanding(id).at(-1)?.job.jid);
      await store.commit(jobs.returned(jid, id, { return: value, success, retcode: success ? 0 : 2 }));
    },
  };
}

const call = (fun: string) => ({ do: 'master', calls: [{ client: 'runner', fun, arg: [], kwarg: {} }] }) as const;
const job = (tgt: string, more: Partial<MinionJob> = {}) =>
  ({
    do: 'publish',
    job: { tgt, tgt_type: 'list', fun: 'test.ping', arg: [], kwarg: {}, tolerated: 0, forgiven: [], ...more },
  }) as const;

test('steps: what is done is not done again when it is taken up; steps that are the same are told apart', async (t) => {
  const { begin, called } = await master(t);
  const first = begin();
  const answers = [
    await first.perform(call('a.b')),
    await first.perform(call('a.b')),
    await first.perform(call('no.such')),
  ];
  t.deepEqual(answers, [
    { did: 'master', answers: [{ answer: 1 }] },
    { did: 'master', answers: [{ answer: 2 }] },
    { did: 'master', answers: [{ answer: null, error: 'there is none' }] },
  ]);
  const again = begin();
  t.deepEqual(
    [await again.perform(call('a.b')), await again.perform(call('a.b')), await again.perform(call('no.such'))],
    answers,
  );
  t.deepEqual(called, ['a.b', 'a.b', 'no.such']);
});

test('steps: an answer that is too large to be kept is cut to how it went, and called for once', async (t) => {
  const { begin, called } = await master(t);
  const result = await begin().perform(call('a.large'));
  const cut = `{"retcode":3,"said":"${'x'.repeat(479)}... (the rest is too large to be kept)`;
  t.deepEqual(result, { did: 'master', answers: [{ answer: { retcode: 3, cut }, isCut: true }] });
  t.deepEqual(await begin().perform(call('a.large')), result);
  t.deepEqual(called, ['a.large']);
  await t.throwsAsync(begin().read({ client: 'runner', fun: 'a.large', arg: [], kwarg: { for: 'a template' } }), {
    message: 'a.large: its answer has more than 12 MiB',
  });
});

test('steps: what a template was told it is told again when it is taken up; what does more than look is not called', async (t) => {
  const { begin, called } = await master(t);
  const read = (steps: Steps, fun: string): Promise<Json> => steps.read({ client: 'runner', fun, arg: [], kwarg: {} });
  t.is(await read(begin(), 'a.b'), 1);
  t.is(await read(begin(), 'a.b'), 1);
  await t.throwsAsync(read(begin(), 'a.write'), { code: 'TS_ORCHESTRATION_NOT_READING' });
  await t.throwsAsync(read(begin(), 'no.such'), {
    code: 'TS_ORCHESTRATION_READ_FAILED',
    message: 'no.such: there is none',
  });
  t.deepEqual(called, ['a.b', 'no.such']);
});

test('steps: a job that was published and not over when the master ended, is waited for and not published again', async (t) => {
  const { begin, answer, jobs } = await master(t);
  const ended = new AbortController();
  const interrupted = begin(ended.signal).perform(job('one,two'));
  await answer('one', 'done');
  ended.abort(new Error('the master ends'));
  await t.throwsAsync(interrupted, { message: 'the master ends' });
  const resumed = begin().perform(job('one,two'));
  await answer('two', 'done, too');
  const result = await resumed;
  t.like(result, {
    endings: [
      { id: 'one', answered: true, success: true, return: 'done' },
      { id: 'two', answered: true, success: true, return: 'done, too' },
    ],
  });
  t.deepEqual(await begin().perform(job('one,two')), result, 'and later, too');
  t.is(jobs.list().length, 1);
});

test('steps: batches follow each other, until more have failed than may', async (t) => {
  const { begin, answer, jobs } = await master(t);
  const done = begin().perform(job('a,b,c,d', { batch: '50%', tolerated: 1 }));
  await answer('a', false, false);
  t.is(jobs.list().length, 1, 'the next batch waits for all of this one');
  await answer('b', true);
  await answer('c', false, false);
  await answer('d', true);
  t.like(await done, { endings: [{ success: false }, { success: true }, { success: false }, { success: true }] });
  t.deepEqual(
    jobs.list().map(({ minions }) => minions),
    [
      ['c', 'd'],
      ['a', 'b'],
    ],
  );
  const stopped = begin().perform(job('a,b,c', { batch: '1', forgiven: ['a'] }));
  await answer('a', false, false);
  await answer('b', false, false);
  t.like(await stopped, {
    endings: [{ answered: true }, { answered: true }, { reason: 'its batch was not begun, since others had failed' }],
  });
});

test('steps: a job for some of its target is for the same ones when it is taken up; who is connected comes first', async (t) => {
  const { begin, answer, jobs, away } = await master(t);
  away.add('a');
  const ended = new AbortController();
  const interrupted = begin(ended.signal).perform(job('a,b,c,d', { subset: 2, batch: '1' }));
  await answer('c', true);
  await eventually(() => jobs.list().length === 2);
  ended.abort(new Error('the master ends'));
  await t.throwsAsync(interrupted, { message: 'the master ends' });
  for (const id of ['b', 'c', 'd']) away.add(id);
  const resumed = begin().perform(job('a,b,c,d', { subset: 2, batch: '1' }));
  await answer('d', true);
  t.like(await resumed, {
    endings: [
      { id: 'c', answered: true },
      { id: 'd', answered: true },
    ],
  });
  t.is(jobs.list().length, 2);
  away.clear();
  const all = begin().perform(job('a,b', { subset: 5 }));
  for (const id of ['a', 'b']) await answer(id, true);
  t.is((await all).did === 'publish' && jobs.list()[0]?.minions.length, 2, 'of fewer, all');
});

test('steps: a minion that does not take a job, and one whose connection is gone while it runs, are not waited for', async (t) => {
  const { begin, jobs, store, clock, away } = await master(t);
  away.add('one');
  const late = begin().perform(job('one'));
  await eventually(() => jobs.list().length === 1);
  clock.advance(6_000);
  await jobs.expire();
  t.like(await late, { endings: [{ answered: false, reason: 'it is not connected (since noon)' }] });

  const lost = begin().perform(job('two'));
  const jid = await eventually(() => jobs.outstanding('two')[0]?.job.jid);
  await store.commit(jobs.running(jid, 'two'));
  clock.advance(90_000);
  away.add('two');
  clock.advance(59_000);
  away.delete('two');
  clock.advance(1_000);
  away.add('two');
  clock.advance(62_000);
  t.like(await lost, { endings: [{ answered: false, reason: 'the connection was lost while it ran' }] });
});

test('steps: events are waited for by their field, those that came while the master was away included', async (t) => {
  const { begin, bus, clock, orchestration, book } = await master(t);
  const wait = { do: 'await', tag: 'site/*/up', ids: ['a', 'b', 'c', 'd'], field: 'host', timeout: 60 } as const;
  const fire = (tag: string, data: JsonMap) => bus.fire({ tag, data });
  await fire('site/1/up', { host: 'a' });
  const ended = new AbortController();
  const interrupted = begin(ended.signal).perform(wait);
  await eventually(() => book.steps(orchestration.jid) === 1);
  ended.abort(new Error('the master ends'));
  await t.throwsAsync(interrupted);
  await fire('site/1/up', { host: 'b' });
  const resumed = begin().perform(wait);
  await fire('site/2/up', { id: 'x', data: { host: ['c', 'z'] } });
  await fire('site/2/down', { host: 'a' });
  await fire('site/2/up', { id: 'd' });
  await eventually(() => clock.waiting > 0);
  clock.advance(60_000);
  t.deepEqual(await resumed, { did: 'await', seen: ['b', 'c'], seconds: 60 });
});

test('steps: returns that come to more than an answer holds, are read one by one and cut to how each went', async (t) => {
  const { begin, answer, jobs } = await master(t);
  const ids = Array.from({ length: 30 }, (_, n) => `m${n}`);
  const megabyte = 'x'.repeat(1024 * 1024);
  let read = 0;
  let atOnce = 0;
  const returnOf = jobs.returnOf.bind(jobs);
  const watched = {
    async returnOf(jid: string, id: string) {
      atOnce = Math.max(atOnce, ++read);
      return returnOf(jid, id).finally(() => read--);
    },
  };
  const done = begin(undefined, watched).perform(job(ids.join(',')));
  const bad = { __id__: 'b', name: megabyte, result: false, comment: `too bad\n${megabyte}`, changes: {} };
  const good = { __id__: 'a', name: 'a', result: true, comment: 'done', changes: { diff: megabyte } };
  await answer('m0', 'short');
  await answer('m1', { 'file_|-a_|-a_|-managed': good, 'cmd_|-b_|-b_|-run': bad }, false);
  await answer('m2', [`no such file\n${megabyte}`], false);
  await answer('m3', { 'file_|-a_|-a_|-managed': { ...good, changes: {}, comment: megabyte } });
  for (const id of ids.slice(4)) await answer(id, megabyte);
  const result = await done;
  t.is(atOnce, 1);
  t.true(JSON.stringify(result).length < 50_000);
  const [text, run, errors, same, ...others] = result.did === 'publish' ? result.endings : [];
  const jid = jobs.list()[0]?.jid ?? '';
  const where = `the rest is too large to be told here: jobs.lookup_jid ${jid}`;
  t.is(text?.return, 'short');
  t.like(run, {
    success: false,
    return: {
      'file_|-a_|-a_|-managed': { __id__: 'a', result: true, comment: 'done', changes: { cut: where } },
      'cmd_|-b_|-b_|-run': { __id__: 'b', result: false, changes: {} },
    },
  });
  t.regex(JSON.stringify(run), /"too bad\\nx{400,500}\.{3} \(the rest is too large to be told here/);
  t.regex(JSON.stringify(errors?.return), /^\["no such file\\n/);
  t.deepEqual(same?.return, {}, 'what went well and changed nothing has nothing to tell');
  t.is(others.length, 26);
  t.true(others.every((one) => one.success && one.return === `${'x'.repeat(500)}... (${where})`));
  t.is((await returnOf(jid, 'm4'))?.['return'], megabyte, 'the job has all of it');
});

test('book: an answer is kept, without the changes where they are too large, and forgotten in time', async (t) => {
  const { book, orchestration, clock, jobs } = await master(t);
  const entry = { result: true, changes: { ret: 'x'.repeat(13 * 1024 * 1024) } };
  await book.keepStep(orchestration.jid, 'k', 1);
  t.deepEqual(book.unfinished(), [orchestration]);
  await book.end(orchestration, { data: { m: { 'a_|-b_|-c_|-d': entry } }, outputter: 'highstate', retcode: 0 });
  const kept = book.find(orchestration.jid);
  t.like(kept, { mods: ['a'], ended: { retcode: 0 } });
  t.deepEqual(kept && (await book.answer(kept)), {
    data: {
      m: { 'a_|-b_|-c_|-d': { result: true, changes: {}, warnings: ['The changes are too large to be kept.'] } },
    },
    outputter: 'highstate',
    retcode: 0,
  });
  t.is(book.steps(orchestration.jid), 0);
  const other = { ...orchestration, jid: jobs.newJid(), once: 'an event' };
  await book.begin(other);
  t.is(book.begunFor('an event')?.jid, other.jid);
  clock.advance(10_000);
  await book.forget(9_000);
  t.deepEqual(book.list({ limit: 10 }), [other]);
});
