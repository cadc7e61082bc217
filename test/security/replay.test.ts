import test from 'ava';
import { manifest, until } from '../wire/kit.ts';
import { count, raw, rogue, standing } from './kit.ts';
import { kinds } from '../../wire/envelope.ts';

/* What was said once does nothing when it is said again. */

test('replay: recorded messages, played again on any connection, have no effect', async (t) => {
  const { tapped, master, minion } = await standing(t);
  minion.link.send({ n: 1, kind: 'event', body: { a: 1 } });
  await until('an item is acknowledged', () => minion.acknowledged.length === 1);
  const recorded = [...tapped.up];
  const route = recorded[0]?.route ?? '';
  for (const { frame } of recorded) tapped.putUp(route, frame);
  t.is(
    count(master, 'refused.replayed') + count(master, 'refused.foreign') + count(master, 'refused.malformed'),
    recorded.length,
  );
  const other = raw(t, master);
  for (const { frame } of recorded) await other.send(frame);
  // The hello is a hello, whoever sends it: it gets a challenge that only the minion's ephemeral key can answer.
  await until(
    'they are counted',
    () => count(master, 'refused.altered') + count(master, 'refused.malformed') >= recorded.length - 1,
  );
  t.is(master.items.length, 1);
  t.is(master.applicants.length, 1);
  t.is(master.link.sessions.size, 1);
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
});

test('replay: what was recorded of a master does nothing to its minion, in this session or the next', async (t) => {
  const { tapped, master, minion } = await standing(t);
  const publish = () =>
    master.link.publish(manifest(), [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  publish();
  await until('a job has come', () => minion.jobs.length === 1);
  await minion.link.ask('ping', {});
  const play = () => {
    const route = tapped.up.at(-1)?.route ?? '';
    const topic = tapped.published.at(-1)?.topic ?? Buffer.alloc(0);
    for (const { frame } of tapped.down) tapped.putDown(route, frame);
    for (const { frame } of tapped.published) tapped.putPublished(topic, frame);
    return tapped.down.length + tapped.published.length;
  };
  const refused = () =>
    Object.entries(minion.link.stats())
      .filter(([name]) => name.startsWith('refused.'))
      .reduce((sum, [, number]) => sum + number, 0);
  const played = play();
  await until('all are refused', () => refused() >= played);
  master.link.close(master.session('good').id, 'for the test');
  await until('there is another session', () => master.opened.length === 2 && minion.link.state.state === 'accept');
  publish();
  await until('another job has come', () => minion.jobs.length === 2);
  const [before, again] = [refused(), play()];
  await until('all are refused again', () => refused() >= before + again);
  t.is(minion.jobs.length, 2);
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
});

test('replay: a session with frames taken out of it, is closed', async (t) => {
  const { master } = await standing(t);
  const bad = await rogue(t, master, 'bad');
  bad.channel.seal(kinds.beat, {});
  await bad.send(bad.channel.seal(kinds.beat, {}));
  await until('it is closed', () => count(master, 'peers') === 1);
  t.is(count(master, 'refused.gap'), 1);
});

test('replay: the same job in a second session, or after its time, is not begun', async (t) => {
  const { master, minion } = await standing(t);
  const job = manifest();
  const late = manifest('test.late', Date.now() - 1);
  master.link.publish(job, [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  await until('it has come', () => minion.jobs.length === 1);
  const first = master.session('good');
  master.link.close(first.id, 'for the test');
  await until('another session stands', () => master.opened.length === 2);
  master.link.publish(job, [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  master.link.publish(late, [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  master.link.publish(manifest('test.last'), [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  master.link.publish(manifest('test.closed'), [{ session: first, args: { arg: [], kwarg: {} } }]);
  await until('the last has come', () => minion.jobs.length === 2);
  t.is(minion.jobs[1]?.manifest.fun, 'test.last');
  t.like(minion.link.stats(), { 'jobs.repeated': 1, 'jobs.expired': 1 });
});
