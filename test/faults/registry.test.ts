import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import test from 'ava';
import type { Json, JsonMap } from '../../lib/json.ts';
import { startCluster, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

/** A registry whose answer can be changed while it runs. */
async function startRegistry(): Promise<{
  url: string;
  answer(how: (response: ServerResponse) => void): void;
  close(): void;
}> {
  let how: (response: ServerResponse) => void = lists();
  const server = createServer((_, response) => how(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/instances`,
    answer: (next) => void (how = next),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An answer that lists these as starting, and a machine that nobody launched. */
function lists(...ids: string[]): (response: ServerResponse) => void {
  const items: Json[] = [{ instance: null }, ...ids.map((id) => ({ instance: { instance_name: id } }))];
  return (response) => response.end(JSON.stringify(items));
}

const keysOf = async (cluster: Cluster) => (await cluster.control.call('key.list')) as Record<string, string[]>;

async function startWithRegistry(
  url: string,
  t: Parameters<typeof startCluster>[0],
  more: JsonMap = {},
): Promise<Cluster> {
  return startCluster(t, {
    reactor: [{ 'salt/auth': ['builtin:auth'] }],
    'auth.registry': url,
    'auth.allow_without_token': true,
    ...more,
  });
}

test('a registry that learns of a machine after it was rejected, the machine gets in by itself', async (t) => {
  const registry = await startRegistry();
  t.teardown(() => registry.close());
  const cluster = await startWithRegistry(registry.url, t, { 'auth.reject_seconds': 1 });
  registry.answer(lists('known'));
  const minions = ['known', 'late', 'never'].map((id) => cluster.startMinion(id));
  await cluster.connected('known');
  await eventually(async () => (await keysOf(cluster))['rejected']?.length === 2);
  await cluster.control.call('key.reject', { match: 'never' });
  registry.answer(lists('known', 'late', 'never'));
  await cluster.connected('late');
  t.deepEqual((await keysOf(cluster))['rejected'], ['never'], "an operator's word stands");
  t.true(minions.every((minion) => minion.isRunning()));
});

test('a registry that is down, then hangs, nobody is rejected, others are served, and it is asked again', async (t) => {
  const registry = await startRegistry();
  t.teardown(() => registry.close());
  const cluster = await startWithRegistry(registry.url, t);
  registry.answer((response) => response.writeHead(503).end());
  cluster.startMinion('web1');
  await eventually(async () => (await keysOf(cluster))['pending']?.includes('web1'));
  // Nobody answers from here on, for as long as the test takes.
  registry.answer(() => {});
  const since = performance.now();
  await cluster.joinMinion('by-hand');
  t.is((await cluster.exec('by-hand', 'test.ping'))[0]?.return, true);
  t.true(performance.now() - since < 15_000);
  t.deepEqual((await keysOf(cluster))['pending'], ['web1']);
  registry.answer(lists('web1'));
  await cluster.connected('web1', 30_000);
  t.deepEqual((await keysOf(cluster))['rejected'], []);
});
