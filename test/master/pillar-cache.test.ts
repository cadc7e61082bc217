import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { pillarCache } from '../../master/pillar-cache.ts';
import { startCluster } from '../kit/cluster.ts';
import { fakeClock } from '../kit/clock.ts';
import { eventually } from '../kit/eventually.ts';
import { folder } from '../store/folder.ts';

test('pillar cache: made anew only when files, grains, request or instances differ, or it is old', async (t) => {
  const root = folder(t);
  const clock = fakeClock();
  let made = 0;
  let instances: readonly string[] = [];
  const cache = pillarCache(async () => ({ pillar: { made: ++made }, secrets: [], top: {} }), {
    keepMs: 60_000,
    roots: { base: [root] },
    inputs: () => instances,
    clock,
  });
  const ask = async (id = 'a', grains: JsonMap = {}, saltenv = 'base') =>
    (await cache.pillarOf(id, grains, { override: {}, saltenv })).pillar['made'];
  t.is(await ask(), 1);
  t.is(await ask(), 1);
  t.is(await ask('b'), 2);
  t.is(await ask('a', { os: 'Debian' }), 3);
  t.is(await ask('a', {}, 'dev'), 4);
  mkdirSync(path.join(root, 'deep'));
  writeFileSync(path.join(root, 'deep/x.sls'), 'a: 1\n');
  t.is(await ask(), 5);
  writeFileSync(path.join(root, 'deep/x.sls'), 'a: 22\n');
  t.is(await ask(), 6);
  t.is(await ask(), 6);
  instances = ['new'];
  t.is(await ask(), 7);
  clock.advance(59_999);
  t.is(await ask(), 7);
  clock.advance(2);
  t.is(await ask(), 8);
  t.is(cache.clear(['b']), 1);
  t.is(await ask(), 8);
  t.is(cache.clear(), 1);
  t.is(await ask(), 9);
  t.deepEqual(cache.stats(), { hits: 4, misses: 9, kept: 1 });
});

test('pillar cache: one that fails is not kept', async (t) => {
  let tries = 0;
  const failing = async () => {
    if (++tries === 1) throw new Error('a mistake');
    return { pillar: {}, secrets: [], top: {} };
  };
  const clock = fakeClock();
  const cache = pillarCache(failing, { keepMs: 60_000, roots: { base: [folder(t)] }, inputs: () => [], clock });
  await t.throwsAsync(cache.pillarOf('a', {}, { override: {} }), { message: 'a mistake' });
  t.deepEqual(await cache.pillarOf('a', {}, { override: {} }), { pillar: {}, secrets: [], top: {} });
});

test('pillar runners: a pillar is shown without its secrets, and made from what is kept with pillar_cache', async (t) => {
  const cluster = await startCluster(t, { pillar_cache: true });
  writeFileSync(path.join(cluster.pillar, 'top.sls'), "base: {'*': [web]}\n");
  writeFileSync(path.join(cluster.pillar, 'web.sls'), 'port: 80\npassword: !secret "correct horse"\n');
  await cluster.joinMinion('web1');
  await eventually(async () => JSON.stringify(await cluster.run('cache.grains', 'web1')).includes('os'));
  t.deepEqual(await cluster.run('pillar.show_pillar', 'web1'), { port: 80, password: '[secret]' });
  await cluster.run('pillar.show_pillar', 'web1');
  const { pillars } = (await cluster.run('master.stats')) as { pillars: { hits: number } };
  t.true(pillars.hits >= 1);
  writeFileSync(path.join(cluster.pillar, 'web.sls'), 'port: 8080\n');
  t.deepEqual(await cluster.run('pillar.show_pillar', 'web1'), { port: 8080 });
  t.true(Number(await cluster.run('pillar.clear_pillar_cache')) >= 1);
  const wrong = await cluster.tsalt('run', 'pillar.show_pillar', 'web2');
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /there is no accepted minion 'web2'\nhint: did you mean 'web1'\?/);
});
