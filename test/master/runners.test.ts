import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { version } from '../../lib/version.ts';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

test('runners: minions that are there, their versions; jobs that run, the last one, those with some metadata', async (t) => {
  const cluster = await startCluster(t);
  await cluster.joinMinion('web1');
  await (await cluster.joinMinion('web2')).stop();
  await eventually(async () => JSON.stringify(await cluster.run('manage.present')) === '["web1"]');
  t.deepEqual(await cluster.run('manage.not_present'), ['web2']);
  t.deepEqual(await cluster.run('manage.versions'), { Master: version, 'Up to date': { web1: version } });

  for (const word of ['alived', 'allowed', 'joined', 'reaped', 'list_state'])
    t.deepEqual(await cluster.run(`manage.${word}`), ['web1'], word);
  t.deepEqual(await cluster.run('manage.list_not_state'), ['web2']);
  t.deepEqual(await cluster.run('manage.not_alived', ['web1', 'web3']), []);
  t.deepEqual(await cluster.run('manage.status', '*2'), { up: [], down: ['web2'] });
  t.deepEqual(await cluster.run('manage.up', 'web1,web2', 'list'), ['web1']);
  const unsafe = await cluster.tsalt('run', 'manage.safe_accept', 'web3');
  t.is(unsafe.code, 2);
  t.regex(
    unsafe.stderr,
    /has no function 'manage\.safe_accept'\nhint: minions are not reached by ssh: 'tsalt key finger ID'/,
  );
  const patient = await cluster.tsalt('run', 'manage.up', 'timeout=5');
  t.regex(patient.stderr, /manage\.up takes no argument 'timeout'\nhint: no minion is asked/);

  t.false(await cluster.run('jobs.last_run', null, 'test.sleep'));
  const jid = await cluster.publish('web1', 'test.sleep', [1000]);
  const active = await eventually(async () => {
    const jobs = await cluster.run('jobs.active');
    return isMap(jobs) && isMap(jobs[jid]) && 'web1' in ((jobs[jid]['Running'] as JsonMap[])[0] ?? {}) && jobs[jid];
  });
  t.false('Queued' in active);
  const waiting = await cluster.publish('web2', 'test.ping', [], 1000);
  const away = ((await cluster.run('jobs.active')) as Record<string, JsonMap>)[waiting] ?? {};
  const [place = {}] = away['Queued'] as JsonMap[];
  t.regex(asText(place['web2']), /^queued: the minion is not connected \(/);
  t.deepEqual(await cluster.run('jobs.exit_success', jid), { web1: false });
  const [ended] = await cluster.exec('web1', 'saltutil.term_job', [jid]);
  t.is(ended?.['success'], true);
  await eventually(async () => Object.keys((await cluster.run('jobs.active')) as JsonMap).join(' ') === waiting);
  const last = (await cluster.run('jobs.last_run', null, 'test.sleep')) as JsonMap;
  t.like(last[jid], { Function: 'test.sleep', States: { web1: 'returned' } });
  t.is(Object.keys((await cluster.run('jobs.list_jobs_filter', 1)) as JsonMap).length, 1);

  t.is((await cluster.tsalt('exec', 'web1', 'test.ping', '--metadata', '{ticket: 17}')).code, 0);
  const { stdout } = await cluster.tsalt('run', 'jobs.list_jobs', 'search_metadata={ticket: 17}', '--out', 'json');
  const [noted, ...more] = Object.values(JSON.parse(stdout) as Record<string, JsonMap>);
  t.like(noted, { Function: 'test.ping', Metadata: { ticket: 17 } });
  t.deepEqual(more, []);
  const bad = await cluster.tsalt('exec', 'web1', 'test.ping', '--metadata', 'ticket');
  t.is(bad.code, 2);
  t.regex(bad.stderr, /--metadata is a map in YAML such as '\{ticket: 17\}', not 'ticket'/);
});

test('runners: of files and grains what the master has of them, and a job by way of salt.execute', async (t) => {
  const cluster = await startCluster(t);
  mkdirSync(path.join(cluster.states, 'web/empty'), { recursive: true });
  writeFileSync(path.join(cluster.states, 'web/init.sls'), 'x: test.nop\n');
  writeFileSync(path.join(cluster.states, 'web/logo.png'), Buffer.from([0x89, 0, 1]));
  await cluster.joinMinion('web1');
  t.deepEqual(await cluster.run('fileserver.envs'), ['base']);
  t.deepEqual(await cluster.run('fileserver.file_list'), ['web/init.sls', 'web/logo.png']);
  t.deepEqual(await cluster.run('fileserver.dir_list'), ['web', 'web/empty']);
  t.deepEqual(await cluster.run('fileserver.empty_dir_list', 'base'), ['web/empty']);
  const wrong = await cluster.tsalt('run', 'fileserver.file_list', 'bass');
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /there is no environment 'bass'\nhint: did you mean 'base'\?/);

  const grains = await eventually(async () => {
    const known = await cluster.run('cache.grains', 'web*');
    return isMap(known) && isMap(known['web1']) && known['web1']['id'] === 'web1' && known;
  });
  t.deepEqual(Object.keys(grains), ['web1']);
  t.deepEqual(await cluster.run('salt.execute', '*', 'test.echo', ['hello']), { web1: 'hello' });
  t.deepEqual(await cluster.run('test.arg', 1, 'two'), { args: [1, 'two'], kwargs: {} });

  t.deepEqual(await cluster.run('fileserver.clear_file_list_cache'), {});
  for (const [fun, said] of [
    ['fileserver.symlink_list', /hint: a link is served as what it leads to/],
    ['cache.list', /hint: 'cache\.grains', 'cache\.pillar' and 'cache\.mine' show/],
    ['fileserver.clear_lock', /hint: there are no locks/],
  ] as const) {
    const absent = await cluster.tsalt('run', fun);
    t.is(absent.code, 2, fun);
    t.regex(absent.stderr, said);
  }

  const file = path.join(cluster.states, 'web/init.sls');
  t.deepEqual(await cluster.run('file_roots.find', 'web/init.sls'), [{ [file]: 'txt' }]);
  t.deepEqual(await cluster.run('file_roots.find', 'web/logo.png'), [
    { [file.replace('init.sls', 'logo.png')]: 'bin' },
  ]);
  t.deepEqual(await cluster.run('file_roots.read', 'web/init.sls'), [{ [file]: 'x: test.nop\n' }]);
  for (const name of ['../../master/etc/master', file, 'web']) {
    await t.throwsAsync(cluster.run('file_roots.read', name), { code: 'TS_RUNNER_NO_SUCH_FILE' });
  }
  await t.throwsAsync(cluster.run('file_roots.read', 'web/logo.png'), { code: 'TS_RUNNER_NO_TEXT' });
  t.like(await cluster.run('config.values'), { interface: '127.0.0.1', keep_mb: 1024 });
  t.deepEqual(await cluster.run('key.list_all'), { accepted: ['web1'], pending: [], rejected: [], denied: [] });
  const listed = await cluster.tsalt('run');
  for (const name of ['cache.grains', 'file_roots.read', 'salt.execute', 'test.arg'])
    t.true(listed.stdout.includes(`\n${name} `), name);
});

