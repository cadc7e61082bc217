import test from 'ava';
import fc from 'fast-check';
import type { Jid } from '../../lib/ids.ts';
import { jobLedger, type NewJob } from '../../master/jobs/ledger.ts';
import { listJobs, lookupJid, printJob, startTime } from '../../master/jobs/listing.ts';
import type { Bucket } from '../../store/store.ts';
import { books, open } from './books.ts';

const never = new AbortController().signal;

function job(clock: { now(): number }, minions = ['a', 'b'], more: Partial<NewJob> = {}): NewJob {
  return {
    fun: 'test.ping',
    arg: [],
    kwarg: {},
    tgt: '*',
    tgt_type: 'glob',
    user: 'root',
    expires: clock.now() + 60_000,
    minions,
    missing: [],
    ...more,
  };
}

test('jobs: one for as many minions as there may be, with long ids, is taken', async (t) => {
  const { jobs, clock, seen } = await books(t);
  const minions = Array.from({ length: 20_000 }, (_, n) => `${n}.${'m'.repeat(90)}`);
  const { jid } = await jobs.create(jobs.newJid(), job(clock, minions, { tgt: minions, tgt_type: 'list' }));
  t.is(jobs.pairs(jid).size, minions.length);
  t.deepEqual(seen(), [`salt/job/${jid}/new`]);
});

test('jobs: one goes through queued, delivered, running and returned at each minion, and each says so', async (t) => {
  const { jobs, store, clock, events, seen } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), job(clock, ['a', 'b'], { arg: [1], kwarg: { x: 'y' } }));
  t.deepEqual(
    [...jobs.pairs(jid)].map(([id, { state }]) => `${id} ${state}`),
    ['a queued', 'b queued'],
  );
  const states: string[] = [];
  jobs.onPair((_, id, { state }) => states.push(`${id} ${state}`));
  const waits = [jobs.whenDelivered(jid, 'a', never), jobs.outcome(jid, 'a', never)];
  await store.commit(jobs.delivered(jid, 'a'));
  t.true(await waits[0]);
  await store.commit(jobs.running(jid, 'a'));
  t.deepEqual(jobs.delivered(jid, 'a'), [], 'never back');
  await store.commit(jobs.returned(jid, 'a', { return: { ok: [1, 2] }, success: true, retcode: 0, out: 'nested' }));
  t.deepEqual(await waits[1], { jid, id: 'a', state: 'returned', success: true, retcode: 0, return: { ok: [1, 2] } });
  t.deepEqual(states, ['a delivered', 'a running', 'a returned']);
  t.deepEqual(seen(), [`salt/job/${jid}/new`, `salt/job/${jid}/ret/a`]);
  const { _stamp: _, ...published } = events[0]?.data ?? {};
  t.deepEqual(published, {
    jid,
    tgt: '*',
    tgt_type: 'glob',
    fun: 'test.ping',
    arg: [1, { x: 'y', __kwarg__: true }],
    minions: ['a', 'b'],
    missing: [],
    user: 'root',
  });
  const { _stamp: __, ts, ...returned } = events[1]?.data ?? {};
  t.is(ts, clock.now() / 1000);
  t.deepEqual(returned, {
    id: 'a',
    jid,
    fun: 'test.ping',
    fun_args: [1, { x: 'y', __kwarg__: true }],
    return: { ok: [1, 2] },
    retcode: 0,
    success: true,
    user: 'root',
    cmd: '_return',
    out: 'nested',
  });
  t.deepEqual(jobs.outstanding('a'), []);
  t.deepEqual(
    jobs.outstanding('b').map((due) => due.job.jid),
    [jid],
  );
});

test('jobs: a return counts once, and only from a minion that the job was for', async (t) => {
  const { jobs, store, clock, seen } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), job(clock, ['a']));
  const twice = [jobs.returned(jid, 'a', { return: 1 })];
  const first = store.commit(twice.flat());
  t.deepEqual(jobs.returned(jid, 'a', { return: 2 }), [], 'also while the first is on its way to the disk');
  await first;
  t.deepEqual(jobs.returned(jid, 'z', { return: 3 }), []);
  t.deepEqual(jobs.returned('20260101000000000000', 'a', { return: 3 }), []);
  t.deepEqual(jobs.returned('../../etc', 'a', { return: 3 }), []);
  t.like(await jobs.returnOf(jid, 'a'), { return: 1, success: false, retcode: 1 });
  t.like(jobs.stats(), { returned: 1, repeated: 1, strange: 3 });
  t.is(seen().length, 2);
});

