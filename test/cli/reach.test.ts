import { spawn } from 'node:child_process';
import test from 'ava';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { plainEnvironment, tsaltCommand } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';

/*
 * Whom a command reaches, and how many at a time: web1 to web3 are there, away1 is not.
 */

const endings: (() => unknown)[] = [];
let cluster: Cluster;

test.before(async () => {
  cluster = await startCluster({ teardown: (end) => void endings.push(end) }, { timeout: 40 });
  const failing =
    "{{#if (eq grains.id 'web1')}}\nfails:\n  test.fail_without_changes: []\n{{/if}}\nworks:\n  test.nop: []\n";
  write(cluster.states, 'one_fails.sls', failing);
  await Promise.all(['web1', 'web2', 'web3'].map((id) => cluster.joinMinion(id)));
  await (await cluster.joinMinion('away1')).stop();
});

test.after.always(async () => {
  for (const end of endings) await end();
});

const tsalt = (...words: string[]) => cluster.tsalt(...words);
const json = async (...words: string[]): Promise<unknown> =>
  JSON.parse((await tsalt(...words, '--out', 'json')).stdout) as unknown;

test('batches: the first failure with --failhard, no other minion begins, exit 1', async (t) => {
  const words = ['-L', 'web1,web2,web3', 'state.apply', 'one_fails', '-b', '1', '--failhard'];
  const { code, stdout, stderr } = await tsalt('exec', ...words);
  t.is(code, 1);
  t.regex(stdout, /^web1:$/m);
  t.notRegex(stdout, /web2|web3/);
  t.is(stderr, 'stopped: too many failed before (web1)\nnot begun: web2, web3\n');
  const answer = (await json('exec', ...words)) as Record<string, unknown>;
  t.deepEqual(Object.keys(answer), ['web1', 'web2', 'web3']);
  t.deepEqual(answer['web3'], { error: 'not begun: too many failed before (web1)' });
});

test('batches: as many failures as may be, all of them are reached', async (t) => {
  const words = ['-L', 'web1,web2,web3', 'state.apply', 'one_fails', '-b', '1', '--batch-max-failures', '1'];
  const answer = (await json('exec', ...words)) as Record<string, unknown>;
  t.deepEqual(Object.keys(answer), ['web1', 'web2', 'web3']);
  t.false(JSON.stringify(answer).includes('not begun'));
});

test('batches: a minion that is away counts as failed, with its reason, exit 3', async (t) => {
  const words = ['-L', 'away1,web2', 'test.ping', '--batch', '1', '--failhard', '-t', '1'];
  const { code, stdout, stderr } = await tsalt('exec', ...words);
  t.is(code, 3);
  t.is(stdout, '');
  t.regex(
    stderr,
    /^away1: no answer \(queued: not connected .*\)\nstopped: too many failed before \(away1\)\nnot begun: web2\n$/,
  );
});

test('batches: a name that nobody has is told, and the others are reached', async (t) => {
  const answer = await json('exec', '-L', 'nobody,web2', 'test.ping', '-b', '1', '--failhard');
  t.deepEqual(answer, { nobody: { error: 'unknown: no accepted minion has this id' }, web2: true });
});

test('batches: --batch-safe-limit, parted only where so many are meant', async (t) => {
  const few = await tsalt('exec', 'web[12]', 'test.ping', '--batch-safe-limit', '3');
  t.deepEqual([few.code, few.stderr], [0, '']);
  const many = await tsalt('exec', 'web*', 'test.ping', '--batch-safe-limit', '3', '--batch-safe-size', '2');
  t.deepEqual([many.code, many.stderr], [0, '3 minions are meant: it is done on 2 at a time\n']);
});

test('batches: Ctrl-C, exit 130, the job that goes on and who was not begun', async (t) => {
  const command = ['-L', 'web1,web2,web3', 'test.sleep', '29', '-b', '1'];
  const [file = '', ...words] = tsaltCommand('exec', '-c', cluster.master.configDir, ...command);
  const child = spawn(file, words, { env: plainEnvironment() });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await eventually(async () => JSON.stringify(await json('run', 'jobs.list')).includes('"Arguments":[29]'));
  child.kill('SIGINT');
  t.is(await ended, 130);
  t.regex(
    said,
    /^interrupted; the job goes on: tsalt run jobs\.show \d{20} --config-dir \S+\nnot begun: web2, web3\n$/,
  );
});

test('batches: Ctrl-C while a place is kept empty, exit 130 and no job is under way', async (t) => {
  const command = ['-L', 'web1,web2', 'test.echo', 'waits', '-b', '1', '--batch-wait', '600'];
  const [file = '', ...words] = tsaltCommand('exec', '-c', cluster.master.configDir, ...command);
  const child = spawn(file, words, { env: plainEnvironment() });
  let out = '';
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await eventually(() => out === 'web1:\n    waits\n');
  child.kill('SIGINT');
  t.is(await ended, 130);
  t.is(said, 'interrupted; no job is under way\nnot begun: web2\n');
});

test('--subset: so many of the target, those that are there', async (t) => {
  const answer = (await json('exec', '*', 'test.ping', '--subset', '2')) as Record<string, unknown>;
  t.is(Object.keys(answer).length, 2);
  t.true(Object.entries(answer).every(([id, value]) => id.startsWith('web') && value === true));
  const two = (await json('exec', '*', 'test.ping', '--subset', '2', '-b', '1')) as Record<string, unknown>;
  t.is(Object.keys(two).length, 2);
  t.is((await tsalt('exec', 'nobody', 'test.ping', '--subset', '2')).code, 2);
  t.regex((await tsalt('exec', '*', 'test.ping', '--subset', 'x')).stderr, /--subset is a number of minions/);
});

