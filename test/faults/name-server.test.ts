import { randomInt } from 'node:crypto';
import { startCluster, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { resolvingBy, startNameServer } from '../kit/name-server.ts';
import { needing } from '../kit/needing.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Minion } from '../kit/minion.ts';

/* A master is mostly known by its name: the minions' name server may be away, late, wrong, and change its mind. */

const asRoot = needing('root', process.getuid?.() === 0);

const reasonOf = async (minion: Minion): Promise<string> => {
  const link = (await minion.status())['link'] as JsonMap;
  return typeof link['reason'] === 'string' ? link['reason'] : '';
};

async function joins(cluster: Cluster, id: string): Promise<void> {
  await eventually(async () => ((await cluster.control.call('key.accept', { match: id })) as string[]).includes(id));
  await cluster.connected(id);
}

const starts = async (cluster: Cluster, id: string): Promise<number> =>
  (await cluster.events(`salt/minion/${id}/start`)).length;

asRoot(
  "a master's name that does not resolve: the minion says so, goes on trying, and comes by itself once it does",
  async (t) => {
    const cluster = await startCluster(t);
    const server = await startNameServer(t, 'master.test', 'silence');
    const how = resolvingBy(t, [`nameserver ${server.address}`, 'options timeout:1 attempts:1']);
    const minion = cluster.startMinion('web1', { config: { master: 'master.test' }, how });
    for (const answer of ['silence', 'failure', 'no such name'] as const) {
      server.say(answer);
      const before = server.asked();
      await eventually(() => server.asked() > before + 2);
      await eventually(async () =>
        /no address was found for .* \((?:EAI_AGAIN|ENOTFOUND)\)/.test(await reasonOf(minion)),
      );
    }
    server.say('127.0.0.1');
    await joins(cluster, 'web1');
    t.is((await cluster.exec('web1', 'test.ping'))[0]?.return, true);
  },
);

asRoot('a name that takes longer to resolve than a connection may take, the minion waits for it', async (t) => {
  const cluster = await startCluster(t);
  const dead = await startNameServer(t, 'master', 'silence');
  const living = await startNameServer(t, 'master', '127.0.0.1');
  // The first server is waited for three times, for two domains in vain.
  const how = resolvingBy(t, [
    `nameserver ${dead.address}`,
    `nameserver ${living.address}`,
    'search one.test two.test',
    'options timeout:6',
  ]);
  const minion = cluster.startMinion('web1', { config: { master: 'master' }, how });
  await joins(cluster, 'web1');
  t.regex(minion.log(), /the name of the master takes long to resolve/);
});

asRoot('a master that moves, and its name with it: its minions find it at its new address', async (t) => {
  const cluster = await startCluster(t);
  const server = await startNameServer(t, 'master.test', '127.0.0.1');
  const how = resolvingBy(t, [`nameserver ${server.address}`, 'options timeout:1 attempts:1']);
  const minion = await cluster.joinMinion('web1', { config: { master: 'master.test' }, how });
  const elsewhere = `127.9.${randomInt(1, 255)}.${randomInt(2, 255)}` as const;
  await cluster.restartMaster({ interface: elsewhere });
  // For a while the old address is told, and then none.
  for (const [answer, reason] of [
    ['127.0.0.1', /cannot be reached/],
    ['failure', /EAI_AGAIN/],
  ] as const) {
    server.say(answer);
    await eventually(async () => reason.test(await reasonOf(minion)));
  }
  server.say(elsewhere);
  await cluster.connected('web1');
  t.is((await cluster.exec('web1', 'test.ping'))[0]?.return, true);
  t.is(await starts(cluster, 'web1'), 1);
});
