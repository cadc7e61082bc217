import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { proveOperator } from '../../wire/operator-proof.ts';
import { saveIdentity } from '../../wire/key-files.ts';
import { shellWords } from '../../lib/shell-words.ts';
import { blocksOf } from '../docs/pages.ts';
import { main } from '../../cli/main.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { captured } from '../states-engine/kit.ts';
import { as, challengeOf, execAs, identities, keyLine, order, show, socketOf, unnamed } from './kit.ts';

const { alice, bob } = identities();

const operators = (): JsonMap => ({
  alice: {
    keys: keyLine(alice),
    rules: [
      { may: ['test.ping', 'test.arg'], on: 'web*' },
      { may: 'cmd.run', on: '*', args: ['echo hello'] },
      { may: ['runner.jobs.list', 'runner.state.orchestrate', 'control.event.listen'] },
      { may: ['runner.state.orchestrate_single', 'runner.state.orchestrate_high', 'runner.salt.cmd'] },
    ],
  },
  bob: {
    keys: [keyLine(bob)],
    rules: [{ may: '*.*', on: 'db* and not db9' }, { may: ['wheel.key.*', 'runner.salt.execute', 'control.targets'] }],
  },
  anyone: { rules: [{ may: 'test.version', on: '*' }] },
});

async function cluster(t: ExecutionContext, ...ids: string[]): Promise<Cluster> {
  const made = await startCluster(t, { operators: operators() });
  for (const id of ids) await made.joinMinion(id);
  return made;
}

/** All jobs, as the master has them: the owner asks. */
const jobs = async (made: Cluster): Promise<JsonMap[]> =>
  Object.values((await made.run('jobs.list')) as JsonMap) as JsonMap[];

/** Function and user of each job of minions. */
const usersOf = async (made: Cluster): Promise<string[]> =>
  (await jobs(made))
    .map((job) => `${asText(job['Function'])} ${asText(job['User'])}`)
    .filter((one) => !one.startsWith('runner.'))
    .sort();

const refused = (code: string) => ({ code: `TS_ACCESS_${code}` });

