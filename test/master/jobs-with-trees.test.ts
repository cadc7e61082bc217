import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { eventually } from '../kit/eventually.ts';
import { startCluster } from '../kit/cluster.ts';

test('a broken pillar: other jobs run, states say where the mistake is, and nobody is shown the line', async (t) => {
  const cluster = await startCluster(t);
  writeFileSync(path.join(cluster.states, 'x.sls'), 'a:\n  test.nop: []\n');
  writeFileSync(path.join(cluster.pillar, 'top.sls'), "base:\n  '*': [db]\n");
  writeFileSync(path.join(cluster.pillar, 'db.sls'), 'db:\n\tpassword: hunter2\n');
  const minion = await cluster.joinMinion('web1');
  const [command] = await cluster.exec('web1', 'cmd.run', ['echo here']);
  t.is(command?.return, 'here');
  const [states] = await cluster.exec('web1', 'state.apply', ['x']);
  t.regex(JSON.stringify(states?.return), /db\.sls:2:1: this is not YAML/);
  const [pillar] = await cluster.exec('web1', 'pillar.items', []);
  t.regex(JSON.stringify(pillar?.return), /db\.sls:2:1: this is not YAML/);
  const seen = JSON.stringify([states, pillar, await cluster.events()]) + minion.log() + cluster.master.log();
  t.false(seen.includes('hunter2'));
});

test('a state tree with links that go round, or nowhere: everything else is served', async (t) => {
  const cluster = await startCluster(t);
  symlinkSync('loop', path.join(cluster.states, 'loop'));
  symlinkSync('nowhere', path.join(cluster.states, 'dangling'));
  mkdirSync(path.join(cluster.states, 'inner'));
  symlinkSync('..', path.join(cluster.states, 'inner/up'));
  writeFileSync(path.join(cluster.states, 'x.sls'), 'a:\n  test.nop: []\n');
  await cluster.joinMinion('web1');
  const [ending] = await cluster.exec('web1', 'state.apply', ['x']);
  t.is(ending?.['success'], true, JSON.stringify(ending));
  t.is((await cluster.tsalt('call', '--local', '--file-root', cluster.states, 'state.apply', 'x')).code, 0);
});

test('a minion with as many jobs as it may run: a quick one is answered at once', async (t) => {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('web1', { config: { process_count_max: 1 } });
  const begun = path.join(cluster.directory, 'begun');
  await cluster.publish('web1', 'cmd.run', [`touch ${begun}; sleep 60`]);
  await eventually(() => existsSync(begun));
  const [ping] = await cluster.exec('web1', 'test.ping', [], 20);
  t.is(ping?.return, true, JSON.stringify(ping) + minion.log());
});

test('pillar.get and pillar.items: asked from the master, what the pillar has', async (t) => {
  const cluster = await startCluster(t);
  writeFileSync(path.join(cluster.pillar, 'top.sls'), "base:\n  '*': [db]\n");
  writeFileSync(path.join(cluster.pillar, 'db.sls'), 'db: {port: 5432}\n');
  await cluster.joinMinion('web1');
  t.is((await cluster.exec('web1', 'pillar.get', ['db:port']))[0]?.return, 5432);
  t.deepEqual((await cluster.exec('web1', 'pillar.items', []))[0]?.return, { db: { port: 5432 } });
});
