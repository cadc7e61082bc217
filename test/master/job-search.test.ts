import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { activeJobs, exitSuccess, listJob, listJobs, lookupJid } from '../../master/jobs/listing.ts';
import { searchJobs } from '../../master/jobs/search.ts';
import type { Jobs, NewJob } from '../../master/jobs/ledger.ts';
import { withOrchestrations } from '../../master/jobs/with-orchestrations.ts';
import { orchestrationBook } from '../../master/orchestrate/book.ts';
import { books } from './books.ts';

const plain: NewJob = {
  fun: 'test.ping',
  arg: [],
  kwarg: {},
  tgt: '*',
  tgt_type: 'glob',
  user: 'root',
  expires: Date.UTC(2100, 0),
  minions: ['web1', 'db1'],
  missing: [],
};

const away = (id: string): string | undefined => (id === 'a' ? 'since noon' : undefined);
const activeOn = (jobs: Jobs, ...ids: string[]): JsonMap =>
  activeJobs(
    jobs,
    ids.flatMap((id) => jobs.unfinished(id).map(({ jid }) => jid)),
    away,
  );

test('jobs: looked for by function, target, metadata and time; all have to fit', async (t) => {
  const { jobs, clock } = await books(t);
  const made: string[] = [];
  const add = async (more: Partial<NewJob>): Promise<void> => {
    made.push((await jobs.create(jobs.newJid(), { ...plain, ...more })).jid);
    clock.advance(60_000);
  };
  // At 12:00, 12:01, 12:02 and 12:03 of January 31.
  await add({});
  await add({ fun: 'state.apply', tgt: 'web*', minions: ['web1'], metadata: { ticket: 17, by: 'me' } });
  await add({ fun: 'state.highstate', tgt: 'db1,db2', tgt_type: 'list', minions: ['db1'] });
  await add({ fun: 'pkg.list_pkgs', tgt: 'rack:r7', tgt_type: 'grain', minions: ['db9'] });
  const found = (search: JsonMap, limit = 100): number[] =>
    searchJobs(jobs, search, { limit }).map(({ jid }) => made.indexOf(jid));
  t.deepEqual(found({}), [3, 2, 1, 0]);
  t.deepEqual(found({}, 2), [3, 2]);
  t.deepEqual(found({ search_function: 'state.*' }), [2, 1]);
  t.deepEqual(found({ search_function: 'test.ping, pkg.*' }), [3, 0]);
  t.deepEqual(found({ search_function: ['test.ping'] }), [0]);
  t.deepEqual(found({ search_target: 'db2' }), [2], 'as it was asked for');
  t.deepEqual(found({ search_target: 'db9' }), [3], 'as it was resolved');
  t.deepEqual(found({ search_target: 'web1', search_function: 'state.*' }), [1]);
  t.deepEqual(found({ search_metadata: { ticket: 17, by: 'you' } }), [1], 'one key is enough');
  t.deepEqual(found({ search_metadata: { ticket: 18 } }), []);
  t.deepEqual(found({ start_time: '2026, Jan 31 12:02' }), [3, 2]);
  t.deepEqual(found({ start_time: '2026-01-31T12:01:00Z', end_time: '2026-01-31 12:02:30' }), [2, 1]);
  t.deepEqual(found({ end_time: '2026-01-31T13:01:00+01:00' }), [1, 0]);
  t.deepEqual(found({ start_time: '2026-02-01' }), []);
  for (const [search, said] of [
    [{ start_time: 'yesterday' }, /'start_time' is a time such as .*, not 'yesterday'/],
    [{ end_time: '2026-13-01' }, /'end_time' is a time/],
    [{ search_metadata: 'ticket' }, /'search_metadata' is a map, not 'ticket'/],
  ] as const)
    t.throws(() => found(search), { code: 'TS_RUNNER_BAD_ARGUMENT', message: said });
  t.like(Object.values(listJobs(searchJobs(jobs, { search_function: 'state.apply' }, { limit: 9 })))[0], {
    Metadata: { ticket: 17, by: 'me' },
  });
});

test('jobs: more than a page of them, looked for to the end', async (t) => {
  const { jobs } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), { ...plain, fun: 'test.echo' });
  for (let i = 0; i < 200; i++) await jobs.create(jobs.newJid(), plain);
  t.deepEqual(
    searchJobs(jobs, { search_function: 'test.echo' }, { limit: 1 }).map((job) => job.jid),
    [jid],
  );
  t.is(searchJobs(jobs, {}, { limit: 1000 }).length, 201);
});