test('operators: each does what the rules allow, and nothing else; their jobs have their names', async (t) => {
  const made = await cluster(t, 'web1', 'db1');
  const [a, b, nobody] = [await as(t, made, alice), await as(t, made, bob), await unnamed(t, made)];

  t.is((await execAs(a, order('web1', 'test.ping')))[1]?.['return'], true);
  t.is((await execAs(b, order('db1', 'test.ping')))[1]?.['return'], true);
  t.is((await execAs(a, order('db1', 'cmd.run', { arg: ['echo hello'] })))[1]?.['return'], 'hello');
  t.truthy((await execAs(nobody, order('db1', 'test.version')))[1]?.['return']);
  t.deepEqual(await usersOf(made), ['cmd.run alice', 'test.ping alice', 'test.ping bob', 'test.version anyone']);

  const before = (await jobs(made)).length;
  const target = await t.throwsAsync(execAs(a, order('*', 'test.ping')), refused('REFUSED_TARGETS'));
  t.regex(target?.message ?? '', /may not run test\.ping on db1\n/);
  await t.throwsAsync(execAs(a, order('web1', 'test.fib')), refused('REFUSED'));
  await t.throwsAsync(execAs(b, order('web1', 'test.ping')), refused('REFUSED_TARGETS'));
  await t.throwsAsync(execAs(nobody, order('web1', 'test.ping')), refused('NOBODY'));
  for (const more of [
    { arg: ['id'] },
    { arg: ['echo hello', 'more'] },
    { arg: ['echo hello'], kwarg: { cwd: '/' } },
    { kwarg: { cmd: 'echo hello' } },
  ])
    await t.throwsAsync(execAs(a, order('web1', 'cmd.run', more)), refused('REFUSED_ARGUMENTS'));
  await t.throwsAsync(execAs(a, order('nobody', 'test.fib')), refused('REFUSED'));
  // A target is not even read for what may be run nowhere.
  await t.throwsAsync(execAs(a, order('(', 'test.fib', { tgt_type: 'pcre' })), refused('REFUSED'));
  await t.throwsAsync(nobody.call('targets', { tgt: '(', tgt_type: 'pcre' }), refused('NOBODY'));
  await t.throwsAsync(execAs(a, order('(', 'test.ping', { tgt_type: 'pcre' })), { code: 'TS_TARGET_BAD_PATTERN' });
  await t.throwsAsync(execAs(a, order('nobody', 'test.ping')), { code: 'TS_CONTROL_NO_MINION' });
  t.is((await jobs(made)).length, before, 'a job was made for something that was refused');

  // What runs on the master is of the rules that name it, however wide a glob for minions is.
  await a.call('run', { fun: 'jobs.list' });
  await t.throwsAsync(b.call('run', { fun: 'jobs.list' }), refused('REFUSED'));
  await t.throwsAsync(a.call('run', { fun: 'jobs.list_jobs' }), refused('REFUSED'));
  t.deepEqual(await b.call('key.accept', { match: 'nobody' }), []);
  t.deepEqual(await b.call('run', { fun: 'key.accept', arg: ['nobody'] }), []);
  for (const [method, params] of [
    ['key.list', {}],
    ['key.accept', { match: '*' }],
    ['event.send', { tag: 'a' }],
    ['instance.add', { id: 'x', provider: 'y' }],
    ['status', {}],
    ['targets', { tgt: '*', tgt_type: 'glob' }],
    ['run.functions', {}],
    ['operator.reload', {}],
    ['run', { fun: 'no.such' }],
  ] as const) {
    await t.throwsAsync(a.call(method, params), refused('REFUSED'), method);
    await t.throwsAsync(nobody.call(method, params), refused('NOBODY'), method);
  }

  // By way of a function that calls others nobody may more than without it.
  const viaRunner = (tgt: string): Promise<Json> => b.call('run', { fun: 'salt.execute', arg: [tgt, 'test.ping'] });
  t.deepEqual(await viaRunner('db1'), { db1: true });
  await t.throwsAsync(viaRunner('*'), refused('REFUSED_TARGETS'));
  const last = (await jobs(made)).find((job) => job['User'] === 'bob' && job['Target'] === 'db1');
  t.truthy(last);
});

test('operators: by states that they give themselves nobody does more on minions or the master than without them', async (t) => {
  const made = await cluster(t, 'web1', 'db1');
  const a = await as(t, made, alice);
  const outcome = async (fun: string, kwarg: JsonMap): Promise<string> => {
    const answer = (await a.call('run', { fun, kwarg })) as { data: Record<string, Record<string, JsonMap>> };
    const [entry] = Object.values(Object.values(answer.data)[0] ?? {});
    return `${asText(entry?.['result'])} ${asText(entry?.['comment'])}`;
  };
  const single = (more: JsonMap): Promise<string> =>
    outcome('state.orchestrate_single', { fun: 'salt.function', name: 'test.ping', ...more });
  t.regex(await single({ tgt: 'web1' }), /^true /);
  t.regex(await single({ tgt: '*' }), /^false [^]*may not run test\.ping on db1/);
  t.regex(await single({ tgt: '*', subset: 1 }), /^false [^]*may not run test\.ping on db1/);
  t.regex(await single({ tgt: 'web1', name: 'test.fib', arg: [3] }), /^false [^]*may not ask for test\.fib/);
  t.regex(await single({ tgt: 'word:x', tgt_type: 'pillar' }), /^false [^]*pillar/);
  t.regex(
    await single({ fun: 'salt.state', tgt: 'web1', sls: 'x', test: true }),
    /^false [^]*may not ask for state\.sls/,
  );
  t.regex(await single({ fun: 'salt.wheel', name: 'key.list_all' }), /^false [^]*may not ask for wheel\.key\.list_all/);
  t.regex(await single({ fun: 'salt.runner', name: 'jobs.list' }), /^true /);
  const nested = { fun: 'salt.function', name: 'test.ping', tgt: 'db1' };
  const inner = { name: 'state.orchestrate_single', kwarg: nested };
  const high = { outer: { 'salt.runner': [{ name: inner.name }, { kwarg: inner.kwarg }] } };
  t.regex(await outcome('state.orchestrate_high', { data: high }), /^false /);
  const seen = (kwarg: JsonMap): Promise<Json> => a.call('run', { fun: 'salt.cmd', kwarg });
  const ofMinions = { fun: 'saltutil.runner', name: 'jobs.list', search_function: 'test.*' };
  t.is(Object.keys((await seen(ofMinions)) as JsonMap).length, 1);
  await t.throwsAsync(seen({ fun: 'saltutil.wheel', name: 'key.list_all' }), refused('REFUSED'));
  await t.throwsAsync(seen({ fun: 'saltutil.runner', name: 'cache.grains' }), refused('REFUSED'));
  t.deepEqual(await usersOf(made), ['test.ping alice']);
});