test('jobs: what nobody took expires, what was taken is lost with a reason, and a late return still counts', async (t) => {
  const { jobs, store, clock } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), job(clock, ['a', 'b', 'c']));
  await store.commit(jobs.delivered(jid, 'b'));
  const ends = ['a', 'b'].map((id) => jobs.outcome(jid, id, never));
  clock.advance(59_999);
  await jobs.expire();
  t.is(jobs.pair(jid, 'a')?.state, 'queued');
  clock.advance(2);
  await jobs.expire();
  t.like(await ends[0], { state: 'expired', reason: 'the minion did not take it before it expired' });
  t.false(await jobs.whenDelivered(jid, 'a', never));
  t.is(jobs.pair(jid, 'b')?.state, 'delivered');
  await store.commit(jobs.lost(jid, 'b', 'the minion was restarted while it ran'));
  t.like(await ends[1], { state: 'lost', reason: 'the minion was restarted while it ran' });
  t.deepEqual(jobs.running(jid, 'b'), []);
  await store.commit(jobs.returned(jid, 'b', { return: true, success: true }));
  t.is(jobs.pair(jid, 'b')?.state, 'returned');
  t.deepEqual(
    ['a', 'b', 'c'].flatMap((id) => jobs.outstanding(id)),
    [],
  );
});

test('jobs: what is created is told once it is on disk, in the order of the jids, however it was asked for', async (t) => {
  const { jobs, clock } = await books(t);
  const told: Jid[] = [];
  jobs.onCreated(({ jid }) => {
    t.truthy(jobs.find(jid), 'on disk');
    told.push(jid);
  });
  const made = await Promise.all([
    jobs.createOnce('first', job(clock)),
    jobs.create(jobs.newJid(), job(clock)),
    jobs.createOnce('first', job(clock)),
    jobs.createOnce('third', job(clock)),
    jobs.create(jobs.newJid(), job(clock)),
  ]);
  const jids = [...new Set(made.map(({ jid }) => jid))];
  t.is(jids.length, 4);
  t.deepEqual(told, jids.toSorted());
});

test('jobs: those that are queued for a minion are read in their order, from any on, without those that it has', async (t) => {
  const { jobs, store, clock } = await books(t);
  const jids: Jid[] = [];
  for (let n = 0; n < 200; n++) jids.push((await jobs.create(jobs.newJid(), job(clock, ['a', 'b']))).jid);
  const has = jids.slice(50, 130);
  await store.commit(has.flatMap((jid) => jobs.delivered(jid, 'a')));
  const queued = (id: string, after?: string) => [...jobs.queued(id, after)].map(({ jid }) => jid);
  t.deepEqual(queued('b'), jids);
  t.deepEqual(
    queued('a'),
    jids.filter((jid) => !has.includes(jid)),
  );
  t.deepEqual(queued('a', jids[20]), [...jids.slice(21, 50), ...jids.slice(130)]);
  t.deepEqual(queued('a', jids.at(-1)), []);
  t.deepEqual(queued('z'), []);
});

test('jobs: a wait ends when its caller gives up', async (t) => {
  const { jobs, clock } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), job(clock));
  const control = new AbortController();
  const wait = jobs.outcome(jid, 'a', control.signal);
  control.abort(new Error('enough'));
  await t.throwsAsync(wait, { message: 'enough' });
  t.like(await jobs.outcome(jid, 'stranger', never), { state: 'lost' });
});

