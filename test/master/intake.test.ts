import test, { type ExecutionContext } from 'ava';
import type { Json, JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { intake } from '../../master/intake.ts';
import { jobProgress } from '../../master/jobs/progress.ts';
import { targeting } from '../../master/targeting.ts';
import { parseMinionId } from '../../lib/ids.ts';
import type { MasterSession, UpItem } from '../../wire/types.ts';
import { eventually } from '../kit/eventually.ts';
import { applicant, books } from './books.ts';

async function taking(t: ExecutionContext) {
  const parts = await books(t);
  const progress = jobProgress();
  const acknowledged: number[] = [];
  const failures: string[] = [];
  const taken = intake({
    ...parts,
    progress,
    returners: [],
    log: silent,
    acknowledge: (_, n) => acknowledged.push(n),
    failed: (_, reason) => failures.push(reason),
  });
  const session = (outbox = 'o1'): MasterSession => ({
    id: parseMinionId('web1'),
    fingerprint: '',
    incarnation: 'i1',
    generation: 1,
    outbox,
    isFull: false,
  });
  const { jid } = await parts.jobs.create(parts.jobs.newJid(), {
    fun: 'cmd.run',
    arg: [],
    kwarg: {},
    tgt: '*',
    tgt_type: 'glob',
    user: 'root',
    expires: parts.clock.now() + 60_000,
    minions: ['web1'],
    missing: [],
  });
  const settled = (n: number) => eventually(() => acknowledged.includes(n));
  return { ...parts, progress, taken, acknowledged, failures, session, jid, settled };
}

const event = (n: number, tag: string, data: JsonMap = {}): UpItem => ({
  n,
  kind: 'event',
  body: { tag, data, ts: 0 },
});
const part = (n: number, jid: string, text: string, [index, count]: readonly [number, number]): UpItem => ({
  n,
  kind: 'return',
  body: { jid, fun: 'cmd.run', success: true, retcode: 0, out: 'nested', part: index, parts: count, text },
});

test('intake: the first items of another outbox, what the minion had taken into the one before is lost, but for what it returns', async (t) => {
  const { taken, session, settled, jobs, jid, clock } = await taking(t);
  const job = jobs.find(jid);
  t.truthy(job);
  if (!job) return;
  const [gone, kept] = await Promise.all(
    [1, 2].map(() => jobs.create(jobs.newJid(), { ...job, expires: clock.now() + 60_000 })),
  );
  const accepted = (n: number, of: string): UpItem => ({ n, kind: 'accepted', body: { jid: of, fun: 'cmd.run' } });
  taken.take(session(), [accepted(1, gone?.jid ?? ''), accepted(2, kept?.jid ?? '')]);
  await settled(2);
  taken.take(session('o2'), [event(1, 'my/tag'), part(2, kept?.jid ?? '', 'true', [1, 1]), event(3, 'my/tag')]);
  await settled(3);
  const stateOf = (of = '') => jobs.pair(of, 'web1')?.state;
  t.deepEqual([stateOf(gone?.jid), stateOf(kept?.jid), stateOf(jid)], ['lost', 'returned', 'queued']);
});

test('intake: two returns to one job in one delivery, count as one', async (t) => {
  const { taken, session, settled, jid, events } = await taking(t);
  taken.take(session(), [part(1, jid, '"first"', [1, 1]), part(2, jid, '"second"', [1, 1])]);
  await settled(2);
  const returns = events.filter(({ tag }) => tag === `salt/job/${jid}/ret/web1`);
  t.deepEqual(
    returns.map(({ data }) => data['return']),
    ['first'],
  );
});

test('intake: an event is acknowledged once it is recorded, with the id of the session', async (t) => {
  const { taken, session, settled, events } = await taking(t);
  taken.take(session(), [event(1, 'my/tag', { id: 'somebody-else', x: 1 })]);
  await settled(1);
  const heard = events.find(({ tag }) => tag === 'my/tag');
  t.is(heard?.data['id'], 'web1');
  t.deepEqual(heard?.data['data'], { id: 'somebody-else', x: 1 });
});

test('intake: items that come again are acknowledged again and count once', async (t) => {
  const { taken, session, settled, seen, acknowledged } = await taking(t);
  const items = [event(1, 'a'), event(2, 'b')];
  taken.take(session(), items);
  await settled(2);
  taken.take(session(), [...items, event(3, 'c')]);
  await settled(3);
  taken.take(session(), items);
  await eventually(() => acknowledged.length === 3);
  t.deepEqual(
    seen().filter((tag) => /^[abc]$/.test(tag)),
    ['a', 'b', 'c'],
  );
  // Numbers of another outbox are others.
  taken.take(session('o2'), [event(1, 'a')]);
  await eventually(() => acknowledged.length === 4);
  t.is(seen().filter((tag) => tag === 'a').length, 2);
});

test('intake: tags that are not for minions are refused, acknowledged and counted', async (t) => {
  const { taken, session, settled, seen } = await taking(t);
  const forged = [
    'salt/auth',
    'salt/minion/web1/start',
    'tsalt/instance/web1/ready',
    'salt/beacon/web2/load',
    'a b',
    '',
  ];
  taken.take(
    session(),
    forged.map((tag, index) => event(index + 1, tag)),
  );
  await settled(forged.length);
  t.deepEqual(
    seen().filter((tag) => forged.includes(tag)),
    [],
  );
  t.is(taken.stats().refusedTags + taken.stats().failures, forged.length);
});

test('intake: a return in parts, over several deliveries, is one return', async (t) => {
  const { taken, session, settled, jobs, jid, acknowledged } = await taking(t);
  const one = session();
  const text = JSON.stringify('x'.repeat(30));
  taken.take(one, [event(1, 'a'), part(2, jid, text.slice(0, 10), [1, 3])]);
  await settled(1);
  taken.take(one, [part(3, jid, text.slice(10, 20), [2, 3])]);
  taken.take(one, [part(4, jid, text.slice(20), [3, 3]), event(5, 'b')]);
  await settled(5);
  t.false(acknowledged.includes(2) || acknowledged.includes(3), 'a part alone is not safe');
  t.like(await jobs.returnOf(jid, 'web1'), { return: 'x'.repeat(30), success: true });
});

test('intake: a return that is no JSON ends its job as failed, and holds up nothing', async (t) => {
  const { taken, session, settled, jobs, jid, seen } = await taking(t);
  taken.take(session(), [part(1, jid, '{"cut', [1, 1]), event(2, 'next')]);
  await settled(2);
  t.like(await jobs.returnOf(jid, 'web1'), { success: false, retcode: 1 });
  t.true(seen().includes('next'));
});

test('intake: a return that is nested too deep for those who read it, ends its job as failed', async (t) => {
  const { taken, session, settled, jobs, jid } = await taking(t);
  const nested = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
  taken.take(session(), [part(1, jid, nested(502), [1, 1])]);
  await settled(1);
  const reason = 'the return could not be used: it is nested deeper than 500';
  t.like(await jobs.returnOf(jid, 'web1'), { success: false, retcode: 1, return: reason });
  const known = jobs.find(jid);
  if (!known) return t.fail();
  const other = await jobs.create(jobs.newJid(), known);
  taken.take(session(), [part(2, other.jid, nested(500), [1, 1])]);
  await settled(2);
  t.like(await jobs.returnOf(other.jid, 'web1'), { success: true, return: JSON.parse(nested(500)) as Json });
});

test('intake: a return of more parts than any has, is not kept: they might have no end', async (t) => {
  const { taken, session, settled, jobs, jid } = await taking(t);
  const one = session();
  for (let n = 1; n < 1_100; n++) taken.take(one, [part(n, jid, '', [n, 1_100])]);
  taken.take(one, [part(1_100, jid, '1', [1_100, 1_100]), event(1_101, 'a')]);
  await settled(1_101);
  t.like(await jobs.returnOf(jid, 'web1'), { success: false, return: 'the return was too long to be kept' });
});

test('intake: a return to a job of others, or to none, changes nothing', async (t) => {
  const { taken, session, settled, jobs, jid } = await taking(t);
  const stranger: MasterSession = { ...session(), id: parseMinionId('web2') };
  taken.take(stranger, [part(1, jid, 'true', [1, 1]), part(2, '20200101000000000000', 'true', [1, 1])]);
  await settled(2);
  t.is(jobs.pair(jid, 'web1')?.state, 'queued');
  t.is(await jobs.returnOf(jid, 'web2'), undefined);
});

test("intake: what can't be recorded ends the session, and is not acknowledged", async (t) => {
  const { taken, session, store, acknowledged, failures } = await taking(t);
  await store.close();
  taken.take(session(), [event(1, 'a')]);
  await eventually(() => failures.length === 1);
  t.deepEqual(acknowledged, []);
});

test('targeting: only accepted minions are meant, names in a list that nobody has are told', async (t) => {
  const { keys, store, facts } = await books(t);
  for (const id of ['web1', 'web2', 'db1', 'waits1']) keys.admit(applicant(id));
  for (const id of ['web1', 'web2', 'db1']) await keys.accept(id, { from: ['pending'], reason: 'a test' });
  facts.learn('web1', { os: 'Debian', roles: ['head'] });
  facts.learn('db1', { os: 'Debian' });
  facts.learnPillar('web2', { tier: { name: 'front' } });
  await store.settled();
  const targets = targeting({ keys, facts, nodegroups: { web: 'web*' } });
  const meant = (target: string, type: string) => [...targets.resolve(target, type).minions].sort();
  t.deepEqual(meant('*', 'glob'), ['db1', 'web1', 'web2']);
  t.deepEqual(targets.resolve('web1, waits1,nobody', 'list'), {
    minions: [parseMinionId('web1')],
    byPillar: false,
    unknown: [],
    missing: ['waits1', 'nobody'],
  });
  t.deepEqual(targets.resolve('os:Debian', 'grain').unknown, [parseMinionId('web2')]);
  t.deepEqual(meant('os:Debian', 'grain'), ['db1', 'web1']);
  t.deepEqual(meant('tier:name:fr*', 'pillar'), ['web2']);
  t.deepEqual(
    meant('N@web and not G@roles:head', 'compound'),
    [],
    'what is not known of web2 is no reason to act on it',
  );
  t.deepEqual(meant('web', 'nodegroup'), ['web1', 'web2']);
  t.throws(() => targets.resolve('x', 'globb'), { message: /did you mean 'glob'\?/ });
  await store.commit(facts.forget('web1'));
  t.deepEqual(meant('os:Debian', 'grain'), ['db1']);
});

const result = { name: 'x', result: true, changes: {}, __run_num__: 3 };

test("intake: a state's result, an event as Salt has it; of a job of others, or out of all shape, none", async (t) => {
  const { taken, session, settled, events, jid, jobs } = await taking(t);
  const other = await jobs.create(jobs.newJid(), {
    fun: 'state.apply',
    arg: [],
    kwarg: {},
    tgt: 'web2',
    tgt_type: 'glob',
    user: 'root',
    expires: 0,
    minions: ['web2'],
    missing: [],
  });
  const bodies: JsonMap[] = [
    { jid, total: 12, ret: result },
    { jid: '20260101000000000000', total: 12, ret: result },
    { jid: other.jid, total: 12, ret: result },
    { jid: 'x/../y', total: 12, ret: result },
    { jid, total: -1, ret: result },
    { jid, total: 12, ret: { ...result, __run_num__: 'a/b' } },
  ];
  taken.take(
    session(),
    bodies.map((body, index) => ({ n: index + 1, kind: 'progress', body })),
  );
  await settled(bodies.length);
  const fired = events.filter(({ tag }) => tag.includes('/prog/'));
  t.deepEqual(
    fired.map(({ tag }) => tag),
    [`salt/job/${jid}/prog/web1/3`, 'salt/job/20260101000000000000/prog/web1/3'],
    'a call on the machine has a number that the master does not know',
  );
  t.like(fired[0]?.data, { id: 'web1', jid, tag: fired[0]?.tag, data: { len: 12, ret: result } });
  t.like(taken.stats(), { results: 2, refusedProgress: 4 });
  t.is(jobs.pair(jid, 'web1')?.state, 'running');
});

test('intake: where a run is, told to who listens to that job and to nobody else', async (t) => {
  const { taken, session, settled, events, jid, progress } = await taking(t);
  const heard: unknown[] = [];
  const stop = progress.listen(jid, (id, place) => heard.push([id, place]));
  progress.listen('other', () => t.fail());
  const place = { fun: 'file.managed', name: '/f', number: 4, total: 12 };
  taken.take(session(), [{ n: 1, kind: 'progress', body: { jid, ...place } }]);
  await settled(1);
  stop();
  taken.take(session(), [{ n: 2, kind: 'progress', body: { jid, ...place } }]);
  await settled(2);
  t.deepEqual(heard, [['web1', place]]);
  t.false(events.some(({ tag }) => tag.includes('/prog/')));
});
