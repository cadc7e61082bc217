import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { generateIdentity } from '../../wire/keys.ts';
import { generateToken } from '../../wire/token.ts';
import type { MasterSession, Verdict } from '../../wire/types.ts';
import { fakeClock } from '../kit/clock.ts';
import { accepted, manifest, startMaster, startMinion, tap, until } from './kit.ts';

test('session: an accepted minion is told its jobs, is answered, and its items arrive in order', async (t) => {
  const master = await startMaster(t);
  const minion = startMinion(t, master);
  await accepted(minion);
  t.deepEqual(
    master.opened.map(({ id }) => id),
    ['m1'],
  );
  const job = manifest();
  master.link.publish(job, [{ session: master.session('m1'), args: { arg: [1, 'zwei'], kwarg: { drei: [3] } } }]);
  await until('the job arrives', () => minion.jobs.length > 0);
  t.deepEqual(minion.jobs, [{ manifest: job, args: { arg: [1, 'zwei'], kwarg: { drei: [3] } } }]);
  t.deepEqual(await minion.link.ask('pillar', { a: 1 }), { question: 'pillar', a: 1 });
  for (let n = 1; n <= 200; n++) t.true(minion.link.send({ n, kind: 'event', body: { n } }));
  await until('all is acknowledged', () => minion.acknowledged.at(-1) === 200);
  t.deepEqual(
    master.items.map(({ item }) => item.body['n']),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
});

test('session: one job for many minions reaches each with its own arguments', async (t) => {
  const master = await startMaster(t);
  const minions = Array.from({ length: 5 }, (_, i) => startMinion(t, master, `m${i}`));
  await Promise.all(minions.map(accepted));
  const targets = minions.map((_, i) => ({ session: master.session(`m${i}`), args: { arg: [`for ${i}`], kwarg: {} } }));
  master.link.publish(manifest(), targets);
  await until('all have it', () => minions.every(({ jobs }) => jobs.length === 1));
  t.deepEqual(
    minions.map(({ jobs }) => jobs[0]?.args.arg[0]),
    minions.map((_, i) => `for ${i}`),
  );
});

test('session: frames that the publish port drops are fetched, the last one too', async (t) => {
  const tapped = tap();
  const master = await startMaster(t, { sockets: tapped.sockets });
  const minion = startMinion(t, master);
  await accepted(minion);
  let count = 0;
  tapped.loses = () => ++count % 3 !== 0;
  for (let n = 1; n <= 20; n++) {
    master.link.publish(manifest(), [{ session: master.session('m1'), args: { arg: [n], kwarg: {} } }]);
  }
  await until('every job has come', () => minion.jobs.length === 20);
  t.deepEqual(
    minion.jobs.map(({ args }) => args.arg[0]),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  t.true((master.link.stats()['fetches'] ?? 0) > 0);
});

test('session: one that is full takes no more until its minion has confirmed some, and then there is room', async (t) => {
  const tapped = tap();
  const clock = fakeClock(Date.now());
  const master = await startMaster(t, { sockets: tapped.sockets, clock, limits: { unconfirmedFrames: 2 } });
  const minion = startMinion(t, master);
  await accepted(minion);
  const session = master.session('m1');
  let next = 1;
  const publish = (): void => {
    for (; next <= 6 && !session.isFull; next++)
      master.link.publish(manifest(), [{ session, args: { arg: [next], kwarg: {} } }]);
  };
  // All are dropped, so that each comes by being asked for.
  tapped.loses = () => true;
  publish();
  t.is(next, 3);
  t.is(master.link.stats()['fullSessions'], 1);
  master.link.publish(manifest(), [{ session, args: { arg: ['too many'], kwarg: {} } }]);
  const counted = () => ['publish.full', 'publish.closed'].map((name) => master.link.stats()[name] ?? 0);
  t.deepEqual(counted(), [1, 0]);
  master.link.publish(manifest(), [{ session: { ...session, isFull: false }, args: { arg: ['gone'], kwarg: {} } }]);
  t.deepEqual(counted(), [1, 1], 'a session that is not the one of its minion');
  master.room = publish;
  for (const round of [1, 2, 3]) {
    clock.advance(2000);
    await until('two more have come', () => minion.jobs.length === 2 * round);
    // What it says of itself confirms them.
    minion.link.send({ n: round, kind: 'event', body: {} });
    await until('it is taken', () => minion.acknowledged.at(-1) === round);
  }
  t.deepEqual(
    minion.jobs.map(({ args }) => args.arg[0]),
    [1, 2, 3, 4, 5, 6],
  );
  t.is(master.link.stats()['published'], 6);
  t.is(minion.link.stats()['jobs.missed'] ?? 0, 0);
});

test('session: a frame that only takes its time is not asked for', async (t) => {
  const tapped = tap();
  const clock = fakeClock(Date.now());
  const master = await startMaster(t, { sockets: tapped.sockets, clock });
  const minion = startMinion(t, master);
  await accepted(minion);
  tapped.loses = () => true;
  const publish = () =>
    master.link.publish(manifest(), [{ session: master.session('m1'), args: { arg: [], kwarg: {} } }]);
  publish();
  minion.link.send({ n: 1, kind: 'event', body: {} });
  await until('an acknowledgement has overtaken it', () => minion.acknowledged.at(-1) === 1);
  for (const { topic, frame } of tapped.published) tapped.putPublished(topic, frame);
  await until('it has come', () => minion.jobs.length === 1);
  t.is(minion.link.stats()['fetches'] ?? 0, 0);
  publish();
  clock.advance(2000);
  await until('one that is lost has come, too', () => minion.jobs.length === 2);
  t.is(minion.link.stats()['fetches'], 1);
});

test('session: items sent again are acknowledged again, and are not received twice', async (t) => {
  const master = await startMaster(t);
  const identity = generateIdentity();
  const first = startMinion(t, master, 'm1', { identity });
  await accepted(first);
  const send = ({ link }: typeof first, n: number) => link.send({ n, kind: 'return', body: { n } });
  [1, 2, 3].forEach((n) => send(first, n));
  await until('they are acknowledged', () => first.acknowledged.at(-1) === 3);
  await first.link.stop();
  // Its new process has not heard of the last acknowledgement.
  master.admit = () => ({ act: 'accept', durable: 3 });
  const second = startMinion(t, master, 'm1', { identity, incarnation: 'second', generation: 2 });
  await accepted(second);
  t.deepEqual(second.link.state, { state: 'accept', durable: 3 });
  [1, 2, 3, 4].forEach((n) => send(second, n));
  await until('the new one is acknowledged', () => second.acknowledged.at(-1) === 4);
  t.deepEqual(
    master.items.map(({ item }) => item.n),
    [1, 2, 3, 4],
  );
});

test('session: more items than may be on their way are taken when there is room again', async (t) => {
  const master = await startMaster(t);
  const minion = startMinion(t, master, 'm1', { limits: { window: 10 } });
  await accepted(minion);
  let next = 0;
  const total = 95;
  const pump = (from: number) => {
    for (next = from; next <= total; next++) {
      if (!minion.link.send({ n: next, kind: 'event', body: {} })) return;
    }
  };
  pump(1);
  t.is(next, 11);
  let told = minion.states.length;
  await until('all is received', () => {
    const state = minion.states[told];
    if (state?.state === 'accept') {
      told++;
      pump(state.durable + 1);
    }
    return minion.acknowledged.at(-1) === total;
  });
  t.is(master.items.length, total);
});

test('session: a master that starts again on its ports has its minions back', async (t) => {
  const master = await startMaster(t);
  const minion = startMinion(t, master, 'm1', { limits: { retryFirstMs: 20, retryLongestMs: 100 } });
  await accepted(minion);
  const { ports } = master.link;
  await master.link.stop();
  await until('the loss is noticed', () => minion.link.state.state !== 'accept');
  t.throws(() => master.session('m1'));
  await t.throwsAsync(minion.link.ask('pillar', {}), { code: 'TS_WIRE_NO_SESSION' });
  const again = await startMaster(t, {
    identity: master.identity,
    curve: master.curve,
    publishPort: ports.publish,
    requestPort: ports.request,
  });
  await accepted(minion);
  t.is(again.session('m1').incarnation, 'first');
  t.deepEqual(again.link.ports, ports);
});

test('session: a name that is long in resolving is waited for, and the log says so', async (t) => {
  const master = await startMaster(t);
  const clock = fakeClock();
  const said: string[] = [];
  let resolve = (_addresses: string[]): void => {};
  const minion = startMinion(t, master, 'm1', {
    master: 'master.test',
    lookup: () => new Promise((resolved) => (resolve = resolved)),
    clock,
    log: (_level, message) => void said.push(message),
  });
  await until('the name is looked up', () => clock.waiting > 0);
  clock.advance(60_000);
  t.deepEqual(said, ['the name of the master takes long to resolve']);
  resolve(['127.0.0.1']);
  await accepted(minion);
  t.deepEqual(
    minion.states.map(({ state }) => state),
    ['connecting', 'accept'],
  );
});

/** A TCP relay that can go silent, as a cut cable does. */
async function relay(t: ExecutionContext, port: number) {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => sockets.splice(0).forEach((socket) => socket.unpipe().pause()),
    connections: () => sockets.length / 2,
    kill: () => sockets.splice(0).forEach((socket) => socket.destroy()),
  };
}

test('session: a line gone silent is noticed by both sides, and another one taken', async (t) => {
  const master = await startMaster(t, { limits: { beatMs: 100 } });
  const line = await relay(t, master.link.ports.request);
  const minion = startMinion(t, master, 'm1', { port: line.port, limits: { retryFirstMs: 20, retryLongestMs: 50 } });
  await accepted(minion);
  line.cut();
  await until('the minion notices', () => minion.states.some(({ state }) => state === 'lost'));
  await until('there is another session', () => master.opened.length === 2);
  const lost = minion.states.find((state) => state.state === 'lost');
  t.regex(lost && 'reason' in lost ? lost.reason : '', /nothing was heard of the master/);
  await until('the master noticed too', () => master.closed.length === 1);
});

test('session: jobs published while the publish connection is cut are fetched, and it comes back by itself', async (t) => {
  const tapped = tap();
  const master = await startMaster(t, { sockets: tapped.sockets });
  const line = await relay(t, master.link.ports.publish);
  tapped.publishPort = line.port;
  const minion = startMinion(t, master);
  await accepted(minion);
  line.kill();
  const publish = (n: number) =>
    master.link.publish(manifest(), [{ session: master.session('m1'), args: { arg: [n], kwarg: {} } }]);
  publish(1);
  await until('it has come', () => minion.jobs.length === 1);
  await until('the subscription is back', () => line.connections() > 0);
  for (let n = 2; n <= 20; n++) publish(n);
  await until('all have come', () => minion.jobs.length === 20);
  t.is(master.opened.length, 1, 'all in one session');
});

test('session: what a handler of the master fails on is sent again in another session', async (t) => {
  const master = await startMaster(t, { limits: { beatMs: 100 } });
  const minion = startMinion(t, master, 'm1', { limits: { retryFirstMs: 20 } });
  await accepted(minion);
  const { link } = master;
  const acknowledge = link.acknowledge.bind(link);
  link.acknowledge = () => {
    throw new Error('no space left');
  };
  minion.link.send({ n: 1, kind: 'event', body: { n: 1 } });
  await until('the session is closed', () => master.closed.length === 1);
  t.is(master.closed[0]?.reason, 'the master could not take what it sent');
  link.acknowledge = acknowledge;
  await until('another is open', () => master.opened.length === 2 && minion.link.state.state === 'accept');
  minion.link.send({ n: 1, kind: 'event', body: { n: 1 } });
  await until('it is acknowledged', () => minion.acknowledged.at(-1) === 1);
  t.is(link.stats()['failed'], 1);
});

test('session: a minion that stops, or whose process dies, is gone for the master at once', async (t) => {
  const master = await startMaster(t, { limits: { beatMs: 60_000 } });
  const minion = startMinion(t, master);
  await accepted(minion);
  await minion.link.stop();
  await until('the master knows', () => master.closed.length === 1);
  t.is(master.closed[0]?.reason, 'it has said goodbye');
  const line = await relay(t, master.link.ports.request);
  const other = startMinion(t, master, 'm2', { port: line.port, limits: { retryFirstMs: 60_000 } });
  await accepted(other);
  line.kill();
  await until('the master knows of the other', () => master.closed.length === 2);
  t.is(master.closed[1]?.reason, 'the connection is gone');
});

test('admission: who waits is let in the moment it is accepted, and told every change on the way', async (t) => {
  const master = await startMaster(t);
  const verdicts: Verdict[] = [
    { act: 'pend', reason: 'nobody has accepted it' },
    { act: 'reject', reason: 'an operator said no' },
    { act: 'pend', reason: 'the registry is asked' },
    { act: 'accept', durable: 7 },
  ];
  let at = 0;
  master.admit = () => verdicts[at] ?? { act: 'pend', reason: '' };
  const token = generateToken();
  const minion = startMinion(t, master, 'm1', { token });
  await until('it waits', () => minion.link.state.state === 'pend');
  t.is(master.opened.length, 0);
  t.false(minion.link.send({ n: 1, kind: 'event', body: {} }));
  const id = master.applicants[0]?.id;
  if (!id) return t.fail();
  t.like(master.applicants[0], {
    id: 'm1',
    fingerprint: minion.identity.fingerprint,
    tokenId: token.id,
    generation: 1,
  });
  t.true(master.applicants[0]?.proves(token.secret));
  master.link.reconsider(id);
  while (++at < verdicts.length) {
    master.link.reconsider(id);
    const { act } = verdicts[at] ?? {};
    await until(`it is told: ${act}`, () => minion.link.state.state === act);
  }
  t.deepEqual(
    minion.states.map(({ state }) => state),
    ['connecting', 'pend', 'reject', 'pend', 'accept'],
  );
  t.deepEqual(minion.link.state, { state: 'accept', durable: 7 });
  return t.is(master.link.stats()['handshakes'], 1, 'all on one connection');
});

test('admission: a waiting minion asks again by itself', async (t) => {
  const master = await startMaster(t);
  master.admit = () => ({ act: 'pend', reason: 'not yet' });
  const minion = startMinion(t, master);
  await until('it waits', () => minion.link.state.state === 'pend');
  master.admit = () => ({ act: 'accept', durable: 0 });
  await accepted(minion);
  t.is(master.link.stats()['handshakes'], 1);
});

test('admission: beyond the bound of those that wait the next one is told so, and comes in later', async (t) => {
  const master = await startMaster(t, { limits: { waiting: 2 } });
  master.admit = () => ({ act: 'pend', reason: '' });
  const limits = { retryLongestMs: 50, askAgainMs: 50 };
  const first = ['m1', 'm2'].map((id) => startMinion(t, master, id, { limits }));
  await until('two wait', () => first.every(({ link }) => link.state.state === 'pend'));
  const third = startMinion(t, master, 'm3', { limits });
  await until('the third is turned away', () => third.states.some(({ state }) => state === 'full'));
  master.admit = () => ({ act: 'accept', durable: 0 });
  await Promise.all([...first, third].map(accepted));
  t.is(master.link.stats()['waiting'], 0);
});

test('fencing: of two processes with one key the newer one stays, and the older is told', async (t) => {
  const master = await startMaster(t);
  const identity = generateIdentity();
  const old = startMinion(t, master, 'm1', { identity, generation: 4 });
  await accepted(old);
  const newer = startMinion(t, master, 'm1', { identity, generation: 5, incarnation: 'second' });
  await accepted(newer);
  await until('the older knows', () => old.link.state.state === 'denied');
  t.regex('reason' in old.link.state ? old.link.state.reason : '', /a newer process/);
  const copy = startMinion(t, master, 'm1', { identity, generation: 5, incarnation: 'third' });
  await until('a copy of it is denied', () => copy.link.state.state === 'denied');
  t.is(master.session('m1').incarnation, 'second');
  t.deepEqual(await newer.link.ask('still there', {}), { question: 'still there' });
});

test('questions: an error, a silence and an answer that cannot travel come back as errors', async (t) => {
  const master = await startMaster(t);
  const minion = startMinion(t, master, 'm1', { limits: { questions: 2 } });
  await accepted(minion);
  const asked: MasterSession[] = [];
  master.asked = (session, question) => {
    asked.push(session);
    if (question === 'fails') return Promise.reject(new Error('no such pillar'));
    if (question === 'odd') return Promise.resolve({ a: Number.NaN });
    return question === 'silent' ? new Promise(() => {}) : Promise.resolve({ ok: true });
  };
  await t.throwsAsync(minion.link.ask('fails', {}), {
    code: 'TS_WIRE_ANSWERED',
    message: /'fails' with: no such pillar/,
  });
  await t.throwsAsync(minion.link.ask('odd', {}), { code: 'TS_WIRE_ANSWERED', message: /cannot travel: it\.a is NaN/ });
  const silent = [minion.link.ask('silent', {}, 50), minion.link.ask('silent', {}, 50)];
  const waiting = minion.link.ask('fine', {}, 20_000);
  for (const one of silent) await t.throwsAsync(one, { code: 'TS_WIRE_TIMEOUT', message: /'silent' within 50 ms/ });
  t.deepEqual(await waiting, { ok: true }, 'it had its turn when the others gave up');
  await t.throwsAsync(minion.link.ask('odd', { a: Number.NaN }), { code: 'TS_WIRE_UNFIT' });
  const last = minion.link.ask('silent', {});
  master.link.close(master.session('m1').id, 'the key was deleted');
  await t.throwsAsync(last, { code: 'TS_WIRE_NO_SESSION', message: /the key was deleted/ });
});
