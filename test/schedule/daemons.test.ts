import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { daemon } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';

/** What a run of that scheduled job came to, as an event tells it; the first one after `since`. */
function runOf(cluster: Cluster, job: string, since = 0): Promise<JsonMap & { readonly seq: number }> {
  return eventually(async () => {
    const events = await cluster.events();
    for (const { seq, tag, data } of events)
      if (seq > since && /^salt\/(?:scheduler|job)\/\d{20}\/ret\b/.test(tag) && data['schedule'] === job)
        return { ...data, seq };
    return undefined;
  });
}

/** What the files of a minion's outbox say, as text. */
function outboxOf(directory: string): string {
  const folder = path.join(directory, 'cache', 'outbox', 'log');
  return readdirSync(folder)
    .map((name) => readFileSync(path.join(folder, name), 'latin1'))
    .join('\n');
}

const first = (endings: readonly { readonly return?: Json }[]): JsonMap => endings[0]?.return as JsonMap;

test('schedule on the master: runner functions and orchestrations, each run an event; counted and listed', async (t) => {
  const cluster = await startCluster(t, {
    schedule: {
      up: { function: 'manage.up', seconds: 1, metadata: { team: 'ops' } },
      roll: { function: 'state.orchestrate', args: ['roll'], hours: 1, run_on_start: true },
      broken: { function: 'state.orchestrate', args: ['none'], hours: 1, run_on_start: true },
      quiet: { function: 'manage.up', hours: 1, run_on_start: true, return_job: false },
      off: { function: 'manage.up', seconds: 1, enabled: false },
    },
  });
  const up = await runOf(cluster, 'up');
  t.like(up, { fun: 'runner.manage.up', user: 'schedule', return: [], success: true, metadata: { team: 'ops' } });
  t.like(await runOf(cluster, 'up', up.seq), { success: true });
  t.like(await runOf(cluster, 'broken'), { success: false, fun_args: ['none'] });
  t.like(await runOf(cluster, 'roll'), { success: false }, 'it is not there yet');
  t.regex(cluster.master.log(), /a scheduled job failed.*job=broken.*reason=.*none/);

  write(cluster.states, 'roll.sls', 'rolled:\n  test.succeed_with_changes: []\n');
  const before = (await cluster.events()).at(-1)?.seq ?? 0;
  await cluster.restartMaster();
  const roll = await runOf(cluster, 'roll', before);
  t.like(roll, { success: true });
  const told = (await cluster.events()).map(({ tag }) => tag);
  t.true(told.includes(`salt/run/${asText(roll['run'])}/ret`), 'the orchestration has events of its own');
  await runOf(cluster, 'broken', before);

  const jobs = (await cluster.run('schedule.list')) as JsonMap[];
  t.deepEqual(
    jobs.map(({ name, enabled }) => [name, enabled]),
    [
      ['up', true],
      ['roll', true],
      ['broken', true],
      ['quiet', true],
      ['off', false],
    ],
  );
  t.like(jobs[1], { fun: 'state.orchestrate', runs: 1, failed: 0 });
  t.like(jobs[3], { runs: 1 });
  t.regex(asText(jobs[1]?.['next']), /^\d{4}-\d\d-\d\dT/);
  const { schedule } = (await cluster.run('master.stats')) as { schedule: JsonMap };
  t.like(schedule, { jobs: 4, failed: 1, missed: 0 });
});

