import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { asText, type JsonMap } from '../../lib/json.ts';
import { blocksOf } from '../docs/pages.ts';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

test('mine: the guide, with three minions: a config is made of what the web servers have told', async (t) => {
  const cluster = await startCluster(t);
  for (const { text } of blocksOf('docs/guides/mine.md')) {
    const [, tree, file = ''] = /^# \/srv\/tsalt\/(states|pillar)\/(\S+)\n/.exec(text) ?? [];
    if (tree !== undefined) write(tree === 'states' ? cluster.states : cluster.pillar, file, text);
  }
  // In place of the machine's own addresses, which are the same for all three. The config goes over the pillar.
  const address = { mine_function: 'grains.get', key: 'addresses' };
  const config = (own: string): JsonMap => ({ grains: { addresses: [own] }, mine_functions: { address } });
  for (const [id, own] of [
    ['web1', '10.0.0.1'],
    ['web2', '10.0.0.2'],
  ] as const)
    await cluster.joinMinion(id, { config: config(own) });
  const lb = await cluster.joinMinion('lb1');
  const told = async (): Promise<string[]> =>
    Object.keys((await cluster.run('mine.get', 'web*', 'address,test.ping')) as JsonMap);
  await eventually(async () => (await told()).join() === 'address,test.ping');

  const updated = await cluster.tsalt('run', 'mine.update', 'web*', '--out', 'json');
  t.deepEqual(JSON.parse(updated.stdout), { web1: true, web2: true });
  const got = await cluster.tsalt('run', 'mine.get', 'web*', 'address', '--out', 'json');
  t.deepEqual(JSON.parse(got.stdout), { web1: ['10.0.0.1'], web2: ['10.0.0.2'] });
  const applied = await cluster.tsalt('lb*', 'state.apply');
  t.is(applied.code, 0, applied.stdout + applied.stderr);
  const made = readFileSync(path.join(lb.root, 'etc/haproxy/haproxy.cfg'), 'utf8');
  t.true(made.endsWith('backend web\n  server web1 10.0.0.1:80 check\n  server web2 10.0.0.2:80 check\n'), made);

  // Nothing to do where nothing has changed.
  const [again] = await cluster.exec('lb1', 'state.apply', [], 30);
  t.regex(asText(again?.return), /"changes":\{\}/);
});
