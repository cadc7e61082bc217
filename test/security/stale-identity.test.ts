import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { targeting } from '../../master/targeting.ts';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { applicant, books } from '../master/books.ts';

/* Who has a name is not who had it: what was a deleted key's is nobody's afterwards. */

const job = (expires: number) => ({
  fun: 'cmd.run',
  arg: ['echo the-secret-of-the-old-one'],
  kwarg: {},
  tgt: 'web1',
  tgt_type: 'list',
  user: 'operator',
  expires,
  minions: ['web1'],
  missing: [],
});

test('stale identity: a key is deleted, another gets its name: jobs, grains, pillar and places of the old one are not there', async (t) => {
  const { keys, jobs, facts, minions, store, clock } = await books(t);
  const targets = targeting({ keys, facts, nodegroups: {} });
  const old = applicant('web1');
  keys.admit(old);
  await keys.accept('web1');
  facts.learn('web1', { role: 'vault' });
  facts.learnPillar('web1', { tier: 'secret' });
  await store.commit([minions.take('web1', 'o1', 7), minions.started('web1', 'i1', 3)]);
  const waits = await jobs.create(jobs.newJid(), job(clock.now() + 3_600_000));
  const taken = await jobs.create(jobs.newJid(), job(clock.now() + 3_600_000));
  await store.commit(jobs.delivered(taken.jid, 'web1'));
  t.is(jobs.outstanding('web1').length, 2);

  await keys.delete('web1');
  const other = applicant('web1');
  t.is(keys.admit(other).act, 'pend');
  t.is(keys.tokenOf('web1', old.fingerprint), 'bad');
  await keys.accept('web1');
  t.deepEqual(keys.admit(other), { act: 'accept', durable: 0 });
  t.is(keys.admit(old).act, 'denied');
  t.deepEqual(jobs.outstanding('web1'), []);
  for (const { jid } of [waits, taken]) t.is(jobs.pair(jid, 'web1')?.state, 'lost');
  t.deepEqual(targets.resolve('role:vault', 'grain').minions, []);
  t.deepEqual(targets.resolve('tier:secret', 'pillar').minions, []);
  t.true(minions.isNew('web1', 'i1'));
});

test('stale identity: a machine with the token takes a name whose key was rejected: jobs of the rejected one are not its own', async (t) => {
  const { keys, jobs, facts, tokens, clock } = await books(t);
  keys.admit(applicant('web1'));
  await keys.accept('web1');
  facts.learnPillar('web1', { tier: 'secret' });
  await jobs.create(jobs.newJid(), job(clock.now() + 3_600_000));
  await keys.reject('web1', { from: ['accepted'] });
  t.is(jobs.outstanding('web1').length, 1, 'its own key may be accepted again');
  const launched = applicant('web1', await tokens.issue('web1'));
  t.is(keys.admit(launched).act, 'pend');
  await keys.accept('web1', { fingerprint: launched.fingerprint });
  t.deepEqual(jobs.outstanding('web1'), []);
  t.is(facts.pillar('web1'), undefined);
});

test('stale identity: a job waits for a machine that is away and deleted, a new one of its name is not sent it', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.states, 'left.sls', '/left:\n  file.managed:\n    - contents: for the old one\n');
  const old = await cluster.joinMinion('web1');
  await old.stop();
  await eventually(async () => ((await cluster.run('manage.down')) as string[]).includes('web1'));
  const jid = await cluster.publish('web1', 'state.apply', ['left'], 3600);
  await cluster.control.call('key.delete', { match: 'web1' });
  const other = await cluster.joinMinion('web1');
  t.is((await cluster.exec('web1', 'test.ping'))[0]?.return, true);
  t.is((await cluster.exec('web1', 'file.file_exists', ['/left']))[0]?.return, false);
  const told = (await cluster.run('jobs.list_job', jid)) as JsonMap;
  t.regex(JSON.stringify(told), /its key was deleted/);
  t.true(other.isRunning());
});