const typos: [title: string, schedule: JsonMap, message: RegExp][] = [
  [
    'a misspelt option',
    { a: { function: 'manage.up', secnds: 1 } },
    /there is no option 'secnds'[^]*did you mean 'seconds'/,
  ],
  [
    'a misspelt function',
    { a: { function: 'manage.upp', seconds: 1 } },
    /master:\d+:\d+: scheduled job 'a': the master has no function 'manage.upp'[^]*did you mean 'manage.up'/,
  ],
  [
    'a misspelt returner',
    { a: { function: 'manage.up', seconds: 1, returner: 'audit' } },
    /master:\d+:\d+: scheduled job 'a': the master has no returner 'audit'\n[^]*hint: there are none/,
  ],
  ['a name of a time', { a: { function: 'manage.up', when: 'lunch' } }, /"lunch" in 'when' is no time such as/],
];
for (const [title, schedule, message] of typos)
  test(`schedule on the master: ${title}, keeps it from starting and is told with what was meant`, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-schedule-'));
    const ports = { interface: '127.0.0.1', publish_port: 0, ret_port: 0, bundle_port: 0 };
    const master = daemon('master', directory, { ...ports, schedule });
    t.teardown(async () => {
      await master.kill9();
      rmSync(directory, { recursive: true, force: true });
    });
    master.start();
    await eventually(() => !master.isRunning());
    t.regex(master.log(), message);
  });

test('schedule on a minion: what a function sets runs at once and after a restart, what the pillar sets runs as well', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.pillar, 'top.sls', "base:\n  '*':\n    - times\n");
  write(
    cluster.pillar,
    'times.sls',
    'schedule:\n  from-pillar:\n    function: test.ping\n    seconds: 1\n    args: []\n',
  );
  const minion = await cluster.joinMinion('m1', { config: { root: '/' } });
  t.like(await runOf(cluster, 'from-pillar'), { fun: 'test.ping', return: true, success: true });

  const added = await cluster.tsalt(
    'exec',
    'm1',
    'schedule.add',
    'kept',
    'function=test.echo',
    "job_args=['hi']",
    'hours=1',
  );
  t.is(added.code, 0, added.stdout + added.stderr);
  t.regex(added.stdout, /Added job: kept to schedule\./);
  t.true(existsSync(path.join(minion.configDir, 'minion.d/_schedule.conf')));
  t.like(first(await cluster.exec('m1', 'schedule.run_job', ['kept'])), { result: true });
  const ran = await runOf(cluster, 'kept');
  t.like(ran, { fun: 'test.echo', return: 'hi', fun_args: ['hi'] });

  const passing = await cluster.tsalt(
    'exec',
    'm1',
    'schedule.add',
    'lost',
    'function=test.ping',
    'hours=1',
    'persist=False',
  );
  t.is(passing.code, 0, passing.stdout + passing.stderr);
  t.regex(asText(first(await cluster.exec('m1', 'schedule.list'))), /lost:/);

  const words = ['bad', 'function=test.pingg', 'seconds=1'];
  const refused = await cluster.tsalt('exec', 'm1', 'schedule.add', ...words, '--out', 'json');
  t.is(refused.code, 1);
  t.deepEqual(JSON.parse(refused.stdout), {
    m1: { comment: "there is no function 'test.pingg'\nhint: did you mean 'test.ping'?", result: false },
  });
  const failing = ['schedule.add', 'failing', 'function=cmd.run', "job_args=['echo why; exit 3']", 'hours=1'];
  t.is((await cluster.tsalt('exec', 'm1', ...failing)).code, 0);
  t.like(first(await cluster.exec('m1', 'schedule.run_job', ['failing'])), { result: true });
  await eventually(() => minion.log().includes('a scheduled job failed'));
  t.regex(minion.log(), /a scheduled job failed.*job=failing.*reason=\S*why/);

  await minion.stop();
  minion.start();
  await cluster.connected('m1');
  t.like(first(await cluster.exec('m1', 'schedule.job_status', ['kept'])), { function: 'test.echo', runs: 0 });
  t.like(first(await cluster.exec('m1', 'schedule.run_job', ['kept'])), { result: true });
  t.like(await runOf(cluster, 'kept', ran.seq), { return: 'hi' });
  t.notRegex(asText(first(await cluster.exec('m1', 'schedule.list'))), /lost:/);
});

const jobsOf = async (cluster: Cluster, ...search: Json[]): Promise<[jid: string, job: JsonMap][]> =>
  Object.entries((await cluster.run('jobs.list_jobs', ...search)) as JsonMap) as [string, JsonMap][];

