import test from 'ava';
import { loadMasterConfig } from '../../lib/config/load.ts';
import type { Finding } from '../../cli/doctor/finding.ts';
import { masterChecks } from '../../cli/doctor/master-checks.ts';
import type { MasterFacts } from '../../cli/doctor/master-facts.ts';
import { configErrors } from '../../lib/errors/config.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

const MIB = 1024 * 1024;

const healthy: MasterFacts = {
  status: {},
  stats: { store: { bytes: 40 * MIB, queuedBytes: 0, refused: 0, failures: 0, slowestCommitMs: 3 } },
  keys: { accepted: ['a', 'b'], pending: [], denied: [], rejected: [] },
  versions: { Master: '1.0.0', 'Up to date': { a: '1.0.0', b: '1.0.0' } },
  reactors: [{ name: 'builtin:auth', counters: { lag: 0 } }],
  returners: [{ name: 'audit', state: 'waiting', behindSeconds: 0, lost: 0 }],
  git: [{ remote: '/srv/tree.git', use: 'files', asked: '2026-01-31T12:00:00.000Z', failure: null }],
  deadLetters: 0,
  minions: [
    { id: 'a', ms: 20, ahead: 3 },
    { id: 'b', ms: 30, ahead: -4 },
  ],
  ports: [{ name: 'publish_port', port: 4505, answers: true }],
  disk: { free: 900 * MIB, total: 1000 * MIB },
  missingRoots: [],
};

function findings(more: Partial<MasterFacts>): Finding[] {
  const given = { config: loadMasterConfig({ env: {} }).config, version: '1.0.0' };
  return masterChecks.flatMap((check) => check({ ...healthy, ...more }, given));
}

/** What is not good, as `grade about: says`. */
const wrong = (more: Partial<MasterFacts>): string[] =>
  findings(more).flatMap(({ grade, about, says }) => (grade === 'good' ? [] : [`${grade} ${about}: ${says}`]));

test('doctor: of a healthy master nothing is wrong, and each check says what it saw', (t) => {
  t.deepEqual(wrong({}), []);
  const about = findings({}).map((finding) => finding.about);
  t.deepEqual(about, [
    'master',
    'ports',
    'keys',
    'links',
    'versions',
    'clocks',
    'answers',
    'disk',
    'queues',
    'reactors',
    'returners',
    'git',
  ]);
  t.false(
    findings({ git: [] }).some((finding) => finding.about === 'git'),
    'nobody has git remotes',
  );
});

test('doctor: each kind of trouble is told with its figure, and with what to do', (t) => {
  const cases: [Partial<MasterFacts>, RegExp][] = [
    [{ versions: { Master: '0.9.0' } }, /^warning master: version 0\.9\.0 is running, and this command is 1\.0\.0$/],
    [{ ports: [{ name: 'ret_port', port: 4506, answers: false }] }, /^bad ports: nobody answers on ret_port 4506$/],
    [{ keys: { accepted: [], pending: ['x', 'y'] } }, /^warning keys: 2 wait to be accepted: x, y$/],
    [{ keys: { accepted: ['x'], denied: ['x'] } }, /^bad keys: another key came for the name of x, and was kept out$/],
    [{ minions: [{ id: 'a', away: 'not connected (since noon)' }] }, /^bad links: a: not connected \(since noon\)$/],
    [
      { versions: { Master: '1.0.0', 'Minion requires update': { b: '0.9.0' } } },
      /^warning versions: minion requires update: b$/,
    ],
    [{ minions: [{ id: 'a', ms: 10, ahead: 3000 }] }, /^warning clocks: the clock of a is 3\.0 s ahead$/],
    [{ minions: [{ id: 'a', ms: 10, ahead: -3_600_000 }] }, /^bad clocks: the clock of a is 3600\.0 s behind$/],
    [{ minions: [{ id: 'a', ms: 1500, ahead: 0 }] }, /^warning answers: minions answer within 1500 ms/],
    [
      { disk: { free: 10 * MIB, total: 1000 * MIB } },
      /^bad disk: 10 MiB are free .* \(1 %\); the store has 40 of its 1024 MiB$/,
    ],
    [{ stats: { store: { failures: 2 } } }, /^bad queues: 2 commits to disk failed since the start$/],
    [{ stats: { store: { refused: 1 } } }, /^bad queues: 1 changes were refused/],
    [{ stats: { store: { queuedBytes: 9 * MIB } } }, /^warning queues: 9 MiB wait for the disk$/],
    [{ reactors: [{ name: 'x.sls', counters: { lag: 5000 } }] }, /^warning reactors: x\.sls is 5000 events behind$/],
    [{ deadLetters: 3 }, /^bad reactors: 3 events could not be handled$/],
    [
      { returners: [{ name: 'db', state: 'away', error: 'no', behindSeconds: 61.2, lost: 0 }] },
      /^bad returners: db is away, 61 s behind: no$/,
    ],
    [
      { git: [{ remote: '/srv/tree.git', use: 'files', asked: '2026-01-31T12:00:00.000Z', failure: 'it is away' }] },
      /^bad git: \/srv\/tree\.git \(files\) answered last at 2026-01-31T12:00:00\.000Z: it is away$/,
    ],
    [
      { git: [{ remote: '/srv/pillar.git', use: 'pillar', asked: null, failure: 'it is away' }] },
      /^bad git: \/srv\/pillar\.git \(pillar\) has not answered since the master began: it is away$/,
    ],
    [
      { returners: [{ name: 'db', state: 'waiting', behindSeconds: 0, lost: 7 }] },
      /^bad returners: db has lost up to 7 events$/,
    ],
  ];
  const place = { file: '/etc/tsalt/master', line: 2, column: 10 };
  const root = { option: 'file_roots', environment: 'base', directory: '/srv/satl' };
  cases.push([
    { missingRoots: [configErrors.noRoot(root, { place, hint: "did you mean '/srv/salt'?" })] },
    /^warning trees: \/etc\/tsalt\/master:2:10: 'file_roots': there is no directory \/srv\/satl, so /,
  ]);
  for (const [more, expected] of cases) {
    const told = wrong(more);
    t.is(told.length, 1, told.join('\n'));
    t.regex(told[0] ?? '', expected);
  }
  t.true(findings({ deadLetters: 3 }).every(({ grade, hint }) => grade === 'good' || (hint ?? '').length > 10));
});

