import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { blocksOf } from '../docs/pages.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { published, statesOf, waits, withMinions } from './orchestrate-kit.ts';

/* Orchestrations of a real master with real minions. */

/** Two minions: `one`, and `gone`, which is not connected any more. */
async function withOneGone(t: ExecutionContext): Promise<Cluster> {
  const cluster = await withMinions(t, 'one');
  const gone = await cluster.joinMinion('gone');
  await gone.stop();
  await eventually(async () => ((await cluster.run('manage.down')) as string[]).includes('gone'));
  return cluster;
}

test('orchestrate: the guide, on two minions, in test mode and for real', async (t) => {
  const cluster = await startCluster(t);
  const minions = [await cluster.joinMinion('db1'), await cluster.joinMinion('web1')];
  for (const { text } of blocksOf('docs/guides/orchestrate.md')) {
    const [, tree, file = ''] = /^# \/srv\/tsalt\/(states|pillar)\/(\S+)\n/.exec(text) ?? [];
    if (tree !== undefined) write(tree === 'states' ? cluster.states : cluster.pillar, file, text);
  }
  const [db, web] = minions.map(({ root }) => root);
  for (const root of [db, web]) write(root ?? '', 'etc/hosts', '');
  const pillar = 'pillar={version: 1.4.2}';

  const planned = await cluster.tsalt('run', 'state.orchestrate', 'orch.deploy', pillar, 'test=True', '--out', 'json');
  const plan = statesOf(JSON.parse(planned.stdout) as Json);
  t.is(planned.code, 0, planned.stderr);
  t.deepEqual(
    Object.values(plan).map(({ __id__, result }) => [__id__, result]),
    [
      ['schema', null],
      ['program', null],
      ['is it there', null],
      ['site/app/tested', null],
      ['who is in', null],
      ['tell the others', null],
    ],
  );
  t.deepEqual(
    Object.keys((plan['schema']?.changes['ret'] ?? {}) as JsonMap),
    ['db1'],
    'what would change there is told',
  );
  t.false(existsSync(path.join(db ?? '', 'etc/schema')));

  const done = cluster.tsalt('run', 'state.orchestrate', 'orch.deploy', pillar);
  await eventually(() => waits(cluster, 4));
  t.is(readFileSync(path.join(db ?? '', 'etc/schema'), 'utf8'), 'version 1.4.2\n');
  t.is(readFileSync(path.join(web ?? '', 'etc/app.conf'), 'utf8'), 'version 1.4.2\n');
  await cluster.control.call('event.send', { tag: 'site/app/tested', data: { id: 'web1' } });
  const { code, stdout } = await done;
  t.is(code, 0, stdout);
  t.regex(stdout, /_master:\n/);
  t.regex(stdout, /Comment: States ran successfully\. Updating web1\./);
  t.regex(stdout, /All events seen in [\d.]+ seconds\./);
  t.regex(stdout, /Succeeded: 6/);
  const [deployed] = await cluster.events('site/app/deployed');
  t.like(deployed?.data, { version: '1.4.2' });
});

