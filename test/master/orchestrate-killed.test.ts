import test from 'ava';
import { asText, type JsonMap } from '../../lib/json.ts';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { published, statesOf, waits, withMinions } from './orchestrate-kit.ts';

/* Orchestrations whose master is killed in the middle. */

test('orchestrate: a master killed in the middle goes on, publishes nothing twice, and counts what came meanwhile', async (t) => {
  const cluster = await withMinions(t, 'one');
  write(
    cluster.states,
    'orch.sls',
    `
first:
  salt.function: [{name: test.echo}, {tgt: one}, {arg: [first]}]
go:
  salt.wait_for_event: [{id_list: [one, two]}, {require: [{salt: first}]}]
last:
  salt.function: [{name: test.echo}, {tgt: one}, {arg: [last]}, {require: [{salt: go}]}]
`,
  );
  const interrupted = cluster.tsalt('run', 'state.orchestrate', 'orch');
  await eventually(() => waits(cluster, 2));
  const jid = asText(((await cluster.run('state.orchestrations')) as JsonMap[])[0]?.['jid']);
  await cluster.control.call('event.send', { tag: 'go', data: { id: 'one' } });
  await cluster.master.kill9();
  const { code, stderr } = await interrupted;
  t.is(code, 3, 'something ran');
  t.regex(
    stderr,
    new RegExp(
      `^error: the master closed the connection before it had answered\\n` +
        `${jid} goes on when the master runs again: tsalt run state.orchestrate orch orchestration_jid=${jid} --config-dir \\S+\\n$`,
    ),
  );
  await cluster.restartMaster();
  await cluster.connected('one');
  await eventually(() => waits(cluster, 2));
  await cluster.control.call('event.send', { tag: 'go', data: { id: 'two' } });
  const answer = await cluster.control.call('run', {
    fun: 'state.orchestrate',
    arg: ['orch'],
    kwarg: { orchestration_jid: jid },
  });
  const states = statesOf(answer);
  t.deepEqual(
    Object.values(states).map(({ result }) => result),
    [true, true, true],
    JSON.stringify(states),
  );
  t.deepEqual(states['go']?.changes, { minions_seen: ['one', 'two'] });
  t.deepEqual(states['first']?.changes, { ret: { one: 'first' } });
  t.deepEqual(await published(cluster), ['test.echo', 'test.echo']);
  t.is((await cluster.events(`salt/run/${jid}/new`)).length, 1);
  t.is((await cluster.events(`salt/run/${jid}/ret`)).length, 1);
});

test('orchestrate: one that goes on after the master was killed, means the minions that it has found', async (t) => {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('one');
  write(
    cluster.states,
    'orch.sls',
    `
go:
  salt.wait_for_event: [{id_list: [one]}]
{{#each (salt 'saltutil.runner' 'manage.up')}}
ping {{this}}:
  salt.function: [{name: test.ping}, {tgt: '{{this}}'}, {require: [{salt: go}]}]
{{/each}}
`,
  );
  const interrupted = cluster.run('state.orchestrate', 'orch');
  interrupted.catch(() => {});
  await eventually(() => waits(cluster, 2));
  const jid = asText(((await cluster.run('state.orchestrations')) as JsonMap[])[0]?.['jid']);
  await cluster.master.kill9();
  await minion.stop();
  await cluster.restartMaster();
  await eventually(() => waits(cluster, 2));
  t.deepEqual(await cluster.run('manage.up'), [], 'now it would be nobody');
  minion.start();
  await cluster.connected('one');
  await cluster.control.call('event.send', { tag: 'go', data: { id: 'one' } });
  const kwarg = { orchestration_jid: jid };
  const states = statesOf(await cluster.control.call('run', { fun: 'state.orchestrate', arg: ['orch'], kwarg }));
  t.deepEqual(Object.keys(states), ['go', 'ping one']);
});

test('orchestrate: one that was given, and the master was killed in, ends and says so', async (t) => {
  const cluster = await withMinions(t);
  const interrupted = cluster.control.call('run', {
    fun: 'state.orchestrate_single',
    kwarg: { fun: 'salt.wait_for_event', name: 'go', id_list: ['one'] },
  });
  interrupted.catch(() => {});
  await eventually(() => waits(cluster, 1));
  await cluster.master.kill9();
  await cluster.restartMaster();
  const ended = async () => (await cluster.events()).find(({ tag }) => /^salt\/run\/\d+\/ret$/.test(tag));
  await eventually(async () => (await ended()) !== undefined);
  const { data } = (await ended()) ?? {};
  t.is(data?.['fun'], 'runner.state.orchestrate_single');
  t.regex(JSON.stringify(data?.['return']), /the master ended while it ran/);
});
