import test from 'ava';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { version } from '../../lib/version.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

test('runners: minions that are there, their versions; jobs that run, the last one, those with some metadata', async (t) => {
  const cluster = await startCluster(t);
  await cluster.joinMinion('web1');
  await (await cluster.joinMinion('web2')).stop();
  await eventually(async () => JSON.stringify(await cluster.run('manage.present')) === '["web1"]');
  t.deepEqual(await cluster.run('manage.not_present'), ['web2']);
  t.deepEqual(await cluster.run('manage.versions'), { Master: version, 'Up to date': { web1: version } });

  t.false(await cluster.run('jobs.last_run', null, 'test.sleep'));
  const jid = await cluster.publish('web1', 'test.sleep', [1000]);
  const active = await eventually(async () => {
    const jobs = await cluster.run('jobs.active');
    return isMap(jobs) && isMap(jobs[jid]) && jobs[jid];
  });
  t.is(Object.keys((active['Running'] as JsonMap[])[0] ?? {})[0], 'web1');
  t.deepEqual(await cluster.run('jobs.exit_success', jid), { web1: false });
  const [ended] = await cluster.exec('web1', 'saltutil.term_job', [jid]);
  t.is(ended?.['success'], true);
  await eventually(async () => Object.keys((await cluster.run('jobs.active')) as JsonMap).length === 0);
  const last = (await cluster.run('jobs.last_run', null, 'test.sleep')) as JsonMap;
  t.like(last[jid], { Function: 'test.sleep', States: { web1: 'returned' } });

  t.is((await cluster.tsalt('exec', 'web1', 'test.ping', '--metadata', '{ticket: 17}')).code, 0);
  const { stdout } = await cluster.tsalt('run', 'jobs.list_jobs', 'search_metadata={ticket: 17}', '--out', 'json');
  const [noted, ...more] = Object.values(JSON.parse(stdout) as Record<string, JsonMap>);
  t.like(noted, { Function: 'test.ping', Metadata: { ticket: 17 } });
  t.deepEqual(more, []);
  const bad = await cluster.tsalt('exec', 'web1', 'test.ping', '--metadata', 'ticket');
  t.is(bad.code, 2);
  t.regex(bad.stderr, /--metadata is a map in YAML such as '\{ticket: 17\}', not 'ticket'/);
});