test("operators: a function's name in other letters or with more behind it, fits no glob", async (t) => {
  const made = await cluster(t, 'web1', 'db1');
  const [a, b] = [await as(t, made, alice), await as(t, made, bob)];
  const names = [
    'Test.ping',
    'TEST.PING',
    'tеst.ping',
    'test.ping\n',
    ' test.ping',
    'test.ping,cmd.run',
    'test',
    '',
    '*',
  ];
  for (const fun of names.slice(0, 7)) await t.throwsAsync(execAs(a, order('web1', fun)), refused('REFUSED'), fun);
  for (const fun of ['tеst.ping', 'test.ping\n', 'test.ping,cmd.run', 'runner jobs.list', 'ｔest.ping', '*', '*.*'])
    await t.throwsAsync(execAs(b, order('db1', fun)), refused('REFUSED'), fun);
  // A list that names somebody twice, or in other letters, means whom it means.
  await t.throwsAsync(execAs(b, order('db1,web1', 'test.ping', { tgt_type: 'list' })), refused('REFUSED_TARGETS'));
  await t.throwsAsync(
    execAs(b, order('db1 or web1', 'test.ping', { tgt_type: 'compound' })),
    refused('REFUSED_TARGETS'),
  );
  t.is((await execAs(b, order('db1,DB1', 'test.ping', { tgt_type: 'list' }))).at(-1)?.['id'], 'db1');
});

test('operators: minions are not chosen by their pillar, which would tell it', async (t) => {
  const made = await cluster(t);
  write(made.pillar, 'top.sls', "base: {'*': [s]}\n");
  write(made.pillar, 's.sls', 'word: secret\n');
  await made.joinMinion('db1');
  const b = await as(t, made, bob);
  await made.exec('db1', 'pillar.items');
  for (const [tgt, tgt_type] of [
    ['word:s*', 'pillar'],
    ['word:x*', 'pillar'],
    ['db1 and not I@word:x*', 'compound'],
  ] as const) {
    await t.throwsAsync(execAs(b, order(tgt, 'test.ping', { tgt_type })), refused('REFUSED_BY_PILLAR'), tgt);
    await t.throwsAsync(b.call('targets', { tgt, tgt_type }), refused('REFUSED_BY_PILLAR'), tgt);
  }
  t.is((await made.exec('db1', 'test.ping'))[0]?.return, true);
  const audit = readFileSync(path.join(made.master.directory, 'cache/audit.log'), 'utf8');
  t.false(audit.includes('word:'), audit);
});