test('orchestrate: a failing minion is named with its reason, and stops what requires it', async (t) => {
  const cluster = await withMinions(t, 'one', 'two');
  write(
    cluster.states,
    'orch.sls',
    `
wave:
  salt.state:
    - tgt: '*'
    - sls: picky
after:
  salt.function:
    - name: test.ping
    - tgt: '*'
    - require: [{salt: wave}]
otherwise:
  salt.function:
    - name: test.ping
    - tgt: one
    - onfail: [{salt: wave}]
forgiven:
  salt.state:
    - tgt: '*'
    - sls: picky
    - fail_minions: two
allowed:
  salt.state:
    - tgt: 'one,two,three'
    - tgt_type: list
    - sls: picky
    - allow_fail: 2
unexpected:
  salt.state:
    - tgt: 'nobody*'
    - sls: picky
    - expect_minions: False
nobody:
  salt.function:
    - name: test.ping
    - tgt: 'nobody*'
carefully:
  salt.state:
    - tgt: 'two,one'
    - tgt_type: list
    - sls: picky
    - batch: 1
`,
  );
  write(
    cluster.states,
    'picky.sls',
    `
it:
  test.{{#if (eq grains.id 'two')}}fail_without_changes{{else}}succeed_without_changes{{/if}}: []
`,
  );
  const { code, stdout } = await cluster.tsalt('run', 'state.orchestrate', 'orch', '--out', 'json');
  t.is(code, 1);
  const states = statesOf(JSON.parse(stdout) as Json);
  t.like(states['wave'], { result: false, comment: "Run failed on minions: two\ntwo: test 'it': Failure!" });
  t.deepEqual(Object.keys((states['wave']?.changes['ret'] ?? {}) as JsonMap), ['two']);
  t.like(states['after'], { result: false, comment: 'One or more requisite failed: orch.wave' });
  t.like(states['otherwise'], { result: true, changes: { ret: { one: true } } });
  t.like(states['forgiven'], { result: true });
  t.regex(states['forgiven']?.comment ?? '', /two: test 'it': Failure! \(it may fail\)$/);
  t.like(states['allowed'], { result: true });
  t.regex(states['allowed']?.comment ?? '', /three: no answer: no accepted minion has this id/);
  t.like(states['unexpected'], { result: true, changes: {} });
  t.like(states['nobody'], { result: false, comment: 'No minions responded: no accepted minion matches "nobody*"' });
  t.regex(states['carefully']?.comment ?? '', /^Run failed on minions: two, one\n/);
  t.regex(states['carefully']?.comment ?? '', /one: no answer: its batch was not begun, since others had failed$/);
});

test('orchestrate: states on some of the minions, those that are there first, and without what is left out', async (t) => {
  const cluster = await withOneGone(t);
  write(cluster.states, 'top.sls', "base:\n  '*': [app, cron]\n");
  write(cluster.states, 'app.sls', 'app:\n  test.succeed_with_changes: []\nport:\n  test.succeed_with_changes: []\n');
  write(cluster.states, 'cron.sls', 'cron:\n  test.succeed_with_changes: []\n');
  write(
    cluster.states,
    'orch.sls',
    `
some:
  salt.state:
    - tgt: '*'
    - highstate: True
    - subset: 1
    - exclude: [cron, {id: port}]
    - concurrent: True
ping:
  salt.function: [{name: test.ping}, {tgt: '*'}, {subset: 1}, {failhard: True}]
`,
  );
  const states = statesOf(await cluster.run('state.orchestrate', 'orch'));
  t.like(states['some'], { result: true, comment: 'States ran successfully. Updating one.' });
  const { ret } = (states['some']?.changes ?? {}) as { ret: { one: JsonMap } };
  t.deepEqual(
    Object.keys(ret.one).map((tag) => tag.split('_|-')[1]),
    ['app'],
  );
  t.like(states['ping'], { result: true, changes: { ret: { one: true } } });
  const planned = await cluster.tsalt('run', 'state.orchestrate', 'orch', 'test=True', '--out', 'json');
  t.like(statesOf(JSON.parse(planned.stdout) as Json)['ping'], {
    result: null,
    comment: 'Function test.ping would be executed on target *: 1 of gone, one',
  });
});

test('orchestrate: a minion that is not there fails the wave, with the reason', async (t) => {
  const cluster = await withOneGone(t);
  write(cluster.states, 'orch.sls', "ping:\n  salt.function: [{name: test.ping}, {tgt: '*'}, {timeout: 1}]\n");
  const states = statesOf(await cluster.run('state.orchestrate', 'orch'));
  t.is(states['ping']?.result, false);
  t.regex(
    states['ping']?.comment ?? '',
    /failed on minions: gone Function test\.ping ran on one\.\ngone: no answer: it is not connected/,
  );
});

