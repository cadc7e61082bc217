import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { loadMasterConfig } from '../../lib/config/load.ts';
import { silent } from '../../lib/log.ts';
import type { Books } from '../../master/books.ts';
import { openFrontDesk } from '../../master/front-desk.ts';
import type { Job } from '../../master/jobs/ledger.ts';
import { connect } from '../../wire/connect.ts';
import { generateCurveKeys, generateIdentity } from '../../wire/keys.ts';
import { masterKeyOf } from '../../wire/master-key.ts';
import type { UpItem } from '../../wire/types.ts';
import { filesOf } from '../kit/files.ts';
import { folder } from '../store/folder.ts';
import { until } from '../wire/kit.ts';
import { applicant, books } from './books.ts';

/* A minion that comes to more jobs than may be on their way, over real books and real sockets. */

/** More than twice what may be on its way. */
const MANY = 600;

/** A master with a minion `m1` that it accepts and that is not there yet. */
async function deskOf(t: ExecutionContext) {
  const made = await books(t);
  const [identity, own, curve] = [generateIdentity(), generateIdentity(), generateCurveKeys()];
  made.keys.admit({ ...applicant('m1'), publicKey: own.publicKey, fingerprint: own.fingerprint });
  await made.keys.accept('m1');
  const directory = folder(t);
  const { config } = loadMasterConfig({ env: {}, flags: { interface: '127.0.0.1', bundle_dir: directory } });
  const desk = await openFrontDesk({
    books: made as unknown as Books,
    pillarOf: () => Promise.resolve({ pillar: {}, secrets: [], top: {} }),
    files: filesOf({ base: [directory] }),
    config: { ...config, publish_port: 0, ret_port: 0 },
    identity,
    curve,
    clock: systemClock,
    log: silent,
  });
  t.teardown(() => desk.link.stop());
  return {
    ...made,
    ...desk,
    publish: (n: number): Promise<Job> =>
      desk.publisher.publish(
        desk.publisher.resolve({ tgt: 'm1', fun: 'test.ping', arg: [n] }, { user: 'root', takeWithinMs: 600_000 }),
      ),
    /** The minion comes, and of each job says at once that it is done. */
    come: (did: (n: number) => void = () => {}) => {
      const came: number[] = [];
      const owed: UpItem[] = [];
      const link = connect(
        {
          master: '127.0.0.1',
          port: desk.link.ports.request,
          masterKey: masterKeyOf(identity, curve),
          id: applicant('m1').id,
          identity: own,
          incarnation: 'first',
          generation: 1,
          outbox: 'box',
          clock: systemClock,
          log: silent,
        },
        {
          changed(state) {
            if (state.state === 'accept') for (const item of owed) if (item.n > state.durable) link.send(item);
          },
          job({ jid }, { arg }) {
            came.push(Number(arg[0]));
            const n = owed.length + 1;
            const body = { jid, success: true, retcode: 0, out: 'nested', text: 'true', part: 1, parts: 1 };
            owed.push({ n, kind: 'return', body });
            link.send({ n, kind: 'return', body });
            did(n);
          },
          acknowledged: () => {},
        },
      );
      t.teardown(() => link.stop());
      return { link, came };
    },
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test('catching up: a minion that comes to many queued jobs is sent each of them once, in order', async (t) => {
  const { publish, come, jobs, link } = await deskOf(t);
  await Promise.all(upTo(MANY).map(publish));
  const minion = come();
  await until('all are returned', () => jobs.stats().returned === MANY);
  t.deepEqual(minion.came, upTo(MANY));
  t.is(link.stats()['published'], MANY);
  t.is(minion.link.stats()['jobs.repeated'] ?? 0, 0);
});

test('catching up: a job that is published meanwhile comes after those that wait, and once', async (t) => {
  const { publish, come, jobs, link } = await deskOf(t);
  await Promise.all(upTo(MANY).map(publish));
  const late: Promise<Job>[] = [];
  const minion = come((n) => {
    if (n % 20 === 0) late.push(publish(MANY + late.length + 1));
  });
  await until('all are returned', () => jobs.stats().returned === MANY + late.length && late.length >= MANY / 20);
  t.deepEqual(minion.came, upTo(MANY + late.length));
  t.is(link.stats()['published'], MANY + late.length);
});

test('catching up: a flood of jobs for a minion that is connected comes once and in order, too', async (t) => {
  const { publish, come, jobs, link } = await deskOf(t);
  const minion = come();
  await until('it is connected', () => link.sessions.size === 1);
  await Promise.all(upTo(MANY).map(publish));
  await until('all are returned', () => jobs.stats().returned === MANY);
  t.deepEqual(minion.came, upTo(MANY));
  t.is(link.stats()['published'], MANY);
});

test('catching up: a minion that connects anew in the middle is sent what it has not returned, and runs none twice', async (t) => {
  const { publish, come, jobs, link } = await deskOf(t);
  await Promise.all(upTo(MANY).map(publish));
  const minion = come((n) => {
    if (n === 300) minion.link.renew('the line was cut');
  });
  await until('all are returned', () => jobs.stats().returned === MANY);
  t.deepEqual(minion.came, upTo(MANY));
  t.true((link.stats()['published'] ?? 0) <= MANY + 2 * 256, 'no more again than may be on its way');
});

test('catching up: a minion whose start could not be recorded gets its jobs all the same', async (t) => {
  const { publish, come, jobs, link, store } = await deskOf(t);
  await publish(1);
  const commit = store.commit.bind(store);
  store.commit = () => {
    store.commit = commit;
    return Promise.reject(new Error('no space left'));
  };
  const minion = come();
  await until('it is connected', () => link.sessions.size === 1);
  await until('that is returned', () => jobs.stats().returned === 1);
  await publish(2);
  await until('the next one, too', () => jobs.stats().returned === 2);
  t.deepEqual(minion.came, [1, 2]);
});

test('catching up: what could not be read for a minion, is read again; it stays connected, and gets it', async (t) => {
  const { publish, come, jobs, link } = await deskOf(t);
  await publish(1);
  const queued = jobs.queued.bind(jobs);
  jobs.queued = () => {
    jobs.queued = queued;
    throw new Error('an entry of the table is damaged');
  };
  const minion = come();
  await until('it is there', () => link.sessions.size === 1);
  const [session] = link.sessions.values();
  await publish(2);
  await until('both are returned', () => jobs.stats().returned === 2);
  t.deepEqual(minion.came, [1, 2]);
  t.is([...link.sessions.values()][0], session);
});

test('catching up: for a session that was closed meanwhile the ledger is not read on', async (t) => {
  const { publish, come, jobs, link, store, publisher } = await deskOf(t);
  const minion = come();
  const session = await until('it is connected', () => link.sessions.get(applicant('m1').id));
  await until('its start is recorded', () => store.head() > 0);
  await minion.link.stop();
  await until('it is gone', () => link.sessions.size === 0);
  await Promise.all(upTo(10).map(publish));
  let read = 0;
  const queued = jobs.queued.bind(jobs);
  jobs.queued = function* (id, after) {
    for (const job of queued(id, after)) {
      read++;
      yield job;
    }
  };
  // As one that was closed while its start was being recorded.
  publisher.catchUp({ ...session, isFull: false });
  t.true(read <= 1, String(read));
});

test('catching up: a job that is asked for again under its key is not sent again', async (t) => {
  const { come, jobs, link, publisher } = await deskOf(t);
  const minion = come();
  await until('it is connected', () => link.sessions.size === 1);
  const job = publisher.resolve({ tgt: 'm1', fun: 'test.ping', arg: [1] }, { user: 'root', takeWithinMs: 60_000 });
  await Promise.all([1, 2, 3].map(() => publisher.publish(job, { once: 'the reaction' })));
  await until('it is returned', () => jobs.stats().returned === 1);
  await publisher.publish(job, { once: 'the reaction' });
  t.deepEqual(minion.came, [1]);
  t.is(link.stats()['published'], 1);
});