test('proof: of another key, once more, for another connection or socket, is none', async (t) => {
  const made = await cluster(t);
  const socket = socketOf(made);
  const a = await unnamed(t, made);
  const proof = proveOperator(alice, socket, await challengeOf(a));
  await t.throwsAsync(show(a, bob, proof), refused('BAD_PROOF'));
  await t.throwsAsync(show(a, alice, proof), refused('NO_CHALLENGE'), 'a challenge was good after an attempt');
  const right = proveOperator(alice, socket, await challengeOf(a));
  t.is(await show(a, alice, right), 'alice');
  await t.throwsAsync(show(a, alice, right), refused('NO_CHALLENGE'));

  const other = await unnamed(t, made);
  await t.throwsAsync(show(other, alice, right), refused('NO_CHALLENGE'));
  await challengeOf(other);
  await t.throwsAsync(show(other, alice, right), refused('BAD_PROOF'));
  const elsewhere = proveOperator(alice, path.dirname(socket), await challengeOf(other));
  await t.throwsAsync(show(other, alice, elsewhere), refused('BAD_PROOF'));
  const { alice: stranger } = identities();
  const unknown = proveOperator(stranger, socket, await challengeOf(other));
  await t.throwsAsync(show(other, stranger, unknown), refused('UNKNOWN_KEY'));
  await t.throwsAsync(other.call('run', { fun: 'jobs.list' }), refused('NOBODY'));
  await t.throwsAsync(other.call('operator.prove', { key: 'x', signature: 1 }), { code: 'TS_CONTROL_BAD_REQUEST' });
});

test('operators: one who is struck off is cut off, and a config with a mistake changes nothing', async (t) => {
  const made = await cluster(t, 'web1');
  const [a, b] = [await as(t, made, alice), await as(t, made, bob)];
  made.master.configure({ operators: { ...operators(), bob: { keys: keyLine(bob), ruls: [] } } });
  const mistaken = await made.tsalt('operator', 'reload');
  t.is(mistaken.code, 2);
  t.regex(mistaken.stderr, /operator 'bob': there is no 'ruls' to say[^]*did you mean 'rules'\?/);
  t.deepEqual(await b.call('key.accept', { match: 'nobody' }), []);

  const { bob: other } = identities();
  const { alice: gone, ...rest } = operators();
  t.truthy(gone);
  made.master.configure({ operators: { ...rest, bob: { keys: keyLine(other), rules: [] } } });
  const listening = t.throwsAsync(a.call('event.listen'), { code: 'TS_CONTROL_GONE' });
  const done = await made.tsalt('operator', 'reload');
  t.deepEqual([done.code, done.stdout], [0, 'bob\nanyone\n'], done.stderr);
  await listening;
  await t.throwsAsync(b.call('key.accept', { match: 'nobody' }), { code: 'TS_CONTROL_GONE' });
  await t.throwsAsync(as(t, made, alice), refused('UNKNOWN_KEY'));
  await t.throwsAsync(as(t, made, bob), refused('UNKNOWN_KEY'));
  await t.throwsAsync((await as(t, made, other)).call('key.accept', { match: 'nobody' }), refused('REFUSED'));
});

test('operators: what an orchestration publishes is of who began it, and of a reaction it is the reactor', async (t) => {
  const made = await cluster(t, 'web1');
  write(made.states, 'orch/go.sls', "go: {salt.function: [{name: test.ping}, {tgt: 'web1'}]}\n");
  write(made.directory, 'go.sls', 'go: {local.test.arg: [{tgt: web1}, {args: [1]}]}\n');
  write(made.directory, 'orch.sls', 'orch: {runner.state.orchestrate: [{args: [{mods: orch.go}]}]}\n');
  const reactor = { 'go/now': [path.join(made.directory, 'go.sls'), path.join(made.directory, 'orch.sls')] };
  await made.restartMaster({ reactor: [reactor] });
  await made.connected('web1');
  const a = await as(t, made, alice);
  const answer = (await a.call('run', { fun: 'state.orchestrate', arg: ['orch.go'] })) as JsonMap;
  t.is(answer['retcode'], 0, JSON.stringify(answer));
  t.deepEqual(await usersOf(made), ['test.ping alice']);
  const [begun] = (await made.events()).filter(({ tag }) => /^salt\/run\/\d+\/new$/.test(tag));
  t.is(begun?.data['user'], 'alice');
  await made.control.call('event.send', { tag: 'go/now' });
  const all = await eventually(async () => {
    const some = await usersOf(made);
    return some.length === 3 && some;
  });
  t.deepEqual(all, ['test.arg reactor', 'test.ping alice', 'test.ping reactor']);
});

