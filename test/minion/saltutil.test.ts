import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

/** A cluster of one minion, and what a function of it answers. */
async function single(t: ExecutionContext, config: JsonMap = {}) {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('web1', { config });
  const ask = async (fun: string, ...arg: Json[]): Promise<Json | undefined> =>
    (await cluster.exec('web1', fun, arg))[0]?.return;
  return { cluster, minion, ask };
}

/** Starts a command that notes its pid and sleeps; gives the job and the command's pid. */
async function sleeper(cluster: Cluster, before = ''): Promise<{ jid: string; pid: number }> {
  const file = path.join(cluster.directory, `pid-${Math.random()}`);
  const command = `${before} echo $$ > ${file}; sleep 1000 & wait; sleep 1000`;
  const jid = await cluster.publish('web1', 'cmd.run', [command]);
  // The shell makes the file before it writes into it.
  const text = await eventually(() => existsSync(file) && (readFileSync(file, 'utf8').trim() || undefined));
  return { jid, pid: Number(text) };
}

async function ending(cluster: Cluster, jid: string): Promise<JsonMap> {
  return eventually(async () => {
    const job = await cluster.run('jobs.show', jid);
    const result = isMap(job) && isMap(job['Result']) && job['Result']['web1'];
    return isMap(result) && (result as JsonMap);
  });
}

function isGone(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return false;
  } catch {
    return true;
  }
}

test('saltutil: a job that runs is listed and found, and ended with all it has started', async (t) => {
  const { cluster, ask } = await single(t);
  t.deepEqual(await ask('saltutil.running'), []);
  const { jid, pid } = await sleeper(cluster);
  const [job] = (await ask('saltutil.running')) as JsonMap[];
  t.like(job, { jid, fun: 'cmd.run', user: 'operator' });
  t.is(typeof job?.['pid'], 'number');
  t.deepEqual(await ask('saltutil.find_job', jid), job);
  t.deepEqual(await ask('saltutil.find_job', '20260101000000000000'), {});
  t.deepEqual(await ask('saltutil.is_running', 'cmd.*'), [job]);
  t.deepEqual(await ask('saltutil.is_running', 'state.*'), []);
  t.is(await ask('saltutil.term_job', '20260101000000000000'), '');

  const { stdout } = await cluster.tsalt('exec', 'web1', 'saltutil.term_job', jid, '--out', 'json');
  t.deepEqual(JSON.parse(stdout), { web1: `Signal 15 sent to job ${jid} at pid ${asText(job?.['pid'])}` });
  t.like(await ending(cluster, jid), {
    return: 'cmd.run was ended by saltutil.term_job (SIGTERM)',
    success: false,
    retcode: 1,
  });
  await eventually(() => isGone(pid));
  t.deepEqual(await ask('saltutil.running'), []);
});

test('saltutil: a job that does not heed SIGTERM is killed at once by kill_job', async (t) => {
  const { cluster, ask } = await single(t);
  const { jid, pid } = await sleeper(cluster, "trap '' TERM;");
  t.regex(asText(await ask('saltutil.signal_job', jid, 'TERM')), /^Signal 15 sent/);
  t.false(isGone(pid));
  t.regex(asText(await ask('saltutil.signal_job', jid, 9)), /^Signal 9 sent/);
  t.like(await ending(cluster, jid), { return: 'cmd.run was ended by saltutil.signal_job (SIGKILL)', success: false });
  await eventually(() => isGone(pid));
  t.regex(
    JSON.stringify(await ask('saltutil.signal_job', jid, 'HUP')),
    /'sig' has to be SIGTERM \(15\) or SIGKILL \(9\), not the text .*HUP/,
  );
});

test('saltutil: a command that does not heed SIGTERM is killed after a while, with its job', async (t) => {
  const { cluster, ask } = await single(t);
  const { jid, pid } = await sleeper(cluster, "trap '' TERM;");
  await ask('saltutil.term_job', jid);
  t.like(await ending(cluster, jid), { return: 'cmd.run was ended by saltutil.term_job (SIGTERM)', success: false });
  await eventually(() => isGone(pid));
});

test('saltutil: on the machine itself, through its minion; with no minion there are no jobs', async (t) => {
  const { cluster, minion } = await single(t);
  const { jid, pid } = await sleeper(cluster);
  const call = async (...words: string[]): Promise<unknown> => {
    const { stdout } = await cluster.tsalt('call', '--config-dir', minion.configDir, '--out', 'json', ...words);
    return (JSON.parse(stdout) as JsonMap)['local'];
  };
  t.like(((await call('saltutil.running')) as JsonMap[])[0], { jid, fun: 'cmd.run' });
  t.deepEqual(await call('--local', 'saltutil.running'), []);
  t.regex(asText(await call('saltutil.kill_job', jid)), /^Signal 9 sent/);
  await eventually(() => isGone(pid));
});