test('jobs: the same key gives the same job, also when asked twice at once and after a restart', async (t) => {
  const { jobs, store, clock, directory, seen } = await books(t);
  const [one, two] = await Promise.all([
    jobs.createOnce('17 start highstate', job(clock), { cause: 17, depth: 1 }),
    jobs.createOnce('17 start highstate', job(clock)),
  ]);
  t.is(one.jid, two.jid);
  await store.close();
  const again = await open(t, directory, clock);
  t.is((await again.jobs.createOnce('17 start highstate', job(clock))).jid, one.jid);
  t.not((await again.jobs.createOnce('18 start highstate', job(clock))).jid, one.jid);
  t.is(seen().length, 1);
  const { jid } = await again.jobs.create(again.jobs.newJid(), job(clock));
  await t.throwsAsync(again.jobs.create(jid, job(clock)), { code: 'TS_JOB_TAKEN' });
});

test('jobs: for a key whose job is gone a new job is made, with a jid after all others', async (t) => {
  const { jobs, store, clock } = await books(t);
  const { jid } = await jobs.createOnce('17 start highstate', job(clock));
  const later = await jobs.create(jobs.newJid(), job(clock));
  await store.commit([store.bucket('job').delete(jid)]);
  const again = await jobs.createOnce('17 start highstate', job(clock));
  t.true(again.jid > later.jid);
  t.is((await jobs.createOnce('17 start highstate', job(clock))).jid, again.jid);
});

test('jobs: what is not over at a minion is read in one go, what is queued in few', async (t) => {
  const { jobs: all, store, bus, clock } = await books(t);
  let scans = 0;
  const jobs = jobLedger({
    store: {
      ...store,
      bucket<T>(name: string): Bucket<T> {
        const bucket = store.bucket<T>(name);
        return {
          ...bucket,
          scan(...given) {
            if (name === 'job-due') scans++;
            return bucket.scan(...given);
          },
        };
      },
    },
    bus,
    clock,
  });
  for (let n = 0; n < 300; n++) await all.create(all.newJid(), job(clock, ['a']));
  const scansOf = (read: () => unknown): number => {
    scans = 0;
    read();
    return scans;
  };
  t.is(
    scansOf(() => jobs.outstanding('a')),
    1,
  );
  t.is(
    scansOf(() => jobs.active('a')),
    1,
  );
  t.is(
    scansOf(() => jobs.unfinished('a')),
    1,
  );
  t.true(scansOf(() => [...jobs.queued('a')]) <= 2);
});

test('jobs: a key may be as long as what an event carries', async (t) => {
  const { jobs, store, clock, directory } = await books(t);
  for (const length of [400, 500, 501, 5000, 100_000]) {
    const key = `17 start ${'\u{1f389}'.repeat(length / 2)}${'x'.repeat(length)}`;
    const { jid } = await jobs.createOnce(key, job(clock));
    t.is((await jobs.createOnce(key, job(clock))).jid, jid);
    t.not((await jobs.createOnce(`${key}y`, job(clock))).jid, jid);
  }
  t.is(store.stats()['tableFailures'], 0);
  await store.close();
  const again = await open(t, directory, clock);
  t.is(again.jobs.list().length, 10);
  await again.jobs.forget(-1);
  t.deepEqual(again.store.bucket('job-once').scan(), []);
});

test('jobs: they are all there after a restart, and new jids come after the old ones', async (t) => {
  const { jobs, store, clock, directory } = await books(t);
  const made: Jid[] = [];
  for (let i = 0; i < 5; i++) made.push((await jobs.create(jobs.newJid(), job(clock))).jid);
  await store.commit(jobs.returned(made[0] ?? '', 'a', { return: 'x', success: true }));
  await store.commit(jobs.delivered(made[1] ?? '', 'b'));
  await store.close();
  clock.jump(0);
  const again = (await open(t, directory, clock)).jobs;
  t.deepEqual(
    again.list().map(({ jid }) => jid),
    made.toReversed(),
  );
  t.deepEqual(
    again.list({ before: made[2] ?? '', limit: 1 }).map(({ jid }) => jid),
    made.slice(1, 2),
  );
  t.like(await again.returnOf(made[0] ?? '', 'a'), { return: 'x' });
  t.deepEqual(
    again.outstanding('b').map((due) => `${due.job.jid} ${due.pair.state}`),
    [`${made[0]} queued`, `${made[1]} delivered`, ...made.slice(2).map((jid) => `${jid} queued`)],
  );
  t.true(again.newJid() > (made[4] ?? ''));
});