test('control socket: for the group that config names, and closed to others', async (t) => {
  const gid = process.getgid?.() ?? 0;
  const made = await startCluster(t, { sock_group: gid });
  const socket = statSync(socketOf(made));
  t.deepEqual([socket.gid, socket.mode & 0o777], [gid, 0o660]);
  t.is(statSync(path.dirname(socketOf(made))).mode & 0o777, 0o750);
  made.master.configure({ sock_group: 'no-such-group' });
  await made.master.stop();
  made.master.start();
  await eventually(() => !made.master.isRunning());
  t.regex(made.master.log(), /there is no group 'no-such-group' on this machine/);
});

test('operators: the guide, its config is taken and alice gets what it says', async (t) => {
  const page = blocksOf('docs/guides/operators.md');
  const configText = page.find(({ text }) => text.includes('operators:'))?.text ?? '';
  const keys = [keyLine(alice), keyLine(bob)];
  const config = parse(configText.replaceAll(/ssh-ed25519 AAAA\.\.\. \S+/g, () => keys.shift() ?? '')) as JsonMap;
  const made = await startCluster(t, config);
  for (const id of ['web1', 'db1']) await made.joinMinion(id);
  const keyFile = path.join(made.directory, 'alice', 'operator.pem');
  saveIdentity(keyFile, alice);
  const commands =
    page
      .find(({ text }) => text.startsWith("tsalt 'web1'"))
      ?.text.split('\n')
      .slice(0, -1) ?? [];
  const codes: [string, number][] = [];
  for (const command of commands) {
    const [, ...words] = shellWords(command) ?? [];
    const { code } = await made.tsalt(...words, '--operator-key', keyFile);
    codes.push([command, code]);
  }
  t.deepEqual(codes, [
    ["tsalt 'web1' test.ping", 0],
    ["tsalt '*' test.ping", 2],
    ["tsalt '*' cmd.run date", 0],
    ["tsalt '*' cmd.run id", 2],
    ['tsalt run jobs.list', 0],
    ['tsalt key list', 2],
  ]);
  t.deepEqual(await usersOf(made), ['cmd.run alice', 'test.ping alice']);
});

test('operators: one who may delete keys and not list them, deletes them; what was deleted before a refusal is told', async (t) => {
  const rules = ['gone*', 'gone1', 'gone9'].map((match) => ({ may: 'wheel.key.delete', args: [match] }));
  const listing = [{ may: 'wheel.key.list_all' }, { may: 'wheel.key.delete', args: ['gone1'] }];
  const made = await startCluster(t, {
    operators: { alice: { keys: keyLine(alice), rules }, bob: { keys: keyLine(bob), rules: listing } },
  });
  for (const id of ['gone1', 'gone2']) made.startMinion(id);
  const bothWait = () =>
    eventually(async () => (await made.tsalt('key', 'list')).stdout.includes('Unaccepted Keys:\ngone1\ngone2\n'));
  const fileOf = { alice: path.join(made.directory, 'alice.pem'), bob: path.join(made.directory, 'bob.pem') };
  saveIdentity(fileOf.alice, alice);
  saveIdentity(fileOf.bob, bob);
  await bothWait();
  const done = await made.tsalt('key', 'delete', 'gone*', '--operator-key', fileOf.alice);
  t.is(done.stdout, 'deleted gone1\ndeleted gone2\n', done.stderr);
  await bothWait();
  const half = await made.tsalt('key', 'delete', 'gone1', 'gone9', '--out', 'json', '--operator-key', fileOf.alice);
  t.like(half, { code: 1, stdout: '["gone1"]\n' }, half.stderr);
  t.regex(half.stderr, /may not ask for wheel\.key\.list_all/);
  await bothWait();
  const io = captured(made.directory);
  const input = {
    isTerminal: true,
    all: async () => Buffer.alloc(0),
    hidden: async () => undefined,
    line: async () => 'y',
  };
  const words = ['key', 'delete', 'gone*', '--config-dir', made.master.configDir, '--operator-key', fileOf.bob];
  t.is(await main(words, { ...io, input: async () => input }), 1);
  t.is(io.printed.out, 'deleted gone1\n');
  t.regex(io.printed.err, /may ask for wheel\.key\.delete only with other arguments/);
});