test('doctor: a minion whose answer was long under way is not blamed for its clock', (t) => {
  t.deepEqual(
    wrong({ minions: [{ id: 'a', ms: 6000, ahead: 2900 }] }).filter((line) => line.includes('clocks')),
    [],
  );
});

test('doctor: on a real master and its minions, what is well, who waits, who is away', async (t) => {
  const cluster = await startCluster(t);
  await cluster.joinMinion('web1');
  const well = await cluster.tsalt('doctor');
  t.is(well.code, 0, well.stdout + well.stderr);
  t.regex(well.stdout, /✔ links +1 of 1 minions answered\n/);
  t.regex(well.stdout, /✔ clocks +all 1 are within 2 s of this one\n/);
  t.regex(well.stdout, /✔ ports +publish_port \d+, ret_port \d+/);
  // A loaded machine may answer slowly, which is a warning.
  t.regex(well.stdout, /\n(?:nothing is wrong|0 bad, 1 to look at)\n$/);

  await (await cluster.joinMinion('web2')).stop();
  cluster.startMinion('web3');
  await eventually(async () => JSON.stringify(await cluster.run('manage.present')) === '["web1"]');
  await eventually(async () => JSON.stringify(await cluster.control.call('key.list')).includes('web3'));
  const ill = await cluster.tsalt('doctor', '--out', 'json');
  t.is(ill.code, 1);
  const told = JSON.parse(ill.stdout) as Finding[];
  t.like(
    told.find(({ about, grade }) => about === 'links' && grade === 'bad'),
    { hint: "look into the minion's log on web2" },
  );
  t.like(
    told.find(({ about, grade }) => about === 'keys' && grade === 'warning'),
    {
      says: '1 wait to be accepted: web3',
    },
  );
  const why = await cluster.run('jobs.why', await cluster.publish('web1', 'test.ping'), 'web2');
  t.like(why, { State: 'not targeted', Why: "glob 'web1' does not match it" });
});

test('doctor: where nothing runs it says so, and a word too many is refused', async (t) => {
  const cluster = await startCluster(t);
  await cluster.master.stop();
  const none = await cluster.tsalt('doctor');
  t.is(none.code, 2);
  t.regex(none.stderr, /neither a master nor a minion answers on this machine/);
  const surplus = await cluster.tsalt('doctor', 'now');
  t.is(surplus.code, 2);
  t.regex(surplus.stderr, /tsalt doctor has no use for 'now'/);
});

test('doctor: a master whose trees are not where its config says, warns at its start and is told of', async (t) => {
  const cluster = await startCluster(t, { file_roots: { base: ['/nowhere/states'] } });
  t.regex(cluster.master.log(), /warning .*'file_roots': there is no directory \/nowhere\/states/);
  const { code, stdout } = await cluster.tsalt('doctor');
  t.is(code, 0, stdout);
  t.regex(
    stdout,
    /! trees +\S+\/master:\d+:\d+: 'file_roots': there is no directory \/nowhere\/states, so .*\n +→ of its path/,
  );
});