test('jobs: a wall clock that jumps lets none expire, and none wait for longer', async (t) => {
  const { jobs, clock } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), job(clock));
  clock.jump(clock.now() + 3_600_000);
  await jobs.expire();
  t.is(jobs.pair(jid, 'a')?.state, 'queued');
  clock.jump(clock.now() - 7_200_000);
  clock.advance(60_001);
  await jobs.expire();
  t.is(jobs.pair(jid, 'a')?.state, 'expired');
});

test('jobs: old ones and too many are forgotten, with all that belongs to them', async (t) => {
  const { jobs, store, clock } = await books(t);
  await jobs.createOnce('k', job(clock));
  for (let i = 0; i < 30; i++) {
    clock.advance(1000);
    await jobs.create(jobs.newJid(), job(clock, ['a']));
  }
  await jobs.forget(25_500);
  t.is(jobs.list().length, 26);
  const bytes = () =>
    ['job', 'job-pair', 'job-due', 'job-once', 'job-expiry'].reduce((sum, name) => sum + store.size(name).bytes, 0);
  // What else the store has is none of theirs.
  await store.commit([store.bucket('mine').put('a', 'x'.repeat(100_000))]);
  const half = bytes() / 2;
  await jobs.forget(1e9, half);
  t.true(bytes() <= half);
  const left = jobs.list().length;
  t.true(left > 5 && left < 14, `${left} jobs left`);
  t.is(jobs.outstanding('a').length, left);
  t.is(jobs.outstanding('b').length, 0);
  await jobs.forget(-1);
  for (const name of ['job', 'job-pair', 'job-due', 'job-once', 'job-expiry']) {
    t.deepEqual(store.bucket(name).scan(), [], name);
  }
});

test("jobs: they are printed in the shape of Salt's runner", async (t) => {
  const { jobs, store, clock } = await books(t);
  const { jid } = await jobs.create(jobs.newJid(), job(clock));
  await store.commit(jobs.returned(jid, 'a', { return: true, success: true }));
  const summary = {
    Function: 'test.ping',
    Arguments: [],
    Target: '*',
    'Target-type': 'glob',
    User: 'root',
    StartTime: '2026, Jan 31 12:00:00.000000',
  };
  t.deepEqual(listJobs(jobs.list()), { [jid]: summary });
  t.deepEqual(await lookupJid(jobs, jid, () => undefined), { a: true });
  t.deepEqual(await printJob(jobs, jid, () => undefined), {
    [jid]: {
      ...summary,
      jid,
      Minions: ['a', 'b'],
      Result: { a: { return: true, retcode: 0, success: true } },
      States: { a: 'returned', b: 'queued' },
    },
  });
  t.is(await lookupJid(jobs, '20250101000000000000', () => undefined), undefined);
  t.is(startTime('20251231235959123456'), '2025, Dec 31 23:59:59.123456');
});

test('jobs: whatever is reported in whatever order, a pair only goes forward and ends once', async (t) => {
  const { jobs, store, clock } = await books(t);
  const steps = fc.array(fc.constantFrom('delivered', 'running', 'returned', 'lost', 'expire'), { maxLength: 8 });
  const rank = ['queued', 'delivered', 'running', 'expired', 'lost', 'returned'];
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { jid } = await jobs.create(jobs.newJid(), job(clock, ['a']));
      let before = 'queued';
      for (const step of all) {
        if (step === 'expire') {
          clock.advance(60_001);
          await jobs.expire();
        } else if (step === 'returned') await store.commit(jobs.returned(jid, 'a', { return: 1 }));
        else if (step === 'lost') await store.commit(jobs.lost(jid, 'a', 'gone'));
        else await store.commit(jobs[step](jid, 'a'));
        const now = jobs.pair(jid, 'a')?.state ?? '';
        t.true(rank.indexOf(now) >= rank.indexOf(before), `${before} -> ${now}`);
        t.false(before === 'expired' && now === 'lost');
        t.is(
          jobs.outstanding('a').some((due) => due.job.jid === jid),
          rank.indexOf(now) < 3,
        );
        before = now;
      }
    }),
    { numRuns: 60 },
  );
});
