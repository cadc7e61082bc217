import { spawn } from 'node:child_process';
import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { plainEnvironment, tsaltCommand } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';

/** Whether the newest orchestration is in its first step. */
const waits = async (cluster: Cluster): Promise<boolean> => {
  const [newest] = (await cluster.run('state.orchestrations')) as JsonMap[];
  return newest?.['state'] === 'running' && newest['steps'] === 1;
};

test('orchestrate: Ctrl-C tells the command that waits for it; --async, the jid alone; both are jobs as others are', async (t) => {
  const cluster = await startCluster(t);
  await cluster.joinMinion('one');
  write(cluster.states, 'orch/go.sls', 'go:\n  salt.wait_for_event: [{id_list: [one]}]\n');
  const pillar = `pillar={a: "it's"}`;
  const configDir = cluster.master.configDir;
  const [file = '', ...words] = tsaltCommand('run', 'state.orchestrate', 'orch.go', pillar, '-c', configDir);
  const waiting = spawn(file, words, { env: plainEnvironment() });
  let said = '';
  waiting.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => waiting.on('close', resolve));
  await eventually(() => waits(cluster));
  waiting.kill('SIGINT');
  t.is(await ended, 130);
  const [, first = ''] = /^interrupted; (\d{20}) goes on/.exec(said) ?? [];
  const shown = `tsalt run state.orchestrate orch.go 'pillar={a: "it'\\''s"}' orchestration_jid=${first}`;
  t.is(said, `interrupted; ${first} goes on: ${shown} --config-dir ${configDir}\n`);

  const begun = await cluster.tsalt('run', 'state.orchestrate', 'orch.go', '--async');
  t.is(begun.code, 0, begun.stderr);
  t.regex(begun.stdout, /^\d{20}\n$/);
  const jid = begun.stdout.trim();
  await eventually(() => waits(cluster));
  const active = (await cluster.run('jobs.active')) as Record<string, JsonMap>;
  t.deepEqual(Object.keys(active), [first, jid]);
  t.is(active[jid]?.['Function'], 'runner.state.orchestrate');
  const fun = (await cluster.run('jobs.list_job', jid)) as JsonMap;
  t.regex(JSON.stringify(fun['States']), /_master":"running: steps done so far: \d"/);
  await t.throwsAsync(cluster.run('jobs.why', jid, 'one'), { code: 'TS_RUNNER_NO_MINION_JOB' });

  await cluster.control.call('event.send', { tag: 'go', data: { id: 'one' } });
  const done = await cluster.tsalt('run', 'state.orch', 'orch.go', `orchestration_jid=${jid}`);
  t.is(done.code, 0, done.stderr);
  await cluster.tsalt('run', 'state.orch', 'orch.go', `orchestration_jid=${first}`);
  t.deepEqual(await cluster.run('jobs.active'), {});
  const [[id, result] = []] = Object.entries((await cluster.run('jobs.lookup_jid', jid)) as Record<string, JsonMap>);
  t.regex(id ?? '', /_master$/);
  t.like(Object.values(result ?? {})[0], { __id__: 'go', result: true });
  const last = (await cluster.run('jobs.last_run', null, 'runner.state.*')) as JsonMap;
  t.deepEqual(Object.keys(last), [jid]);

  const job = await cluster.tsalt('run', 'salt.execute', 'one', 'test.ping', '--async');
  t.regex(job.stdout, /^\d{20}\n$/);
  for (const fun of ['jobs.active', 'key.list_all']) {
    const waited = await cluster.tsalt('run', fun, '--async');
    t.is(waited.code, 2);
    t.regex(waited.stderr, /is waited for in any case/);
  }
});