test('saltutil: a job that waits for its turn leaves the queue', async (t) => {
  const { cluster, ask } = await single(t, { process_count_max: 1 });
  const { pid } = await sleeper(cluster);
  const jid = await cluster.publish('web1', 'cmd.run', ['echo never']);
  await eventually(async () => ((await ask('saltutil.running')) as Json[]).length === 2);
  t.is(await ask('saltutil.kill_job', jid), `Signal 9 sent to job ${jid}, which had not begun`);
  t.like(await ending(cluster, jid), { return: 'cmd.run was ended by saltutil.kill_job (SIGKILL)', success: false });
  t.is(((await ask('saltutil.term_all_jobs')) as Json[]).length, 1);
  await eventually(() => isGone(pid));
});

test('saltutil: a state run that is ended says which states did not run', async (t) => {
  const { cluster, ask } = await single(t);
  const mark = path.join(cluster.directory, 'mark');
  write(
    cluster.states,
    'slow.sls',
    `first:\n  cmd.run:\n    - name: touch ${mark}; sleep 1000\nsecond:\n  test.nop: []\n`,
  );
  const jid = await cluster.publish('web1', 'state.apply', ['slow']);
  await eventually(() => existsSync(mark));
  t.regex(asText(await ask('saltutil.term_job', jid)), /^Signal 15 sent/);
  const { return: states, success } = await ending(cluster, jid);
  t.false(success);
  const [first, second] = Object.values(states as Record<string, JsonMap>);
  t.like(first, { __id__: 'first', result: false });
  t.like(second, {
    __id__: 'second',
    result: false,
    comment: 'not run: state.apply was ended by saltutil.term_job (SIGTERM)',
  });
});

test('saltutil: pillar and grains made anew, the master targets by them', async (t) => {
  const { cluster, minion, ask } = await single(t);
  const meant = async (tgt: string, kind: string): Promise<Json> =>
    ((await cluster.control.call('targets', { tgt, tgt_type: kind })) as JsonMap)['minions'] ?? null;
  write(cluster.pillar, 'top.sls', "base:\n  '*': [tier]\n");
  write(cluster.pillar, 'tier.sls', 'tier: front\n');
  t.deepEqual(await meant('tier:front', 'pillar'), []);
  t.true(await ask('saltutil.refresh_pillar'));
  t.deepEqual(await meant('tier:front', 'pillar'), ['web1']);
  write(cluster.pillar, 'tier.sls', 'tier: [\n');
  t.regex(JSON.stringify(await ask('saltutil.refresh_pillar')), /tier\.sls:/);

  writeFileSync(path.join(minion.configDir, 'grains'), 'rack: r7\n');
  t.deepEqual(await meant('rack:r7', 'grain'), []);
  t.true(await ask('saltutil.refresh_grains'));
  t.deepEqual(await meant('rack:r7', 'grain'), ['web1']);
});

test('saltutil: nothing is taken from the state tree', async (t) => {
  const { ask } = await single(t);
  t.deepEqual(await ask('saltutil.sync_modules'), []);
  t.like(await ask('saltutil.sync_all'), { modules: [], states: [], grains: [], beacons: [] });
  t.true(await ask('saltutil.refresh_modules'));
});

test('saltutil: the cache is cleared of what was fetched; it is fetched again, and nothing else is lost', async (t) => {
  const { cluster, minion, ask } = await single(t);
  write(cluster.states, 'file.txt', 'hello\n');
  t.is(await ask('cp.get_file_str', 'salt://file.txt'), 'hello\n');
  const cache = path.join(minion.directory, 'cache');
  const files = (): string[] => readdirSync(path.join(cache, 'files'));
  t.true(files().length > 0);
  const others = readdirSync(cache);
  t.true(await ask('saltutil.clear_cache'));
  t.deepEqual(files(), []);
  t.deepEqual(readdirSync(cache), others);
  t.is(await ask('cp.get_file_str', 'salt://file.txt'), 'hello\n');
  t.true(await ask('saltutil.refresh_beacons'));
});

test('match: a nodegroup of the master is known on a minion, on the command line and in a state file', async (t) => {
  const cluster = await startCluster(t, { nodegroups: { webs: 'web*', dbs: ['L@db1,db2'] } });
  await cluster.joinMinion('web1', { config: { nodegroups: { own: 'N@webs' } } });
  const match = async (fun: string, tgt: string) => (await cluster.exec('web1', fun, [tgt]))[0]?.return;
  t.is(await match('match.compound', 'N@webs'), true);
  t.is(await match('match.compound', 'not N@dbs and N@own'), true);
  t.is(await match('match.nodegroup', 'dbs'), false);
  t.regex(asText(await match('match.nodegroup', 'web')), /there is no nodegroup 'web'.*did you mean 'webs'/s);
  write(cluster.states, 'group.sls', 'is-{{salt "match.compound" "N@webs"}}:\n  test.nop: []\n');
  t.regex(JSON.stringify(await match('state.apply', 'group')), /is-true/);
});

test('a function of Salt with which a minion would command others: the error says what to do in its place', async (t) => {
  const { ask } = await single(t);
  for (const fun of ['publish.publish', 'saltutil.runner', 'saltutil.cmd'])
    t.regex(asText(await ask(fun, '*', 'test.ping')), /there is no function '.*a minion commands nobody: a reactor/s);
  t.regex(asText(await ask('saltutil.find_cached_job', '1')), /'tsalt run jobs.lookup_jid JID' asks the master/);
});
