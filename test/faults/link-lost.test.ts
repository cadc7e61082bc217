import test from 'ava';
import { startCluster, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import type { Minion } from '../kit/minion.ts';
import { startProxy } from '../kit/proxy.ts';

const stateOf = async (minion: Minion): Promise<string> =>
  ((await minion.status())['link'] as { readonly state: string }).state;

/** Publishes until a ping is answered. */
async function answers(cluster: Cluster, id: string): Promise<void> {
  await eventually(async () => (await cluster.exec(id, 'test.ping', [], 2))[0]?.return === true);
}

const starts = async (cluster: Cluster, id: string): Promise<number> =>
  (await cluster.events(`salt/minion/${id}/start`)).length;

test('a master that is restarted, its minions come back by themselves within seconds, and start no second time', async (t) => {
  const cluster = await startCluster(t);
  await Promise.all([cluster.joinMinion('web1'), cluster.joinMinion('web2')]);
  await cluster.restartMaster();
  const since = performance.now();
  await Promise.all(['web1', 'web2'].map((id) => answers(cluster, id)));
  t.true(performance.now() - since < 10_000);
  t.deepEqual([await starts(cluster, 'web1'), await starts(cluster, 'web2')], [1, 1]);
});

test('a master that moves to other ports behind the same address, its minions find it there', async (t) => {
  const cluster = await startCluster(t);
  const first = await startProxy(cluster.described().ret_port);
  t.teardown(() => first.close());
  await cluster.joinMinion('web1', { port: first.port });
  await cluster.master.stop();
  first.close();
  await cluster.restartMaster({ ret_port: 0, publish_port: 0 });
  const second = await startProxy(cluster.described().ret_port, { port: first.port });
  t.teardown(() => second.close());
  await answers(cluster, 'web1');
  t.is(await starts(cluster, 'web1'), 1);
});

test('a master and then a minion that stand still for 20 s, both go on as if nothing had been', async (t) => {
  const cluster = await startCluster(t);
  const [paused, other] = await Promise.all([cluster.joinMinion('web1'), cluster.joinMinion('web2')]);
  paused.pause();
  // The others do not notice; the master does.
  t.is((await cluster.exec('web2', 'test.ping'))[0]?.return, true);
  await eventually(async () => ((await cluster.run('manage.down')) as string[]).includes('web1'), 25_000);
  paused.resume();
  await answers(cluster, 'web1');

  cluster.master.pause();
  await eventually(async () => (await stateOf(other)) !== 'accept', 25_000);
  cluster.master.resume();
  await Promise.all(['web1', 'web2'].map((id) => answers(cluster, id)));
  t.deepEqual([await starts(cluster, 'web1'), await starts(cluster, 'web2')], [1, 1]);
});

test('a link that goes dead without being closed, both ends notice, and the return of a job given meanwhile arrives once it is healed', async (t) => {
  const cluster = await startCluster(t);
  const proxy = await startProxy(cluster.described().ret_port);
  t.teardown(() => proxy.close());
  const minion = await cluster.joinMinion('web1', { port: proxy.port });
  proxy.cut();
  const jid = await cluster.publish('web1', 'cmd.run', ['echo once'], 60);
  await eventually(async () => (await stateOf(minion)) !== 'accept', 25_000);
  await eventually(async () => ((await cluster.run('manage.down')) as string[]).includes('web1'), 25_000);
  proxy.heal();
  const returns = await eventually(async () => {
    const seen = await cluster.events(`salt/job/${jid}/ret/web1`);
    return seen.length > 0 && seen;
  }, 30_000);
  t.deepEqual(
    returns.map(({ data }) => data['return']),
    ['once'],
  );
  t.is(await starts(cluster, 'web1'), 1);
});
