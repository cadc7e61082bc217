import test from 'ava';
import { MOST_KEPT } from '../../master/jobs/scheduled.ts';
import { desk } from './desk.ts';

/* What one minion says of itself leaves room for what is kept of others. */

test('flood: a minion that says again and again that its schedule ran keeps so many runs, and pushes out nobody’s job', async (t) => {
  const { jobOf, sends, jobs, store } = await desk(t);
  const others = await jobOf('good');
  const body = { jid: '', fun: 'test.ping', success: true, retcode: 0, out: 'nested', part: 1, parts: 1, text: 'true' };
  const flood = Array.from({ length: MOST_KEPT }, () => ({
    ...body,
    schedule: { name: 'beat', args: [], kwargs: {}, keep: true },
  }));
  await sends('return', flood);
  const { entries } = store.size();
  for (let again = 0; again < 3; again++) await sends('return', flood);
  t.is(store.size().entries, entries);
  const all = jobs.list({ limit: 10 * MOST_KEPT });
  t.is(all.filter(({ minions }) => minions.includes('bad')).length, MOST_KEPT);
  t.is(jobs.pair(others.jid, 'good')?.state, 'queued');
  t.is(jobs.outstanding('good').length, 1);
});
