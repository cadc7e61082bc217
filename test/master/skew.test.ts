import test from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { parseMinionId } from '../../lib/ids.ts';
import { silent } from '../../lib/log.ts';
import { oldestMinion, version } from '../../lib/version.ts';
import { versionSkew } from '../../master/skew.ts';
import { connect } from '../../wire/connect.ts';
import { generateIdentity } from '../../wire/keys.ts';
import { parseMasterKey } from '../../wire/master-key.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

const id = parseMinionId('web1');
const accept = { act: 'accept', durable: 0 } as const;

for (const [said, oldest, isIn] of [
  [undefined, '0.1.0', true],
  ['0.1.0', '0.1.0', true],
  ['0.2.0', '0.1.0', true],
  ['0.10.0', '0.9.0', true],
  ['0.2.0~rc1', '0.2.0', false],
  ['0.1.9', '0.2.0', false],
  [undefined, '0.2.0', false],
] as const) {
  test(`skew: a minion that says ${said ?? 'nothing'} is ${isIn ? 'let in' : 'turned down'} where ${oldest} is the oldest`, (t) => {
    const skew = versionSkew(oldest);
    const verdict = skew.judge({ id, version: said }, accept);
    t.is(verdict.act, isIn ? 'accept' : 'reject');
    t.deepEqual([...skew.tooOld], isIn ? [] : [[id, said ?? '0.1.0']]);
  });
}

test('skew: who is not let in anyway, is told why by others, and is not noted', (t) => {
  const skew = versionSkew('9.0.0');
  const pend = { act: 'pend', reason: 'the key waits to be accepted' } as const;
  t.is(skew.judge({ id, version: '0.1.0' }, pend), pend);
  t.is(skew.tooOld.size, 0);
});

test('skew: an accepted minion of an older version than is worked with is told so, and is seen by manage.versions and doctor', async (t) => {
  const cluster = await startCluster(t);
  const { ret_port, master_key } = cluster.described();
  const said: string[] = [];
  const link = connect(
    {
      master: '127.0.0.1',
      port: ret_port,
      masterKey: parseMasterKey(master_key),
      id,
      identity: generateIdentity(),
      incarnation: 'i1',
      generation: 1,
      outbox: 'o1',
      version: '0.0.9',
      clock: systemClock,
      log: silent,
    },
    { changed: (state) => said.push('reason' in state ? state.reason : ''), job: () => {}, acknowledged: () => {} },
  );
  t.teardown(() => link.stop());
  await eventually(async () => ((await cluster.control.call('key.accept', { match: id })) as string[]).includes(id));
  const reason = `web1 has tsalt 0.0.9, which is too old for this master: that is of version ${version} and works with ${oldestMinion} and later; install a newer one on web1`;
  await eventually(() => link.state.state === 'reject' && said.at(-1) === reason);
  t.deepEqual(await cluster.run('manage.versions'), { Master: version, 'Minion too old': { web1: '0.0.9' } });
  const { code, stdout } = await cluster.tsalt('doctor');
  t.is(code, 1);
  t.regex(stdout, /✘ versions +turned down for being too old: web1/);
  t.like(await cluster.control.call('key.list'), { accepted: [id] }, 'its key stays');
});