test.serial('--preview: who is meant, who is not known, who is not there; nothing runs', async (t) => {
  const before = JSON.stringify(await json('run', 'jobs.list'));
  t.deepEqual(await json('exec', '-L', 'web1,nobody', '--preview'), {
    minions: ['web1'],
    unknown: [],
    missing: ['nobody'],
  });
  const text = await tsalt('exec', 'web*', '--preview-target');
  t.deepEqual([text.code, text.stdout], [0, '----------\nminions:\n    - web1\n    - web2\n    - web3\n']);
  const names = await tsalt('exec', 'web*', '--preview', '--out', 'newline_values_only');
  t.is(names.stdout, 'web1\nweb2\nweb3\n');
  t.is((await tsalt('run', 'manage.up', '--out', 'txt')).stdout, names.stdout);
  const nobody = await tsalt('exec', '-E', 'nobody', '--preview', '--out', 'json');
  t.is(nobody.code, 2);
  t.is(JSON.stringify(await json('run', 'jobs.list')), before);
});

test('--show-jid: the jid on stderr', async (t) => {
  const { stdout, stderr } = await tsalt('exec', 'web1', 'test.ping', '--show-jid', '--out', 'json');
  t.regex(stderr, /^jid: \d{20}\n$/);
  t.deepEqual(JSON.parse(stdout), { web1: true });
});

test('--verbose: the jid; --summary: how many were meant, returned and failed, and with --verbose which', async (t) => {
  const words = ['exec', '-L', 'web1,web2,away1', 'state.apply', 'one_fails', '--timeout', '2', '--static', '-v'];
  const { code, stdout, stderr } = await tsalt(...words, '--summary', '--out', 'txt');
  t.is(code, 1);
  t.regex(stdout, /^web\d: \{"test_\|-/);
  t.regex(stderr, /^jid: \d{20}\n/);
  t.regex(stderr, /^away1: no answer \(queued: not connected/m);
  const counts = ['targeted: 3', 'returned: 2', 'that did not return: 1', 'with errors: 1'];
  t.true(stderr.includes(counts.map((line) => `# of minions ${line}\n`).join('')), stderr);
  t.true(stderr.includes('Minions not responding: away1\nMinions with failures: web1\n'), stderr);
});

test('--delimiter: between the names of a path, also for --preview', async (t) => {
  t.deepEqual(await json('exec', '-G', 'id|web1', '--delimiter', '|', 'test.ping'), { web1: true });
  const { minions } = (await json('exec', '-C', 'G@id|web2', '--delimiter=|', '--preview')) as Record<string, unknown>;
  t.deepEqual(minions, ['web2']);
  t.regex(
    (await tsalt('exec', '-G', 'id:web1', '--delimiter', '', 'test.ping')).stderr,
    /--delimiter is a text, not ''/,
  );
});

test('several functions: one after another, what each answered, by function', async (t) => {
  const words = ['test.ping,test.echo,cmd.run,test.echo', ',', 'a, b', ',', 'echo c', ',', 'd'];
  const answers = { 'test.ping': true, 'test.echo': 'a, b', 'cmd.run': 'c', 'test.echo (2)': 'd' };
  t.deepEqual(await json('exec', '-L', 'web1,web2', ...words), { web1: answers, web2: answers });
  t.deepEqual(await json('exec', 'web1', 'test.ping,grains.get', '-b', '1', ',id'), {
    web1: { 'test.ping': true, 'grains.get': 'web1' },
  });
  t.deepEqual(await json('exec', 'web1', 'test.ping,test.version,cmd.retcode', ',,false'), {
    web1: {
      'test.ping': true,
      'test.version': ((await json('exec', 'web1', 'test.version')) as { web1: string }).web1,
      'cmd.retcode': 1,
    },
  });
});

test('several functions: one that fails is a failure and the next is run; who does not answer has a reason', async (t) => {
  const failing = await tsalt('exec', 'web1', 'test.pingg,test.ping', '--out', 'json');
  t.is(failing.code, 1);
  const { web1 } = JSON.parse(failing.stdout) as { web1: Record<string, unknown> };
  t.regex(String(web1['test.pingg']), /did you mean 'test.ping'/);
  t.is(web1['test.ping'], true);
  const some = await tsalt('exec', '-L', 'web1,away1', 'test.ping,test.ping', '--timeout', '2');
  t.is(some.code, 3);
  t.regex(some.stderr, /^away1: no answer \(queued: test.ping: not connected/m);
  t.regex(some.stdout, /^web1:\n {4}-+\n {4}test.ping:\n {8}True\n {4}test.ping \(2\):\n {8}True\n$/);
});

test('several functions: arguments that do not fit, exit 2 and nothing is run', async (t) => {
  const { code, stdout, stderr } = await tsalt('exec', '*', 'test.ping,test.echo,test.ping', 'a', ',', 'b');
  t.deepEqual([code, stdout], [2, '']);
  t.regex(stderr, /there are arguments for 2 functions, and 3 functions/);
  t.regex((await tsalt('exec', '*', 'test.ping,test', '--async')).stderr, /'test' is not the name of a function/);
  t.regex((await tsalt('exec', '*', 'test.ping,test.ping', '--async')).stderr, /exclude each other/);
});

test("an option or a form of Salt's that is not here: the error says what to take in its place", async (t) => {
  t.regex((await tsalt('exec', '*', 'test.ping', '--out-file=x')).stderr, /no option '--out-file=x'.*> FILE/s);
  t.regex((await tsalt('exec', '*', '-d', 'test.ping')).stderr, /sys.doc/);
  t.regex(
    (await tsalt('exec', '*', 'test.ping', '--output', 'pprint')).stderr,
    /json is for programs, yaml for people/,
  );
});
