import { execFile, spawn } from 'node:child_process';
import test from 'ava';
import type { Input } from '../../cli/input.ts';
import { main } from '../../cli/main.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { plainEnvironment, tsaltCommand } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';
import { captured } from '../states-engine/kit.ts';

/*
 * Every verb of an operator against one master with two minions that are there (web1, web2), one that is away (away1),
 * one that waits for its key (waiting1), and one called `key`.
 */

const endings: (() => unknown)[] = [];
let cluster: Cluster;

test.before(async () => {
  // Patient: many commands run at once here.
  cluster = await startCluster({ teardown: (end) => void endings.push(end) }, { timeout: 40 });
  write(cluster.pillar, 'top.sls', 'base:\n  web1: [colour]\n');
  write(cluster.pillar, 'colour.sls', 'colour: red\n');
  write(cluster.states, 'hello.sls', '/hello:\n  file.managed:\n    - contents: world\n');
  write(cluster.states, 'bad.sls', '/hello:\n  file.manged:\n    - contents: world\n');
  write(cluster.states, 'half.sls', "{{#if (eq grains.id 'web1')}}\n/hello:\n  file.manged: []\n{{/if}}\n");
  const failing =
    "{{#if (eq grains.id 'web1')}}\nfails:\n  test.fail_without_changes: []\n{{else}}\nworks:\n  test.nop: []\n{{/if}}\n";
  write(cluster.states, 'one_fails.sls', failing);
  await Promise.all(['web1', 'web2', 'key'].map((id) => cluster.joinMinion(id)));
  await (await cluster.joinMinion('away1')).stop();
  cluster.startMinion('waiting1');
  await eventually(async () => (await tsalt('key', 'list')).stdout.includes('Unaccepted Keys:\nwaiting1\n'));
});

test.after.always(async () => {
  for (const end of endings) await end();
});

const tsalt = (...words: string[]) => cluster.tsalt(...words);
const json = async (...words: string[]): Promise<unknown> =>
  JSON.parse((await tsalt(...words, '--out', 'json')).stdout) as unknown;

test('exec: a glob on connected minions, every return on stdout, exit 0', async (t) => {
  const { code, stdout, stderr } = await tsalt('exec', 'web*', 'test.ping');
  t.is(code, 0);
  t.deepEqual(stdout.match(/^web[12]:\n {4}True$/gm)?.sort(), ['web1:\n    True', 'web2:\n    True']);
  t.is(stderr, '');
});

test('exec: without the word, a target is enough', async (t) => {
  const [file = '', ...words] = tsaltCommand('web1', 'test.ping', '-c', cluster.master.configDir);
  const { code, stdout } = await new Promise<{ code: number | null; stdout: string }>((resolve) => {
    const child = execFile(file, words, { env: plainEnvironment() }, (_, out) =>
      resolve({ code: child.exitCode, stdout: out }),
    );
  });
  t.is(code, 0);
  t.is(stdout, 'web1:\n    True\n');
});

test('exec: a minion whose id is a verb, reached by `exec`', async (t) => {
  t.deepEqual(await json('exec', 'key', 'test.ping'), { key: true });
});

test('exec: each kind of target means the right minions', async (t) => {
  t.deepEqual(await json('exec', '-L', 'web1,web2', 'test.ping'), { web1: true, web2: true });
  t.deepEqual(await json('exec', '-E', 'web[2-9]', 'test.ping'), { web2: true });
  t.deepEqual(await json('exec', '-G', 'id:web1', 'test.ping'), { web1: true });
  t.deepEqual(await json('exec', '-C', 'web* and not E@.*2', 'test.ping'), { web1: true });
  await tsalt('exec', 'web*', 'pillar.items');
  t.deepEqual(await json('exec', '-I', 'colour:r*', 'test.ping'), { web1: true });
  t.deepEqual(await json('exec', '-P', 'id:(web1|nobody)', 'test.ping'), { web1: true });
  t.deepEqual(await json('exec', '-J', 'colour:r.d', 'test.ping'), { web1: true });
  const { stdout } = await tsalt('exec', '-S', '0.0.0.0/0', '--preview', '--out', 'json');
  t.true((JSON.parse(stdout) as { minions: string[] }).minions.includes('web1'));
});

