import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { systemClock } from '../../lib/clock.ts';
import type { PublishRequest } from '../../lib/contracts/reactor.ts';
import { silent } from '../../lib/log.ts';
import type { NewJob } from '../../master/jobs/ledger.ts';
import { renderPool } from '../../master/pool/render-pool.ts';
import { reactorPowers } from '../../master/reactor/powers.ts';
import { environmentsOfRoots } from '../../states/engine/environments.ts';
import { startReactors } from '../../master/reactor/start.ts';
import type { Origin } from '../../master/reactor/types.ts';
import { applicant, books } from '../master/books.ts';
import { folder } from '../store/folder.ts';
import { until } from './kit.ts';

/** The reactors of a master with all of its real books; publishing makes the job for the listed minions. */
async function master(t: Parameters<typeof books>[0], entries: Record<string, string[]>) {
  const all = await books(t);
  const { jobs, keys, instances, bus, store } = all;
  const publish = async (once: string, { tgt, tgt_type = 'glob', fun }: PublishRequest, origin: Origin) => {
    const minions = typeof tgt === 'string' ? [] : [...tgt];
    const job: NewJob = {
      fun,
      tgt,
      tgt_type,
      minions,
      arg: [],
      kwarg: {},
      user: 'reactor',
      expires: all.clock.now() + 60_000,
      missing: [],
    };
    const { jid } = await jobs.createOnce(once, job, origin);
    return { jid, minions };
  };
  const directory = folder(t);
  const again = path.join(directory, 'again.mjs');
  const request = `{ tgt: ['w1'], tgt_type: 'list', fun: 'test.ping' }`;
  writeFileSync(
    again,
    `export default { react: (_, context) => context.publish('again', ${request}).then(() => {}) };`,
  );
  const pool = renderPool({ clock: systemClock, log: silent, size: 1 });
  t.teardown(() => pool.stop());
  const engine = await startReactors({
    entries: Object.entries(entries).map(([tag, files]) => ({ tag, files })),
    config: {},
    cachedir: directory,
    directory,
    storeDirectory: directory,
    pool,
    returners: {},
    trees: () => environmentsOfRoots({}),
    mayGrow: false,
    master: 'test_master',
    maxDepth: 4,
    events: bus,
    powers: reactorPowers({ jobs, keys, instances, publish, call: async () => null }),
    clock: systemClock,
    log: silent,
  });
  t.teardown(() => engine.stop());
  return { ...all, engine, store };
}

test('enrolment over the real books: launched, accepted, configured, ready; a stranger is rejected', async (t) => {
  const { keys, instances, tokens, jobs, store, bus, seen } = await master(t, {
    'salt/auth': ['builtin:auth'],
    'salt/minion/*/start': ['builtin:start'],
  });
  await instances.add({ id: 'w1', provider: 'process', roles: [] });
  const token = await tokens.issue('w1');
  const machine = applicant('w1', token);
  keys.admit(machine);
  keys.admit(applicant('stranger'));
  await until(() => keys.find('w1')?.state === 'accepted' && keys.find('stranger')?.state === 'rejected');
  t.is(keys.find('w1')?.fingerprint, machine.fingerprint);
  await bus.fire({ tag: 'salt/minion/w1/start', data: { id: 'w1' } });
  await until(() => jobs.outstanding('w1').length === 1);
  t.is(instances.find('w1')?.state, 'configuring');
  const [pending] = jobs.outstanding('w1');
  const jid = pending?.job.jid ?? '';
  t.is(pending?.job.fun, 'state.highstate');
  await store.commit(jobs.delivered(jid, 'w1'));
  await store.commit(jobs.returned(jid, 'w1', { return: { a: { result: true } }, success: true, retcode: 0 }));
  await until(() => instances.find('w1')?.state === 'ready');
  t.like(instances.runs('w1'), [{ jid, success: true }]);
  t.true(seen().indexOf('salt/auth pend') < seen().indexOf('salt/key accept'));
});

test('a reactor that publishes a job on each return of its jobs: the chain is cut', async (t) => {
  const { jobs, store, bus, events, engine } = await master(t, {
    go: ['again.mjs'],
    'salt/job/*/ret/*': ['again.mjs'],
  });
  await bus.fire({ tag: 'go', data: {} });
  for (let round = 0; round < 4; round++) {
    await until(() => jobs.outstanding('w1').length === 1);
    const [pending] = jobs.outstanding('w1');
    await store.commit(jobs.returned(pending?.job.jid ?? '', 'w1', { return: true, success: true, retcode: 0 }));
  }
  await until(() => events.some(({ tag }) => tag === 'tsalt/reactor/loop'));
  t.deepEqual(jobs.outstanding('w1'), []);
  t.deepEqual(
    events.filter(({ tag }) => tag.includes('/ret/')).map(({ depth }) => depth),
    [1, 2, 3, 4],
  );
  t.deepEqual(engine.deadLetters(), []);
});