test('orchestrate: what does not belong there is an error before anything runs, here and on a minion', async (t) => {
  const cluster = await withMinions(t, 'one');
  write(
    cluster.states,
    'orch.sls',
    "ping:\n  salt.function: [{name: test.ping}, {tgt: '*'}]\n/x:\n  file.absent: []\n",
  );
  const { code, stdout } = await cluster.tsalt('run', 'state.orchestrate', 'orch');
  t.is(code, 2, 'nothing was run');
  t.regex(stdout, /orch\.sls:4:3: file\.absent can't be used here: an orchestration manages no machine/);
  t.deepEqual(await published(cluster), []);
  const [ended] = await cluster.exec('one', 'state.apply', ['orch']);
  t.regex(asText(ended?.return), /orch\.sls:2:3: salt\.function can't be used here: it is for orchestrations/);
});

test('orchestrate: a reactor begins it and does not wait; orchestrations call others, also beside each other', async (t) => {
  const directory = 'reactor';
  const cluster = await startCluster(t, { reactor: [{ 'site/go': ['/nowhere.sls'] }] });
  write(cluster.directory, `${directory}/go.sls`, 'go:\n  runner.state.orchestrate:\n    - mods: outer\n');
  await cluster.restartMaster({ reactor: [{ 'site/go': [path.join(cluster.directory, directory, 'go.sls')] }] });
  write(
    cluster.states,
    'outer.sls',
    `
both:
  salt.parallel_runners:
    - runners:
        a: [{name: state.orchestrate}, {kwarg: {mods: inner, pillar: {works: true}}}]
        b: [{name: state.orchestrate}, {kwarg: {mods: inner, pillar: {works: false}}}]
again:
  salt.runner: [{name: state.orchestrate}, {mods: inner}, {pillar: {works: true}}]
no such:
  salt.runner: [{name: jobs.lsit}]
`,
  );
  write(
    cluster.states,
    'inner.sls',
    'it:\n  test.{{#if pillar.works}}succeed_without_changes{{else}}fail_without_changes{{/if}}: []\n',
  );
  await cluster.control.call('event.send', { tag: 'site/go' });
  const ended = async () =>
    (await cluster.events()).find(
      ({ tag, data }) =>
        /^salt\/run\/\d+\/ret$/.test(tag) && isMap(data) && JSON.stringify(data['fun_args']).includes('outer'),
    );
  await eventually(async () => (await ended()) !== undefined);
  const { data } = (await ended()) ?? {};
  t.is(data?.['success'], false);
  const states = statesOf(data?.['return'] ?? null);
  t.like(states['both'], { result: false, comment: 'Runner b failed.' });
  t.like(states['again'], { result: true, comment: "Runner function 'state.orchestrate' executed." });
  t.regex(states['no such']?.comment ?? '', /failed\.\nthe master has no function 'jobs\.lsit'\nhint: did you mean/);
  const all = (await cluster.run('state.orchestrations')) as JsonMap[];
  t.deepEqual(
    all.map(({ mods }) => mods),
    ['inner', 'inner', 'inner', 'outer'],
  );
});

test('orchestrate: states that are given, and in no file; files as they would be run; without some of them', async (t) => {
  const cluster = await withMinions(t, 'one');
  write(
    cluster.states,
    'orch.sls',
    "include: [later]\nping:\n  salt.function: [{name: test.ping}, {tgt: '{{pillar.who}}'}, {order: last}]\n",
  );
  write(cluster.states, 'later.sls', 'later:\n  test.nop: []\n');
  const pillar = 'pillar={who: one}';
  const run = async (...words: string[]) => {
    const { stdout, stderr, code } = await cluster.tsalt('run', ...words, '--out', 'json');
    return { code, answer: stdout === '' ? stderr : (JSON.parse(stdout) as Json) };
  };
  const shown = (await run('state.orchestrate_show_sls', 'orch', pillar)).answer as Record<string, JsonMap>;
  const [high] = Object.values(shown);
  t.deepEqual(Object.keys(high ?? {}), ['later', 'ping']);
  t.regex(JSON.stringify(high?.['ping']), /"tgt":"one"/);
  t.deepEqual(await published(cluster), [], 'nothing was run');
  t.regex(JSON.stringify((await run('state.orch_show_sls', 'orch')).answer), /pillar has no 'who'|who/);

  const left = await run('state.orchestrate', 'orch', 'exclude=later', pillar);
  t.deepEqual(Object.keys(statesOf(left.answer)), ['ping']);
  const wrong = await run('state.orchestrate', 'orch', 'exclude={a: b}', pillar);
  t.is(wrong.code, 2);
  t.regex(asText(wrong.answer), /'exclude' is names of state files, or a list/);

  const single = await run('state.orchestrate_single', 'fun=salt.function', 'name=test.echo', 'tgt=one', 'arg=[hello]');
  t.is(single.code, 0, JSON.stringify(single.answer));
  t.deepEqual(statesOf(single.answer)['test.echo']?.changes, { ret: { one: 'hello' } });
  const tried = await run('state.orchestrate_single', 'salt.function', 'test.echo', 'tgt=one', 'arg=[x]', 'test=True');
  t.is(statesOf(tried.answer)['test.echo']?.result, null);
  const high_ = '{a: {salt.function: [{name: test.ping}, {tgt: one}]}, b: {test.nop: [{require: [{salt: a}]}]}}';
  t.deepEqual(Object.keys(statesOf((await run('state.orchestrate_high', high_)).answer)), ['a', 'b']);
  const misspelt = await run('state.orchestrate_single', 'salt.function', 'test.echo', 'tgd=one');
  t.is(misspelt.code, 2, 'nothing was run');
  t.regex(JSON.stringify(misspelt.answer), /the arguments of state\.orchestrate_single.*did you mean 'tgt'/);
  const list = (await cluster.run('state.orchestrations')) as JsonMap[];
  t.like(list[0], { mods: 'orchestrate_single', state: 'failed' });
});

test('orchestrate: templates look at what the master knows: pillar, config, minions, keys and the mine', async (t) => {
  const cluster = await withMinions(t, 'web1', 'web2');
  write(cluster.pillar, 'top.sls', "base:\n  '*': [site]\n");
  write(cluster.pillar, 'site.sls', 'site: {name: shop}\n');
  await cluster.exec('web1', 'mine.send', ['test.version']);
  write(
    cluster.states,
    'orch.sls',
    `
{{#each (salt 'saltutil.runner' 'manage.up' tgt='web*')}}
ping {{this}}:
  salt.function: [{name: test.ping}, {tgt: '{{this}}'}]
{{/each}}
told:
  test.configurable_test_state:
    - result: True
    - changes: False
    - comment: >-
        {{salt 'pillar.get' 'site:name'}} {{salt 'pillar.get' 'no:where' 'else'}} {{salt 'config.get' 'interface'}}
        {{#if (salt 'grains.get' 'nodename')}}named{{/if}} {{salt 'match.glob' '*_master'}}
        {{json (salt 'saltutil.wheel' 'key.list_all')}} {{json (salt 'mine.get' '*' 'test.version')}}
    - onlyif:
        - fun: match.glob
          tgt: '*_master'
`,
  );
  const { code, stdout } = await cluster.tsalt('run', 'state.orchestrate', 'orch', '--out', 'json');
  t.is(code, 0, stdout);
  const states = statesOf(JSON.parse(stdout) as Json);
  t.deepEqual(Object.keys(states).sort(), ['ping web1', 'ping web2', 'told']);
  const { comment = '' } = states['told'] ?? {};
  t.regex(comment, /^shop else 127\.0\.0\.1 named true /i);
  t.regex(comment, /"accepted":\["web1","web2"\].*\{"web1":"[\d.]+"\}/);
  const shown = await cluster.run('state.orchestrate_show_sls', 'orch');
  t.true(JSON.stringify(shown).includes('ping web2'));
});

const refusals: readonly [does: string, call: string, says: RegExp][] = [
  [
    'looks at a machine',
    "(salt 'cmd.run' 'id')",
    /there is no cmd\.run where the master stands in.*'salt\.function' has minions/,
  ],
  ['is not there', "(salt 'grain.get' 'os')", /there is no grain\.get where.*did you mean 'grains'/],
  ['changes something', "(salt 'grains.set' 'a' 1)", /no function 'grains\.set'|grains\.set/],
  ['gives another answer each time', "(salt 'random.get_str')", /goes on after a restart would get another/],
  [
    'does more than look',
    "(salt 'saltutil.runner' 'salt.execute' tgt='*' fun='test.ping')",
    /salt\.execute does more than look.*a 'salt\.runner'/,
  ],
  ['decides on keys', "(salt 'saltutil.wheel' 'key.accept' 'x')", /key\.accept does more than look/],
  ['is misspelt', "(salt 'saltutil.runner' 'jobs.lsit')", /jobs\.lsit: the master has no function.*did you mean/],
];

test('orchestrate: what a template must not call is an error that says what to do, and nothing is run', async (t) => {
  const cluster = await withMinions(t);
  for (const [does, call, says] of refusals) {
    write(cluster.states, 'orch.sls', `it:\n  test.nop:\n    - name: {{json ${call}}}\n`);
    const { code, stdout } = await cluster.tsalt('run', 'state.orchestrate', 'orch', '--out', 'json');
    t.is(code, 2, does);
    t.regex(stdout.replaceAll('\\n', ' '), says, does);
    t.regex(stdout, /orch\.sls:3:/, does);
  }
  t.deepEqual(await published(cluster), []);
});

test('orchestrate: one that calls itself, is cut; one that is named by its jid, is that one and no other', async (t) => {
  const cluster = await withMinions(t);
  write(cluster.states, 'loop.sls', 'next:\n  salt.runner: [{name: state.orchestrate}, {mods: loop}]\n');
  write(cluster.states, 'other.sls', 'it:\n  test.nop: []\n');
  const answer = await cluster.run('state.orchestrate', 'loop');
  t.regex(JSON.stringify(answer), /orchestrations call each other 8 deep/);
  const all = (await cluster.run('state.orchestrations')) as JsonMap[];
  t.is(all.length, 9);
  const jid = asText(all.at(-1)?.['jid']);
  const again = (mods: string) =>
    cluster.control.call('run', { fun: 'state.orchestrate', arg: [mods], kwarg: { orchestration_jid: jid } });
  t.deepEqual(await again('loop'), answer, 'what is over is not run again');
  await t.throwsAsync(again('other'), { message: `${jid} is the orchestration of loop, and stays it` });
  await t.throwsAsync(cluster.run('state.orchestrate', ' , '), { message: /needs to be told its state files/ });
});

test('orchestrate: a runner whose answer no record holds, has done its work, and its answer is cut', async (t) => {
  const cluster = await startCluster(t);
  const large = `run: () => 'x'.repeat(17 * 1024 * 1024)`;
  write(
    cluster.states,
    '_runners/big.ts',
    `import { defineRunner } from 'tsalt/plugins';
export default { say: defineRunner({ summary: 'says much', takes: [], ${large} }) };
`,
  );
  write(
    cluster.states,
    'orch.sls',
    'big:\n  salt.runner: [{name: big.say}]\nafter:\n  test.succeed_without_changes: [{require: [{salt: big}]}]\n',
  );
  const answer = (await cluster.run('state.orchestrate', 'orch')) as JsonMap;
  const { big, after } = statesOf(answer);
  t.like(big, { result: true, comment: "Runner function 'big.say' executed." });
  t.is(big?.changes['return'], `${'x'.repeat(500)}... (the rest is too large to be kept)`);
  t.true(after?.result);
  t.is(answer['retcode'], 0);
});