test('jobs: one whose return is on its way to the disk, is active for as long as its pair is not returned', async (t) => {
  const { jobs, store } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), { ...plain, minions: ['a'] });
  await store.commit(jobs.delivered(jid, 'a'));
  const returning = store.commit(jobs.returned(jid, 'a', { return: true, success: true, retcode: 0 }));
  t.is(jobs.pair(jid, 'a')?.state, 'delivered');
  t.like(activeOn(jobs, 'a'), { [jid]: { Running: [{ a: 'delivered' }] } });
  await returning;
  t.is(jobs.pair(jid, 'a')?.state, 'returned');
  t.deepEqual(activeOn(jobs, 'a'), {});
});

test('jobs: which are active, who succeeded, where the others are', async (t) => {
  const { jobs, store } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), { ...plain, minions: ['a', 'b', 'c', 'd'] });
  t.deepEqual(
    (activeOn(jobs, 'a')[jid] as JsonMap)['Queued'],
    [{ a: 'queued: the minion is not connected (since noon)' }, { b: 'queued' }, { c: 'queued' }, { d: 'queued' }],
    'nobody has it yet',
  );
  await store.commit([...jobs.delivered(jid, 'a'), ...jobs.running(jid, 'b')]);
  await store.commit(jobs.returned(jid, 'c', { return: true, success: true, retcode: 0, out: 'nested' }));
  await store.commit(jobs.returned(jid, 'd', { return: 'no', success: false, retcode: 1, out: 'nested' }));
  const active = activeOn(jobs, 'a', 'b', 'c', 'd');
  t.like(active, {
    [jid]: { Function: 'test.ping', Running: [{ a: 'delivered' }, { b: 'running' }], Returned: ['c', 'd'] },
  });
  t.false('Queued' in (active[jid] as JsonMap));
  t.deepEqual(exitSuccess(jobs, jid), { a: false, b: false, c: true, d: false });
  t.is(exitSuccess(jobs, '20250101000000000000'), undefined);
  t.deepEqual(await lookupJid(jobs, jid, away, { returned: false, missing: true }), {
    a: 'Minion did not return (delivered: the minion is not connected (since noon))',
    b: 'Minion did not return (running)',
  });
  t.deepEqual(await lookupJid(jobs, jid, away), { c: true, d: 'no' });
});

test('jobs: an orchestration is a job of the stand-in of the master, between those of minions', async (t) => {
  const { jobs, store, bus, clock } = await books(t);
  const book = orchestrationBook({ store, bus, clock });
  const shown = withOrchestrations({ jobs, orchestrationBook: book, standIn: { id: 'host_master' } });
  const { jid: before } = await jobs.create(jobs.newJid(), plain);
  const orchestration = {
    jid: jobs.newJid(),
    mods: ['orch.deploy'],
    saltenv: 'base',
    test: false,
    pillar: { version: 2 },
    created: clock.now(),
    nesting: 0,
    user: 'root',
  };
  const { jid } = orchestration;
  await book.begin(orchestration);
  const { jid: after } = await jobs.create(jobs.newJid(), plain);
  const found = (search: JsonMap, limit: number, before?: string): string[] =>
    searchJobs(shown, search, { limit, before }).map((job) => job.jid);
  t.deepEqual(found({}, 9), [after, jid, before]);
  t.deepEqual(found({}, 1, after), [jid]);
  t.deepEqual(found({ search_function: 'runner.*' }, 9), [jid]);
  t.deepEqual(found({ search_target: 'host_master' }, 9), [jid]);

  await book.keepStep(jid, 'one', true);
  t.like(activeJobs(shown, [jid], away), {
    [jid]: {
      Function: 'runner.state.orchestrate',
      Arguments: ['orch.deploy', { pillar: { version: 2 }, saltenv: 'base', test: false, __kwarg__: true }],
      Target: 'host_master',
      User: 'root',
      Running: [{ host_master: 'running' }],
      Returned: [],
    },
  });
  t.like(await listJob(shown, jid, away), { Result: {}, States: { host_master: 'running: steps done so far: 1' } });
  t.deepEqual(exitSuccess(shown, jid), { host_master: false });

  const states = { 'test_|-a_|-a_|-nop': { result: true } };
  await book.end(orchestration, { data: { host_master: states }, outputter: 'highstate', retcode: 0 });
  t.deepEqual(activeJobs(shown, [jid], away), {});
  t.deepEqual(await lookupJid(shown, jid, away), { host_master: states });
  t.deepEqual(exitSuccess(shown, jid), { host_master: true });
  t.like(await listJob(shown, jid, away), {
    Minions: ['host_master'],
    Result: { host_master: { return: states, retcode: 0, success: true, out: 'highstate' } },
    States: { host_master: 'returned' },
  });
  t.like(await listJob(shown, after, away), { Function: 'test.ping' });
});