test('salt.cmd: looks at what the master itself has, and at nothing of its machine', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.pillar, 'top.sls', "base:\n  '*_master': [own]\n");
  write(cluster.pillar, 'own.sls', 'colour: red\nword: !secret hidden\n');
  t.true(await cluster.run('salt.cmd', 'test.ping'));
  t.deepEqual(await cluster.run('salt.cmd', 'test.arg', 1, 'two'), { args: [1, 'two'], kwargs: {} });
  t.regex(asText(await cluster.run('salt.cmd', 'grains.get', 'id')), /_master$/);
  t.is(await cluster.run('salt.cmd', 'pillar.get', 'colour', 'none'), 'none');
  const withPillar = (...words: string[]) => cluster.tsalt('run', 'salt.cmd', ...words, 'with_pillar=True');
  t.is((await withPillar('pillar.get', 'colour')).stdout.trim(), 'red');
  t.false((await withPillar('pillar.items')).stdout.includes('hidden'));
  t.deepEqual(await cluster.run('salt.cmd', 'saltutil.runner', 'manage.up'), []);
  for (const [fun, code] of [
    ['cmd.run', 'TS_ORCHESTRATION_NO_FUNCTION'],
    ['file.read', 'TS_ORCHESTRATION_NO_FUNCTION'],
    ['grains.set', 'TS_EXEC_NO_SUCH_FUNCTION'],
    ['test.sleep', 'TS_EXEC_NO_SUCH_FUNCTION'],
    ['hashutil.digest_file', 'TS_ORCHESTRATION_NOT_HERE'],
  ] as const)
    await t.throwsAsync(cluster.run('salt.cmd', fun, '/etc/shadow'), { code }, fun);
  await t.throwsAsync(cluster.run('salt.cmd', 'saltutil.runner', 'event.send', ['a']), {
    code: 'TS_ORCHESTRATION_NOT_READING',
  });
});

