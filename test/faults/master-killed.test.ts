import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import type { Minion } from '../kit/minion.ts';
import { needing } from '../kit/needing.ts';
import { holdLog, straceIsInstalled } from '../kit/slow-disk.ts';
import { connectLocal } from '../../wire/local/client.ts';
import { fireMany } from './harness/nemesis.ts';

const withStrace = needing('strace', straceIsInstalled());

/** Three commands, each of which leaves a line in `ran` of its minion: a job that ran twice is seen. */
const commands = ['one', 'two', 'three'].map(
  (word) => `${word}:\n  cmd.run:\n    - name: echo ${word} >> ran; sleep 0.2\n`,
);

const linesOf = (minion: Minion): string[] => {
  const file = path.join(minion.root, 'ran');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
};

async function returned(cluster: Cluster, jid: string, id: string): Promise<void> {
  await eventually(async () => (await cluster.events(`salt/job/${jid}/ret/${id}`)).length > 0);
}

test('a master killed at any moment of a highstate, the job runs once, its return is there once, and nobody starts anew', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.states, 'top.sls', "base:\n  '*': [count]\n");
  write(cluster.states, 'count.sls', commands.join(''));
  const minion = await cluster.joinMinion('web1');

  const moments: Record<string, (before: number, jid: string) => unknown> = {
    'it was published': () => true,
    'its first state ran': (before) => linesOf(minion).length > before,
    'its last state ran': (before) => linesOf(minion).length === before + 3,
    'its return was seen': async (_, jid) => (await cluster.events(`salt/job/${jid}/ret/web1`)).length > 0,
  };
  for (const [moment, isNow] of Object.entries(moments)) {
    const before = linesOf(minion).length;
    const jid = await cluster.publish('web1', 'state.highstate', [], 60);
    await eventually(async () => (await isNow(before, jid)) === true);
    await cluster.master.kill9();
    await cluster.restartMaster();
    await returned(cluster, jid, 'web1');
    t.deepEqual(linesOf(minion).slice(before).toSorted(), ['one', 'three', 'two'], `killed when ${moment}`);
    const returns = await cluster.events(`salt/job/${jid}/ret/web1`);
    t.deepEqual(
      returns.map(({ data }) => data['success']),
      [true],
      `killed when ${moment}`,
    );
  }
  t.is((await cluster.events('salt/minion/web1/start')).length, 1);
});

test('a master killed right after its word, what it acknowledged is there: keys, events, jobs for who is away', async (t) => {
  const cluster = await startCluster(t);
  const away = await cluster.joinMinion('away');
  await away.stop();
  cluster.startMinion('good');
  cluster.startMinion('bad');
  await eventually(async () => {
    const { pending } = (await cluster.control.call('key.list')) as { pending: string[] };
    return pending.length === 2;
  });
  await Promise.all([
    cluster.control.call('key.accept', { match: 'good' }),
    cluster.control.call('key.reject', { match: 'bad' }),
  ]);
  const sent = [...Array(50).keys()];
  await Promise.all(sent.map((n) => cluster.control.call('event.send', { tag: 'test/kept', data: { n } })));
  const jid = await cluster.publish('away', 'test.ping', [], 60);
  await cluster.master.kill9();

  await cluster.restartMaster();
  t.like(await cluster.control.call('key.list'), { accepted: ['away', 'good'], rejected: ['bad'], pending: [] });
  const kept = await cluster.events('test/kept');
  t.deepEqual(
    kept.map(({ data }) => data['n']),
    sent,
  );
  away.start();
  await returned(cluster, jid, 'away');
  await cluster.connected('good');
  t.is((await cluster.events('salt/minion/good/start')).length, 1);
  t.is((await cluster.events('salt/minion/away/start')).length, 2, 'one for each of its processes');
});

withStrace(
  'a master killed while its disk takes nothing: what a minion sent was not acknowledged, and is there once when it has come again',
  async (t) => {
    const cluster = await startCluster(t);
    const minion = await cluster.joinMinion('web1');
    const waiting = async (): Promise<unknown> => (await minion.status())['waiting'];
    await eventually(async () => (await waiting()) === 0);
    const letGo = await holdLog(cluster.master);
    t.teardown(letGo);
    await fireMany(minion, 1);
    // It is answered behind the event, and behind an acknowledgement that came too early.
    const local = await connectLocal('minion', path.join(minion.directory, 'run/minion.sock'));
    await local.call('ask', { question: 'pillar', body: {} }).finally(() => local.close());
    t.is(await waiting(), 1);
    await Promise.all([cluster.master.kill9(), letGo()]);

    await cluster.restartMaster();
    await eventually(async () => (await waiting()) === 0);
    t.is((await cluster.events('flood/x')).length, 1);
  },
);
