import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startCluster, write } from './cluster.ts';
import { eventually } from './eventually.ts';

test('a cluster of processes: it enrols, runs states, and goes on after a kill -9 of the master', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.states, 'top.sls', "base:\n  '*': [hello]\n");
  write(cluster.states, 'hello.sls', '/hello:\n  file.managed:\n    - contents: world\n');
  const minion = await cluster.joinMinion('web1');

  const [ran] = await cluster.exec('web1', 'state.highstate');
  t.is(ran?.state, 'returned');
  t.is(readFileSync(path.join(minion.root, 'hello'), 'utf8'), 'world\n');

  await cluster.master.kill9();
  await cluster.restartMaster();
  await cluster.connected('web1');
  const { code, stdout } = await cluster.tsalt('exec', 'web1', 'test.ping', '--out', 'json');
  t.is(code, 0);
  t.deepEqual(JSON.parse(stdout), { web1: true });

  minion.pause();
  minion.resume();
  await eventually(async () => ((await minion.status())['link'] as { state: string }).state === 'accept');
  t.is((await cluster.events('salt/minion/web1/start')).length, 1);
});