test('runners: what the master remembers of minions is shown, forgotten, and there again once they tell it', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.pillar, 'top.sls', "base:\n  '*': [own]\n");
  write(cluster.pillar, 'own.sls', 'colour: red\nword: !secret hidden\n');
  await cluster.joinMinion('web1');
  write(cluster.pillar, 'top.sls', "base:\n  '*': [own]\n  'web1': [web, own]\n  db1: [db]\n");
  write(cluster.pillar, 'web.sls', 'port: 80\n');
  t.deepEqual(await cluster.run('pillar.show_top', 'web1'), { base: ['own', 'web'] });
  await t.throwsAsync(cluster.run('pillar.show_top', 'web9'), { code: 'TS_RUNNER_NO_SUCH_MINION' });
  await cluster.joinMinion('web2');
  const tell = async (): Promise<void> => {
    await cluster.exec('*', 'mine.send', ['test.echo', 'hello'], 20);
    await cluster.exec('*', 'mine.send', ['test.ping'], 20);
  };
  await tell();
  t.deepEqual(await cluster.run('cache.mine', 'web1'), { web1: { 'test.echo': 'hello', 'test.ping': true } });
  t.deepEqual(Object.keys((await cluster.run('cache.mine')) as JsonMap), ['web1', 'web2']);

  for (const fun of ['cache.clear_all', 'cache.clear_grains', 'cache.clear_mine', 'cache.clear_pillar'])
    await t.throwsAsync(cluster.run(fun), { code: 'TS_RUNNER_MISSING' }, 'whose, has to be said');
  t.true(await cluster.run('cache.clear_mine_func', 'web1', 'glob', 'test.echo'));
  t.deepEqual(await cluster.run('cache.mine', 'web1'), { web1: { 'test.ping': true } });
  t.true(await cluster.run('cache.clear_mine', 'web1'));
  t.deepEqual(Object.keys((await cluster.run('cache.mine')) as JsonMap), ['web2']);

  const meant = async (tgt: string, tgt_type: string): Promise<Json> => cluster.run('manage.up', tgt, tgt_type);
  await cluster.exec('*', 'saltutil.refresh_pillar', [], 20);
  t.deepEqual(await meant('colour:red', 'pillar'), ['web1', 'web2']);
  t.like(await cluster.run('cache.pillar', 'web2'), { web2: { colour: 'red', word: '[secret]' } });
  t.true(await cluster.run('cache.clear_pillar', 'web1'));
  t.deepEqual(await cluster.run('cache.pillar', 'web1'), { web1: {} });
  t.deepEqual(await meant('colour:red', 'pillar'), ['web2']);
  t.true(await cluster.run('cache.clear_grains', 'web1'));
  t.deepEqual(await meant('id:web*', 'grain'), ['web2']);
  t.true(await cluster.run('cache.clear_all', '*'));
  t.deepEqual(await cluster.run('cache.mine'), {});
  t.deepEqual(await cluster.run('cache.grains'), { web1: {}, web2: {} });
  t.false(await cluster.run('cache.clear_all', 'nobody'));

  await tell();
  await cluster.exec('*', 'saltutil.refresh_grains', [], 20);
  await cluster.exec('*', 'saltutil.refresh_pillar', [], 20);
  t.deepEqual(await meant('id:web*', 'grain'), ['web1', 'web2']);
  t.deepEqual(await meant('colour:red', 'pillar'), ['web1', 'web2']);
  t.deepEqual(Object.keys((await cluster.run('cache.mine')) as JsonMap), ['web1', 'web2']);
});
