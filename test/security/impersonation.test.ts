import { randomBytes } from 'node:crypto';
import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { startCluster } from '../kit/cluster.ts';
import { keysOf, linkOf } from './cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { desk } from './desk.ts';
import { kinds } from '../../wire/envelope.ts';
import { startMinion, until } from '../wire/kit.ts';
import { count, eavesdrop, rogue, standing, untouched } from './kit.ts';

/* Who somebody is comes from the key that they proved to hold, and from nothing that they say. */

test('impersonation: a compromised minion cannot be another one, nor speak in another one’s session', async (t) => {
  const { tapped, master, minion } = await standing(t);
  master.admit = ({ id, fingerprint }) =>
    String(id) === 'good' && fingerprint !== minion.identity.fingerprint
      ? { act: 'denied', reason: 'another key is accepted for this id' }
      : { act: 'accept', durable: 0 };
  const impostor = startMinion(t, master, 'good');
  await until('it is denied', () => impostor.link.state.state === 'denied');
  const bad = await rogue(t, master, 'bad');
  const goodRoute = tapped.up[0]?.route ?? '';
  const said = bad.channel.seal(kinds.items, { seen: 0, items: [] });
  tapped.putUp(goodRoute, said);
  t.is(count(master, 'refused.foreign'), 1);
  await bad.send(said);
  await bad.send(
    bad.channel.seal(kinds.items, { seen: 0, items: [[1, 0, Buffer.from([0x80])], [7, 0, Buffer.from([0x80])], 'x'] }),
  );
  await until('its own item has come', () => master.items.length === 1);
  t.is(String(master.items[0]?.session.id), 'bad');
  t.is(count(master, 'items.gap'), 1);
  t.is(count(master, 'items.undecodable'), 1);
  t.is(master.session('good').fingerprint, minion.identity.fingerprint);
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
});

test('impersonation: whatever id is in what a minion sends and asks, it counts as its own or not at all', async (t) => {
  const { jobOf, sends, asks, jobs, events, facts, minions, pillarsOf, stats } = await desk(t);
  const [own, others] = [await jobOf('bad'), await jobOf('good')];
  const mask = { id: 'good', minion: 'good', minion_id: 'good', session: { id: 'good' }, _cmd: '_return' };
  const forged: JsonMap = { ...mask, jid: others.jid, fun: 'cmd.run', success: true, retcode: 0, out: 'nested' };
  await sends('accepted', [forged, { ...mask, jid: own.jid }]);
  await sends('progress', [
    { ...forged, total: 1, number: 1, name: 'x' },
    { ...forged, total: 1, ret: { __run_num__: 0, result: true } },
  ]);
  await sends('return', [{ ...forged, part: 1, parts: 1, text: '"forged"' }]);
  t.is(jobs.pair(others.jid, 'good')?.state, 'queued');
  t.is(jobs.pair(own.jid, 'bad')?.state, 'delivered');
  t.is(jobs.pair(own.jid, 'good'), undefined);
  t.is(jobs.stats().strange, 1);
  t.is(stats().refusedProgress, 2);
  await sends('event', [{ ...mask, tag: 'my/event', data: mask }]);
  t.is(events.find(({ tag }) => tag === 'my/event')?.data['id'], 'bad');
  t.false(events.some(({ data }) => data['id'] === 'good'));
  await asks('greet', { ...mask, grains: { id: 'good', role: 'vault' } });
  t.is(facts.grains('good'), undefined);
  await asks('pillar', { ...mask, grains: { id: 'good' } });
  t.deepEqual(pillarsOf, ['bad']);
  t.is(minions.taken('good', 'o1'), 0);
});

const run = { name: 'beat', args: [], kwargs: {}, keep: true };

