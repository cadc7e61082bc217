import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { asText } from '../../lib/json.ts';
import { startCluster, write, type SeenEvent } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { needing } from '../kit/needing.ts';
import { holdLog, straceIsInstalled } from '../kit/slow-disk.ts';

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

test('a minion killed in the middle of a highstate, that job is told as interrupted, its processes are gone, and the next one runs', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.states, 'hang.sls', 'hang:\n  cmd.run:\n    - name: echo $$ >> pids; sleep 300; true\n');
  write(cluster.states, 'fine.sls', '/fine:\n  file.managed:\n    - contents: all right\n');
  const minion = await cluster.joinMinion('web1');
  const pids = path.join(minion.root, 'pids');

  const jid = await cluster.publish('web1', 'state.apply', ['hang'], 60);
  // The shell makes the file before it writes into it.
  const pid = await eventually(() => textOf(pids)?.trim() || undefined);
  t.true(existsSync(`/proc/${pid}`));
  await minion.kill9();
  await eventually(() => !existsSync(`/proc/${pid}`));

  minion.start();
  const [end] = await eventually(async () => {
    const returns = await cluster.events(`salt/job/${jid}/ret/web1`);
    return returns.length > 0 && returns;
  });
  t.like(end?.data, { success: false, jid });
  t.regex(asText(end?.data['return']), /was stopped while it ran state.apply/);
  const [next] = await cluster.exec('web1', 'state.apply', ['fine']);
  t.like(next, { state: 'returned', success: true });
  t.is(textOf(pids)?.trim(), pid, 'it did not run again');
  t.is((await cluster.events(`salt/job/${jid}/ret/web1`)).length, 1);
  t.is((await cluster.events('salt/minion/web1/start')).length, 2);
});

test('a minion killed with returns that the master has not got, they arrive once, as they were', async (t) => {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('web1');
  const jids: string[] = [];
  for (const word of ['one', 'two']) {
    jids.push(
      await cluster.publish('web1', 'cmd.run', [`echo begun >> begun; sleep 0.5; echo ${word} | tee -a ran`], 60),
    );
  }
  const ran = path.join(minion.root, 'ran');
  await eventually(() => textOf(path.join(minion.root, 'begun'))?.trim().split('\n').length === 2);
  await cluster.master.kill9();
  await eventually(async () => ((await minion.status())['jobs'] as unknown[]).length === 0);
  await minion.kill9();

  await cluster.restartMaster();
  minion.start();
  await cluster.connected('web1');
  const returns = await eventually(async () => {
    const all = (await cluster.events()).filter(({ tag }) => tag.includes('/ret/'));
    return all.length >= 2 && all;
  });
  const returnOf = (jid: string): unknown => returns.find(({ data }) => data['jid'] === jid)?.data['return'];
  t.deepEqual(jids.map(returnOf), ['one', 'two']);
  t.deepEqual(textOf(ran)?.trim().split('\n').toSorted(), ['one', 'two']);
  await cluster.exec('web1', 'test.ping');
  t.is((await cluster.events()).filter(({ tag }) => tag.includes('/ret/')).length, 3);
});

const withStrace = needing('strace', straceIsInstalled());

withStrace(
  'a minion killed after a job that the master, killed too, had nothing of on its disk: the job is sent again, not run again, and returned once',
  async (t) => {
    const cluster = await startCluster(t);
    const minion = await cluster.joinMinion('web1');
    const jobsOf = async (): Promise<number> => ((await minion.status())['jobs'] as unknown[]).length;
    // On its way, and not taken before nothing gets on the master's disk any more.
    minion.pause();
    const jid = await cluster.publish('web1', 'cmd.run', ['echo once | tee -a ran'], 120);
    const letGo = await holdLog(cluster.master);
    t.teardown(letGo);
    minion.resume();
    const ran = path.join(minion.root, 'ran');
    await eventually(async () => textOf(ran) === 'once\n' && (await jobsOf()) === 0);
    await Promise.all([cluster.master.kill9(), minion.kill9(), letGo()]);

    await cluster.restartMaster();
    t.like(await cluster.run('jobs.why', jid, 'web1'), { State: 'queued' });
    minion.start();
    const returns = (): Promise<SeenEvent[]> => cluster.events(`salt/job/${jid}/ret/web1`);
    await eventually(async () => (await returns()).length > 0);
    // Jobs come in order: before the answer to this one the other one has come, too.
    t.is((await cluster.exec('web1', 'test.ping'))[0]?.return, true);
    await eventually(async () => (await jobsOf()) === 0);
    t.is(textOf(ran), 'once\n');
    t.deepEqual(
      (await returns()).map(({ data }) => data['return']),
      ['once'],
    );
    t.like(await cluster.run('jobs.why', jid, 'web1'), { State: 'returned' });
  },
);
