import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { StateResult } from '../../lib/contracts/state.ts';
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

test('several environments of a master: the highstate is from all, sources and pillar are from their own', async (t) => {
  const trees = mkdtempSync(path.join(os.tmpdir(), 'tsalt-trees-'));
  t.teardown(() => rmSync(trees, { recursive: true }));
  const put = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(trees, name)), { recursive: true });
    writeFileSync(path.join(trees, name), text);
  };
  const at = (name: string) => [path.join(trees, name)];
  put('base/top.sls', "base:\n  '*': [x]\ndev:\n  'web*': [y]\n");
  put('base/x.sls', 'include:\n  - qa: z\nx:\n  test.show_notification: [{text: "x in {{saltenv}}"}]\n');
  put('dev/y.sls', '/y:\n  file.managed: [{source: "salt://y.txt"}]\n');
  put('dev/y.txt', 'y of dev');
  put('qa/z.sls', '/z:\n  file.managed: [{source: "salt://y.txt", saltenv: dev}]\n');
  put('pillar/dev/top.sls', "dev:\n  '*': [p]\n");
  put('pillar/dev/p.sls', 'from: "{{saltenv}}"\n');
  const cluster = await startCluster(t, {
    file_roots: { base: at('base'), dev: at('dev'), __env__: at('__env__') },
    pillar_roots: { base: at('pillar/base'), dev: at('pillar/dev') },
  });
  await cluster.joinMinion('web1');
  const [whole] = await cluster.exec('web1', 'state.apply', []);
  const ran = Object.values(whole?.return as object as Record<string, StateResult>);
  t.deepEqual(
    ran.map(({ comment }) => comment),
    ['File /z updated', 'x in base', 'File /y updated'],
  );
  const made = (name: string) => readFileSync(path.join(cluster.directory, 'minions/0/root', name), 'utf8');
  t.deepEqual([made('y'), made('z')], ['y of dev', 'y of dev']);
  const z = async (env: string) =>
    (await cluster.tsalt('exec', 'web1', 'state.apply', 'z', `saltenv=${env}`, '--out', 'json')).stdout;
  t.regex(await z('qa'), /File \/z is in the correct state/);
  t.regex(await z('q'), /there is no environment 'q'/);
  t.deepEqual((await cluster.exec('web1', 'pillar.items', []))[0]?.return, { from: 'dev' });
  const [top] = await cluster.exec('web1', 'state.show_top', []);
  t.deepEqual(top?.return, { base: ['x'], dev: ['y'] });
});