test('impersonation: a run that a minion says its schedule began, is its own with a jid of the master’s, whatever it says', async (t) => {
  const { jobOf, sends, jobs, events, stats } = await desk(t);
  const others = await jobOf('good');
  const mask = {
    id: 'good',
    minions: ['good'],
    minion: 'good',
    user: 'root',
    tgt: '*',
    tag: `salt/job/${others.jid}/ret/good`,
  };
  const forged: JsonMap = {
    ...mask,
    fun: 'cmd.run',
    success: true,
    retcode: 0,
    out: 'nested',
    part: 1,
    parts: 1,
    text: '"x"',
  };
  await sends('return', [
    { ...forged, jid: others.jid, schedule: { ...run, ...mask, jid: others.jid, place: 'good/0' } },
    { ...forged, jid: '', schedule: { ...run, ...mask } },
  ]);
  t.is(jobs.pair(others.jid, 'good')?.state, 'queued');
  const made = jobs.list().filter(({ jid }) => jid !== others.jid);
  t.is(made.length, 2);
  for (const { jid, minions, tgt, user } of made) {
    t.deepEqual([minions, tgt, user], [['bad'], ['bad'], 'schedule']);
    t.is(jobs.pair(jid, 'good'), undefined);
    t.true(jid > others.jid);
  }
  t.false(
    events.some(({ tag, data }) => tag.includes('/ret/') && (data['id'] !== 'bad' || data['user'] !== 'schedule')),
  );
  t.is(stats().failures, 0);
});

test('impersonation: scheduled runs out of all shape are refused, and hold up nothing', async (t) => {
  const { sends, jobs, stats, events } = await desk(t);
  const body: JsonMap = {
    jid: '',
    fun: 'test.ping',
    success: true,
    retcode: 0,
    out: 'nested',
    part: 1,
    parts: 1,
    text: 'true',
  };
  const deep = 'x'.repeat(100_000);
  const odd: readonly JsonMap[] = [
    { ...body, schedule: null },
    { ...body, schedule: 'beat' },
    { ...body, schedule: [] },
    { ...body, schedule: {} },
    { ...body, schedule: { ...run, name: '' } },
    { ...body, schedule: { ...run, name: deep } },
    { ...body, schedule: { ...run, args: 'x' } },
    { ...body, schedule: { ...run, args: [deep] } },
    { ...body, schedule: { ...run, kwargs: [] } },
    { ...body, schedule: { ...run, metadata: 'x' } },
    { ...body, schedule: { ...run, returner: 'audit' } },
    { ...body, schedule: { ...run, returner: Array.from({ length: 100 }, () => 'audit') } },
    { ...body, fun: 7, schedule: run },
    { ...body, fun: '../../etc', schedule: run },
    { ...body, fun: deep, schedule: run },
  ];
  await sends('return', [...odd, { ...body, schedule: run }]);
  t.is(jobs.list().length, 1);
  t.is(events.filter(({ tag }) => tag.includes('/ret/')).length, 1);
  t.is(stats().refusedRuns, odd.length);
});

test('impersonation: a minion with an accepted id and a key of its own, is denied, and the first does not notice', async (t) => {
  const cluster = await startCluster(t);
  const first = await cluster.joinMinion('web1');
  const second = cluster.startMinion('web1');
  await eventually(async () => (await linkOf(second))['state'] === 'denied');
  // It is told so before the book says it.
  await eventually(async () => JSON.stringify((await keysOf(cluster))['denied']) === '["web1"]');
  t.like(await keysOf(cluster), { accepted: ['web1'] });
  const { stdout } = await cluster.tsalt('key', 'finger', 'web1');
  t.regex(stdout, /^Accepted Keys:\nweb1: \S+\nDenied Keys:\nweb1: \S+\n$/);
  t.is((await cluster.exec('web1', 'test.ping'))[0]?.return, true);
  t.is((await linkOf(first))['state'], 'accept');
  t.is((await cluster.events('salt/minion/web1/start')).length, 1);
});

test('impersonation: who listens to everything, or to a guessed topic, hears nothing', async (t) => {
  const { master, minion } = await standing(t);
  const heard = eavesdrop(t, master, '', Buffer.from([0]), randomBytes(16));
  await until('the subscriptions are refused', () => count(master, 'refused.subscription') >= 3);
  await untouched(t, master, minion);
  t.deepEqual(heard, []);
});