test("exec: a target that is not there or can't be read, exit 2 and a reason", async (t) => {
  for (const [words, said] of [
    [['nobody', 'test.ping'], /no accepted minion matches 'nobody'/],
    [['-L', 'nobody,noone', 'test.ping'], /no accepted minion matches/],
    [['-E', 'web[', 'test.ping'], /'web\[' is not a regular expression/],
    [['-S', '10.0.0.0/33', 'test.ping'], /'10\.0\.0\.0\/33' is neither an IP address nor a network/],
    [['', 'test.ping'], /needs a target, such as 'web\*'/],
    [['-G', '-L', 'web1', 'test.ping'], /--list and --grain exclude each other/],
    [['web1'], /needs a function to run on 'web1'/],
    [['web1', 'web2'], /'web2' is not the name of a function/],
    [['web1', 'test.ping', '--timeout', 'long'], /--timeout is a number of seconds/],
    [['web1', 'test.ping', '--out', 'jsno'], /did you mean 'json'\?/],
    [['web1', 'test.ping', '--timeot', '3'], /did you mean '--timeout'\?/],
  ] as const) {
    const { code, stdout, stderr } = await tsalt('exec', ...words);
    t.is(code, 2, words.join(' '));
    t.is(stdout, '');
    t.regex(stderr, said);
  }
});