test('schedule on a minion: its runs are jobs that the runner jobs knows, each once, while the master is away, too', async (t) => {
  const cluster = await startCluster(t);
  const schedule = {
    beat: { function: 'test.echo', args: ['hi'], hours: 1, run_on_start: true, metadata: { team: 'ops' } },
    told: { function: 'test.echo', args: ['told'], hours: 1, run_on_start: true, return_job: 'nocache' },
    quiet: { function: 'test.echo', args: ['quiet'], hours: 1, run_on_start: true, return_job: false },
  };
  const minion = await cluster.joinMinion('m1', { config: { schedule } });
  const beat = await runOf(cluster, 'beat');
  await runOf(cluster, 'told');
  const jid = asText(beat['jid']);
  const ofSchedule = async () => (await jobsOf(cluster)).filter(([, job]) => job['User'] === 'schedule');
  t.deepEqual(
    (await ofSchedule()).map(([at, job]) => [at, job['Function'], job['Schedule'], job['Metadata']]),
    [[jid, 'test.echo', 'beat', { team: 'ops' }]],
  );
  t.like(await cluster.run('jobs.list_job', jid), {
    Schedule: 'beat',
    Minions: ['m1'],
    Result: { m1: { return: 'hi' } },
  });
  t.deepEqual(await cluster.run('jobs.lookup_jid', jid), { m1: 'hi' });
  t.like(await cluster.run('jobs.last_run', { team: 'ops' }), { [jid]: { Schedule: 'beat' } });
  t.like(await cluster.run('jobs.why', jid, 'm1'), {
    State: 'returned',
    'Asked by': "the schedule of the minion, where it is 'beat'",
  });

  // What runs while the master is away comes later, and once, though the minion is killed before it could send it.
  await cluster.master.stop();
  await minion.kill9();
  minion.start();
  await eventually(() => /"text":"\\"hi\\""[^]*"text":"\\"hi\\""/.test(outboxOf(minion.directory)));
  await minion.kill9();
  await cluster.restartMaster();
  minion.start();
  await cluster.connected('m1');
  await eventually(async () => (await ofSchedule()).length === 3);
  await minion.stop();
  minion.start();
  await eventually(async () => (await ofSchedule()).length === 4);
  t.deepEqual((await cluster.events()).filter(({ data }) => data['schedule'] === 'beat').length, 4);
  t.false((await cluster.events()).some(({ data }) => data['schedule'] === 'quiet'));
});

test('schedule: a returner that a job names gets its return, and nothing else that its events do not say', async (t) => {
  const cluster = await startCluster(t);
  const file = path.join(cluster.directory, 'told.json');
  const hourly = { hours: 1, run_on_start: true };
  const lines = { kind: 'json_lines', file, events: 'no/such/tag' };
  await cluster.restartMaster({
    returners: { told: lines },
    schedule: {
      up: { function: 'manage.up', ...hourly, returner: 'told' },
      other: { function: 'manage.down', ...hourly },
    },
  });
  const schedule = {
    named: { function: 'test.echo', args: ['a'], ...hourly, returner: ['told'] },
    alone: { function: 'test.echo', args: ['b'], ...hourly, returner: 'told', return_job: false },
    plain: { function: 'test.echo', args: ['c'], ...hourly },
    lost: { function: 'test.echo', args: ['d'], ...hourly, returner: 'tld' },
  };
  await cluster.joinMinion('m1', { config: { schedule } });
  await cluster.exec('m1', 'test.ping');
  const names = (): string[] =>
    (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []).map((line) =>
      asText((JSON.parse(line) as { data: JsonMap }).data['schedule']),
    );
  await eventually(() => names().length === 3);
  await runOf(cluster, 'plain');
  await runOf(cluster, 'lost');
  t.deepEqual(names().toSorted(), ['alone', 'named', 'up']);
  const kept = (await jobsOf(cluster)).flatMap(([, job]) => (job['Schedule'] ? asText(job['Schedule']) : []));
  t.deepEqual(kept.toSorted(), ['lost', 'named', 'plain']);
  t.regex(
    cluster.master.log(),
    /names a returner that this master does not have.*"?returner"?.*tld.*did you mean 'told'/,
  );
});
