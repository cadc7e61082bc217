import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { activeJobs, exitSuccess, listJobs, lookupJid } from '../../master/jobs/listing.ts';
import { searchJobs } from '../../master/jobs/search.ts';
import type { NewJob } from '../../master/jobs/ledger.ts';
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
  t.like(activeJobs(jobs, ['a']), { [jid]: { Running: [{ a: 'delivered' }] } });
  await returning;
  t.is(jobs.pair(jid, 'a')?.state, 'returned');
  t.deepEqual(activeJobs(jobs, ['a']), {});
});

test('jobs: which are active, who succeeded, where the others are', async (t) => {
  const { jobs, store } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), { ...plain, minions: ['a', 'b', 'c', 'd'] });
  t.deepEqual(activeJobs(jobs, ['a', 'b', 'c', 'd']), {}, 'nobody has it yet');
  await store.commit([...jobs.delivered(jid, 'a'), ...jobs.running(jid, 'b')]);
  await store.commit(jobs.returned(jid, 'c', { return: true, success: true, retcode: 0, out: 'nested' }));
  await store.commit(jobs.returned(jid, 'd', { return: 'no', success: false, retcode: 1, out: 'nested' }));
  t.like(activeJobs(jobs, ['a', 'b', 'c', 'd']), {
    [jid]: { Function: 'test.ping', Running: [{ a: 'delivered' }, { b: 'running' }], Returned: ['c', 'd'] },
  });
  t.deepEqual(exitSuccess(jobs, jid), { a: false, b: false, c: true, d: false });
  t.is(exitSuccess(jobs, '20250101000000000000'), undefined);
  const away = (id: string): string | undefined => (id === 'a' ? 'since noon' : undefined);
  t.deepEqual(await lookupJid(jobs, jid, away, { returned: false, missing: true }), {
    a: 'Minion did not return (delivered: the minion is not connected (since noon))',
    b: 'Minion did not return (running)',
  });
  t.deepEqual(await lookupJid(jobs, jid, away), { c: true, d: 'no' });
});