test('exec: a minion that is away, listed at once with since when, exit 3', async (t) => {
  const began = performance.now();
  const { code, stdout, stderr } = await tsalt('exec', '-L', 'web1,away1,nobody', 'test.ping', '--timeout', '300');
  t.true(performance.now() - began < 100_000, 'nothing waits for its time-out');
  t.is(code, 3);
  t.is(stdout, 'web1:\n    True\n');
  t.regex(stderr, /^away1: no answer \(queued: not connected \(since 20\d\d-/m);
  t.regex(stderr, /^nobody: no answer \(unknown: no accepted minion has this id\)$/m);
});

test('exec: --out json with a minion that gives no answer, one object that says so', async (t) => {
  const { code, stdout } = await tsalt('exec', '-L', 'web1,nobody', 'test.ping', '--out', 'json');
  t.is(code, 3);
  t.deepEqual(JSON.parse(stdout), { web1: true, nobody: { error: 'unknown: no accepted minion has this id' } });
});

test('exec: an unknown function, a failed return with the nearest name, exit 1', async (t) => {
  const { code, stdout } = await tsalt('exec', 'web1', 'test.pign');
  t.is(code, 1);
  t.regex(stdout, /did you mean 'test\.ping'\?/);
});

test('exec: an unknown function of a large module, where its functions are listed', async (t) => {
  const { stdout } = await tsalt('exec', 'web1', 'saltutil.no_such_thing');
  t.is(
    stdout,
    "web1:\n    there is no function 'saltutil.no_such_thing'\n    hint: sys.list_functions saltutil lists what there is\n",
  );
});

test('exec: an argument of another kind, what it has to be', async (t) => {
  const { code, stdout } = await tsalt('exec', 'web1', 'state.apply', 'hello', 'test=tru');
  t.is(code, 1);
  t.is(stdout, 'web1:\n    state.apply: \'test\' has to be true or false, not the text "tru"\n');
});

test('exec: one of several fails, exit 1', async (t) => {
  const { code, stderr } = await tsalt('exec', 'web*', 'state.apply', 'one_fails');
  t.is(code, 1);
  t.is(stderr, 'failed on 1 of 2: web1\n', 'it may be far above in what was printed, or not to be seen at all');
  const both = await tsalt('exec', '-L', 'web1,web2,nobody', 'cmd.run', 'exit 3');
  t.is(both.code, 1);
  t.regex(both.stderr, /^failed on 2 of 3: web1, web2$/m);
  t.is((await tsalt('exec', 'web2', 'state.apply', 'one_fails')).code, 0);
  t.is((await tsalt('exec', 'web1', 'cmd.run', 'exit 3')).stderr, 'failed on 1 of 1: web1\n');
});

test('exec: states that compile nowhere 2, not on one among others 1', async (t) => {
  const everywhere = await tsalt('exec', 'web*', 'state.apply', 'bad');
  t.is(everywhere.code, 2);
  t.regex(everywhere.stdout, /bad\.sls:2:3: state module 'file' has no function 'manged'/);
  t.is((await tsalt('exec', 'web*', 'state.apply', 'half')).code, 1);
});

test('exec: test=True, what would change and exit 0', async (t) => {
  const { code, stdout } = await tsalt('exec', 'web2', 'state.apply', 'hello', 'test=True', '--out', 'json');
  t.is(code, 0);
  const [state] = Object.values((JSON.parse(stdout) as Record<string, Record<string, unknown>>)['web2'] ?? {});
  t.like(state, { result: null, __id__: '/hello' });
});

test('exec: every form of output', async (t) => {
  const say = async (form: string) => (await tsalt('exec', 'web1', 'test.echo', 'a: 1', '--out', form)).stdout;
  t.is(await say('yaml'), 'web1:\n  a: 1\n');
  t.is(await say('table'), 'web1:\na  1\n');
  t.is(await say('nested'), 'web1:\n    ----------\n    a:\n        1\n');
  t.is(await say('quiet'), '');
  const states = await tsalt('exec', 'web1', 'state.apply', 'hello', '--out', 'highstate');
  t.regex(states.stdout, /^Summary for web1\n/m);
  t.false(states.stdout.includes('\u001b['), 'no colours into a pipe');
});

test('exec: --async, the jid alone, and run knows the job', async (t) => {
  const { code, stdout } = await tsalt('exec', 'web1', 'test.ping', '--async');
  t.is(code, 0);
  t.regex(stdout, /^\d{20}\n$/);
  const jid = stdout.trim();
  await eventually(async () => JSON.stringify(await json('run', 'jobs.lookup_jid', jid)) === '{"web1":true}');
  t.like(await json('run', 'jobs.show', jid), { jid, Function: 'test.ping', States: { web1: 'returned' } });
  t.true(Object.keys((await json('run', 'jobs.list')) as object).includes(jid));
});

test('exec: --batch-size, so many at a time, every return and one object', async (t) => {
  const before = Object.keys((await json('run', 'jobs.list')) as object);
  t.deepEqual(await json('exec', '-b', '1', '-E', 'web[12]', 'test.echo', 'batch'), { web1: 'batch', web2: 'batch' });
  const jobs = (await json('run', 'jobs.list')) as Record<string, { Function: string; Arguments: unknown[] }>;
  const own = Object.entries(jobs).filter(([jid, { Arguments }]) => !before.includes(jid) && Arguments[0] === 'batch');
  t.is(own.length, 2, 'a job for each');
  t.is((await tsalt('exec', '-b', '50%', 'nobody', 'test.ping')).code, 2);
  t.regex(
    (await tsalt('exec', '-b', 'few', 'web1', 'test.ping')).stderr,
    /--batch-size is a number of minions, or of percent/,
  );
  t.regex((await tsalt('exec', '-b', '1', '--async', 'web1', 'test.ping')).stderr, /exclude each other/);
});

test('exec: Ctrl-C, exit 130 and the jid to come back to', async (t) => {
  const [file = '', ...words] = tsaltCommand('exec', '-c', cluster.master.configDir, 'web2', 'test.sleep', '30');
  const child = spawn(file, words, { env: plainEnvironment() });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await eventually(async () => JSON.stringify(await json('run', 'jobs.list')).includes('test.sleep'));
  child.kill('SIGINT');
  t.is(await ended, 130);
  t.regex(said, /^interrupted; the job goes on: tsalt run jobs\.show \d{20} --config-dir \S+\n$/);
});

test('key: what names nothing, exit 2 with the nearest id', async (t) => {
  for (const action of ['accept', 'reject', 'delete', 'finger']) {
    const { code, stdout, stderr } = await tsalt('key', action, 'wbe1');
    t.is(code, 2, action);
    t.is(stdout, '');
    t.regex(stderr, /there is no key of 'wbe1' to \w+\nhint: did you mean 'web1'\?/);
  }
});

test('key: misuse, exit 2 and what was expected', async (t) => {
  for (const [words, said] of [
    [[], /needs one of list, accept, reject, delete, finger/],
    [['lst'], /did you mean 'list'\?/],
    [['accept'], /needs either ids, globs such as 'web\*', or --all/],
    [['accept', ''], /needs either ids, globs such as 'web\*', or --all/],
    [['accept', ','], /needs either ids, globs such as 'web\*', or --all/],
    [['finger', 'web1', 'web2'], /tsalt key finger has no use for 'web2'/],
    [['-L'], /has no option '-L'\nhint: tsalt key list$/m],
    [['--accept', 'web1'], /has no option '--accept'\nhint: tsalt key accept ID$/m],
    [['-D'], /has no option '-D'\nhint: tsalt key delete --all$/m],
    [['list', '--out', 'table'], /--out is one of text, json/],
  ] as const) {
    const { code, stderr } = await tsalt('key', ...words);
    t.is(code, 2, words.join(' '));
    t.regex(stderr, said);
  }
});

test('key: accepted already, said so and exit 0', async (t) => {
  const { code, stdout, stderr } = await tsalt('key', 'accept', 'web1');
  t.is(code, 0);
  t.is(stdout, '');
  t.is(stderr, 'nothing to do: web1 is accepted\n');
});

test('key: several ids, globs and lists at once, each is decided on, and one that means no key is told', async (t) => {
  const ids = ['many1', 'many2', 'many3', 'many4'];
  for (const id of ids) cluster.startMinion(id);
  const pending = async () => ((await json('key', 'list')) as { pending: string[] }).pending;
  const allWait = () => eventually(async () => (await pending()).filter((id) => id.startsWith('many')).length === 4);
  await allWait();
  const some = await tsalt('key', 'reject', 'many1', 'mony2', 'many[34],many3');
  t.deepEqual([some.code, some.stdout], [1, 'rejected many1\nrejected many3\nrejected many4\n']);
  t.regex(some.stderr, /^error: [^\n]*'mony2'[^\n]*\nhint: did you mean 'many2'\?\n$/m);
  const twice = await tsalt('key', 'reject', 'many1', 'many1,many*');
  t.like(twice, { code: 0, stdout: 'rejected many2\n', stderr: 'nothing to do: many1 is rejected\n' });
  const none = await tsalt('key', 'accept', 'nobody', 'no*', '--out', 'json');
  t.deepEqual([none.code, none.stdout], [2, '']);
  t.regex(none.stderr, /'nobody'[^]*'no\*'/);
  t.deepEqual(JSON.parse((await tsalt('key', 'delete', 'many1,many2', 'many[34]', '--out', 'json')).stdout), ids);
  await allWait();
  t.is((await tsalt('key', 'delete', ...ids)).code, 0);
});

test('key: the fingerprint of the master and of a minion', async (t) => {
  const { stdout } = await tsalt('key', 'finger', '--master');
  t.true(stdout.includes(`master: ${cluster.described().master_key}\n`));
  t.regex(stdout, /^fingerprint: ([0-9a-f]{2}:){31}[0-9a-f]{2}$/m);
  t.regex((await tsalt('key', 'finger', 'web1')).stdout, /^Accepted Keys:\nweb1: ([0-9a-f]{2}:){31}[0-9a-f]{2}\n$/);
});

test('key: a minion is rejected, deleted, waits again and is accepted', async (t) => {
  cluster.startMinion('guest1');
  const isIn = (list: string) =>
    eventually(async () => ((await json('key', 'list')) as Record<string, string[]>)[list]?.includes('guest1'));
  await isIn('pending');
  t.is((await tsalt('key', 'reject', 'guest1')).stdout, 'rejected guest1\n');
  await isIn('rejected');
  t.is(
    (await tsalt('key', 'accept', 'guest*')).stderr,
    'nothing to do: guest1 is rejected\nhint: a key that was rejected is accepted by its own id\n',
  );
  t.is((await tsalt('key', 'accept', 'guest1')).stdout, 'accepted guest1\n');
  t.regex(
    (await tsalt('key', 'reject', 'guest*')).stderr,
    /^nothing to do: guest1 is accepted\nhint: .* rejected by its own id\n$/,
  );
  t.is((await tsalt('key', 'reject', 'guest1')).stdout, 'rejected guest1\n');
  t.is((await tsalt('key', 'delete', 'guest1')).stdout, 'deleted guest1\n');
  await isIn('pending');
  t.is((await tsalt('key', 'accept', 'guest*')).stdout, 'accepted guest1\n');
  await cluster.connected('guest1');
  t.is((await tsalt('key', 'delete', 'guest1')).code, 0);
});

test('key delete: at a terminal several keys are shown and asked for; only yes deletes, and no script is asked', async (t) => {
  for (const id of ['gone1', 'gone2']) cluster.startMinion(id);
  const pending = async () => ((await json('key', 'list')) as { pending: string[] }).pending;
  const bothWait = () => eventually(async () => (await pending()).filter((id) => id.startsWith('gone')).length === 2);
  await bothWait();
  const asked = async (answer: string | undefined, ...words: string[]) => {
    const io = captured(cluster.master.configDir);
    const prompts: string[] = [];
    const input: Input = {
      isTerminal: true,
      all: async () => Buffer.alloc(0),
      hidden: async () => undefined,
      line: async (prompt) => (prompts.push(prompt), answer),
    };
    const code = await main(['key', 'delete', '--config-dir', cluster.master.configDir, ...words], {
      ...io,
      input: async () => input,
    });
    return { ...io.printed, code, prompts };
  };
  for (const answer of [undefined, '', 'n', 'yess']) {
    const { code, out, err } = await asked(answer, 'gone*');
    t.deepEqual([code, out], [answer === undefined ? 130 : 1, '']);
    t.is(err, 'These keys will be deleted:\nUnaccepted Keys:\n  gone1\n  gone2\nnothing was deleted\n');
  }
  t.like(await asked('y', 'gone*'), {
    code: 0,
    out: 'deleted gone1\ndeleted gone2\n',
    prompts: ['Delete these 2? [y/N] '],
  });
  await bothWait();
  t.like(await asked('n', 'gone1'), { code: 0, out: 'deleted gone1\n', prompts: [] });
  await bothWait();
  t.like(await asked('n', '-y', 'gone*'), { code: 0, prompts: [] });
  await bothWait();
  const several = await asked('y', 'gone2,gone1', 'gonee');
  t.like(several, { code: 1, out: 'deleted gone1\ndeleted gone2\n', prompts: ['Delete these 2? [y/N] '] });
  t.regex(several.err, /error: .*'gonee'/);
  await bothWait();
  t.is((await tsalt('key', 'delete', 'gone*')).stdout, 'deleted gone1\ndeleted gone2\n');
});

test('event: listen from the first on, a glob on tags and --count', async (t) => {
  const { code, stdout } = await tsalt(
    'event',
    'listen',
    'salt/minion/*/start',
    '--since',
    '1',
    '--count',
    '2',
    '--out',
    'json',
  );
  t.is(code, 0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { tag: string; data: { id: string } });
  t.is(events.length, 2);
  for (const { tag, data } of events) t.is(tag, `salt/minion/${data.id}/start`);
});

test('event: one that is sent is heard, with its data', async (t) => {
  const heard = tsalt('event', 'listen', 'my/*', '--since', '1', '--count', '1');
  const { code, stdout, stderr } = await tsalt('event', 'send', 'my/tag', '{"b": 1, "a": [2]}');
  t.is(code, 0);
  t.is(stdout, '');
  t.regex(stderr, /^event \d+\n$/);
  t.regex((await heard).stdout, /^my\/tag\t\{\n {4}"_stamp": ".*",\n {4}"a": \[\n {8}2\n {4}\],\n {4}"b": 1\n\}\n$/);
  t.is((await heard).stderr, '');
});

test('event: misuse, exit 2 and what was expected', async (t) => {
  for (const [words, said] of [
    [[], /needs listen or send/],
    [['lisen'], /did you mean 'listen'\?/],
    [['send'], /needs a tag/],
    [['send', 'my tag'], /"my tag" is not an event tag/],
    [['send', 'my/tag', '[1]'], /data is a JSON object/],
    [['send', 'my/tag', '{}', 'more'], /has no use for 'more'/],
    [['listen', '--count', 'few'], /--count is a whole number above 0, not 'few'/],
    [['listen', '--count', '0'], /--count is a whole number above 0, not '0'/],
  ] as const) {
    const { code, stdout, stderr } = await tsalt('event', ...words);
    t.is(code, 2, words.join(' '));
    t.is(stdout, '');
    t.regex(stderr, said);
  }
});

test('run: alone, what there is', async (t) => {
  const { code, stdout } = await tsalt('run');
  t.is(code, 0);
  t.regex(stdout, /^jobs\.show JID +everything of one job$/m);
  t.regex(stdout, /^reactor\.why EVENT +what each reactor/m);
});

test('run: the functions that look around answer', async (t) => {
  const { up, down } = (await json('run', 'manage.status')) as { up: string[]; down: string[] };
  t.true(['key', 'web1', 'web2'].every((id) => up.includes(id)));
  t.deepEqual(down, ['away1']);
  t.deepEqual(await json('run', 'instances.list'), []);
  t.deepEqual(await json('run', 'reactor.list'), []);
  const [started] = await cluster.events('salt/minion/web1/start');
  t.deepEqual(await json('run', 'reactor.why', String(started?.seq)), []);
});

test('run: what is not there, exit 2 and the nearest name', async (t) => {
  for (const [words, said] of [
    [['jobs.lst'], /did you mean 'jobs\.list'\?/],
    [['jobs.show', '20200101000000000000'], /there is no job "20200101000000000000"; it was never published/],
    [['jobs.show'], /needs to be told the jid/],
    [['jobs.show', '1', '2'], /takes at most one argument/],
    [['jobs.list', 'limt=3'], /takes no argument 'limt'\nhint: did you mean 'limit'\?/],
    [['reactor.why', '99999999'], /there is no event "99999999"/],
    [['reactor.why', 'x'], /there is no event "x"/],
  ] as const) {
    const { code, stdout, stderr } = await tsalt('run', ...words);
    t.is(code, 2, words.join(' '));
    t.is(stdout, '');
    t.regex(stderr, said);
  }
});

test('run: a decision on a key that is not there is an error, and on one that is so already is told, as by `key`', async (t) => {
  for (const action of ['accept', 'reject', 'delete', 'finger']) {
    const none = await tsalt('run', `key.${action}`, 'web3');
    t.is(none.code, 2, action);
    t.regex(none.stderr, /web3[^]*hint: did you mean 'web\d'\?/);
    t.is(none.stdout, '');
  }
  const again = await tsalt('run', 'wheel.key.accept', 'web1');
  t.is(again.code, 0);
  t.is(again.stderr, 'nothing to do: web1 is accepted\n');
});

test('run: --help of a function and of a module; the words of reactions for functions, runner. and wheel., too', async (t) => {
  const one = await tsalt('run', 'jobs.lookup_jid', '--help');
  t.is(one.code, 0, one.stderr);
  t.regex(
    one.stdout,
    /^usage: tsalt run jobs\.lookup_jid JID \[returned=\.\.\.\] \[missing=\.\.\.\]\n\nThe returns of one job;/,
  );
  t.regex(one.stdout, /^ +-c, --config-dir DIR/m);
  t.is((await tsalt('run', 'runner.jobs.lookup_jid', '--help')).stdout, one.stdout);
  const module = await tsalt('run', 'mine', '--help');
  t.regex(module.stdout, /^mine\.get TGT FUN \[tgt_type=\.\.\.\] +what minions have told/);
  t.is(module.stdout.split('\n').length, 3);
  const unknown = await tsalt('run', 'jobs.lst', '--help');
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /did you mean 'jobs\.list'\?/);
  t.regex((await tsalt('run', 'cache.list', '--help')).stderr, /hint: 'cache\.grains'/);

  t.deepEqual(await json('run', 'wheel.config.values'), await json('run', 'config.values'));
  t.deepEqual(await json('run', 'runner.test.arg', '1'), await json('run', 'test.arg', '1'));
  const wrong = await tsalt('run', 'runner.key.list_all');
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /has no function 'key\.list_all'/);
});

