import test from 'ava';
import { accepted, manifest, startMaster, startMinion, until } from './kit.ts';

test('session: an accepted minion is told its jobs, is answered, and its items arrive in order', async (t) => {
  const master = await startMaster(t);
  const minion = startMinion(t, master);
  await accepted(minion);
  t.deepEqual(
    master.opened.map(({ id }) => id),
    ['m1'],
  );
  const job = manifest();
  master.link.publish(job, [{ session: master.session('m1'), args: { arg: [1, 'zwei'], kwarg: { drei: [3] } } }]);
  await until('the job arrives', () => minion.jobs.length > 0);
  t.deepEqual(minion.jobs, [{ manifest: job, args: { arg: [1, 'zwei'], kwarg: { drei: [3] } } }]);
  t.deepEqual(await minion.link.ask('pillar', { a: 1 }), { question: 'pillar', a: 1 });
  for (let n = 1; n <= 200; n++) t.true(minion.link.send({ n, kind: 'event', body: { n } }));
  await until('all is acknowledged', () => minion.acknowledged.at(-1) === 200);
  t.deepEqual(
    master.items.map(({ item }) => item.body['n']),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
});