test('every verb: --help, on stdout with exit 0', async (t) => {
  for (const verb of ['exec', 'key', 'run', 'event', 'master', 'minion', 'call', 'check']) {
    const { code, stdout, stderr } = await tsalt(verb, '--help');
    t.is(code, 0, verb);
    t.regex(stdout, /^usage: /);
    t.is(stderr, '');
  }
});

test('master and minion: a word that is no option, exit 2', async (t) => {
  for (const verb of ['master', 'minion']) {
    const { code, stderr } = await tsalt(verb, 'start');
    t.is(code, 2);
    t.is(stderr, `error: tsalt ${verb} has no use for 'start'\n`);
  }
});

test('no master: every verb says where it was looked for, exit 2', async (t) => {
  for (const words of [
    ['key', 'list'],
    ['run', 'jobs.list'],
    ['event', 'listen'],
    ['exec', '*', 'test.ping'],
  ]) {
    const [file = '', ...rest] = tsaltCommand(...words);
    const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
      const env = { ...plainEnvironment(), TSALT_SOCK_DIR: '/nowhere/at/all' };
      const child = execFile(file, rest, { env }, (_, __, err) => resolve({ code: child.exitCode, stderr: err }));
    });
    t.is(code, 2);
    t.regex(stderr, /no master is answering at \/nowhere\/at\/all\/master\.sock\nhint: is it running\?/);
  }
});
