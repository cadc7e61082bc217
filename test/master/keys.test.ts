import test from 'ava';
import fc from 'fast-check';
import { parseToken } from '../../wire/token.ts';
import { applicant, books, open } from './books.ts';

test('keys: an unknown applicant waits, and is let in once its key was accepted', async (t) => {
  const { keys, store, seen, minions, events } = await books(t);
  const web = applicant('web1');
  t.like(keys.admit(web), { act: 'pend' });
  t.like(keys.admit(web), { act: 'pend' });
  await store.settled();
  const heard: unknown[] = [];
  keys.onChange((...change) => heard.push([...change, keys.admit(web).act]));
  t.false(await keys.accept('web1', { fingerprint: 'another' }));
  t.true(await keys.accept('web1', { fingerprint: web.fingerprint }));
  t.deepEqual(heard, [['web1', 'accepted', 'pending', 'accept']], 'it is in effect when listeners hear of it');
  t.false(await keys.accept('web1'), 'it waits no more');
  await store.commit([minions.take('web1', 'o1', 7)]);
  t.deepEqual(keys.admit(web), { act: 'accept', durable: 7 });
  t.deepEqual(keys.admit({ ...web, outbox: 'o2' }), { act: 'accept', durable: 0 });
  await store.settled();
  t.deepEqual(seen().slice(0, 3), ['salt/auth pend', 'salt/key accept', 'salt/auth accept']);
  const { _stamp, pub, ...auth } = events[0]?.data ?? {};
  t.deepEqual(auth, { id: 'web1', act: 'pend', result: true, fingerprint: web.fingerprint });
  t.regex(typeof pub === 'string' ? pub : '', /^-----BEGIN PUBLIC KEY-----\n/);
  t.truthy(_stamp);
});

test('keys: a key that is being accepted is not let in before that is on disk', async (t) => {
  const { keys } = await books(t);
  const web = applicant('web1');
  keys.admit(web);
  const accepted = keys.accept('web1');
  t.is(keys.admit(web).act, 'pend');
  await accepted;
  t.is(keys.admit(web).act, 'accept');
});

test('keys: decisions outlive a restart', async (t) => {
  const first = await books(t);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => applicant(id));
  for (const one of [a, b, c, d]) if (one) first.keys.admit(one);
  await first.keys.accept('a');
  await first.keys.reject('b', { reason: 'not ours' });
  await first.keys.accept('d');
  await first.keys.delete('d');
  await first.store.close();

  const again = await open(t, first.directory, first.clock);
  t.deepEqual(
    again.keys.list().map(({ id, state, reason }) => `${id} ${state}: ${reason}`),
    ['a accepted: accepted', 'b rejected: not ours', 'c pending: the key waits to be accepted'],
  );
  t.deepEqual(
    [a, b, c, d].map((one) => one && again.keys.admit(one).act),
    ['accept', 'reject', 'pend', 'pend'],
  );
  t.like(again.keys.stats(), { accepted: 1, rejected: 1, pending: 2 });
});

test('keys: another key for an id that has one is denied, whatever state the first is in', async (t) => {
  const { keys, store } = await books(t);
  const [first, second] = [applicant('web1'), applicant('web1')];
  keys.admit(first);
  t.is(keys.admit(second).act, 'denied');
  await keys.accept('web1');
  t.is(keys.admit(second).act, 'denied');
  t.is(keys.admit(first).act, 'accept');
  await store.settled();
  t.deepEqual(
    keys.list().map(({ state, fingerprint }) => [state, fingerprint]),
    [
      ['accepted', first.fingerprint],
      ['denied', second.fingerprint],
    ],
  );
});

test('keys: a stranger that asked first under the id does not keep out the machine with the token', async (t) => {
  const { keys, tokens } = await books(t);
  const token = await tokens.issue('web1');
  const [stranger, machine] = [applicant('web1'), applicant('web1', token)];
  keys.admit(stranger);
  t.is(keys.tokenOf('web1', stranger.fingerprint), 'missing');
  await keys.reject('web1');
  t.is(keys.admit(machine).act, 'pend');
  t.is(keys.tokenOf('web1', machine.fingerprint), 'good');
  t.is(keys.admit(stranger).act, 'denied');
  t.true(await keys.accept('web1', { fingerprint: machine.fingerprint }));
  t.is(keys.admit(machine).act, 'accept');
});

test('keys: rejected for a while, the key waits again after that while, or at once with its token, or when it is asked anew', async (t) => {
  const { keys, tokens, clock, seen, store } = await books(t);
  const web = applicant('web1');
  const rejectForMinute = () => keys.reject('web1', { reason: 'unknown', forMs: 60_000 });
  const over: string[] = [];
  keys.onOver((id) => over.push(id));
  keys.admit(web);
  await rejectForMinute();
  clock.advance(59_999);
  t.like(keys.admit(web), { act: 'reject', reason: 'unknown' });
  t.deepEqual(over, []);
  clock.advance(1);
  t.deepEqual(over, ['web1'], 'whoever waits at the door is judged anew');
  t.is(keys.admit(web).act, 'pend');

  await rejectForMinute();
  t.true(await keys.askAnew('web1'));
  t.is(keys.admit(web).act, 'pend');

  await rejectForMinute();
  const { id: tokenId, secret } = parseToken(await tokens.issue('web1'));
  t.is(keys.admit({ ...web, tokenId, proves: () => false }).act, 'reject');
  t.is(keys.admit({ ...web, tokenId, proves: (wanted) => wanted.equals(secret) }).act, 'pend');
  await rejectForMinute();

  t.true(await keys.reject('web1', { from: ['rejected'], reason: 'by an operator' }));
  clock.advance(1_000_000);
  t.like(keys.admit(web), { act: 'reject', reason: 'by an operator' });
  t.false(await keys.askAnew('web1'));
  t.false(await keys.reject('web1', { from: ['rejected'] }), 'it is rejected for good already');
  await store.settled();
  t.is(seen().filter((one) => one === 'salt/auth pend').length, 4);
});

test('keys: ids that differ only in case, or would share a Graphite path, do not get in beside each other', async (t) => {
  const { keys } = await books(t);
  const early = applicant('WEB.1');
  keys.admit(applicant('web.1'));
  t.is(keys.admit(early).act, 'pend', 'one that only waits keeps nobody out');
  await keys.accept('web.1');
  await t.throwsAsync(keys.accept('WEB.1'), { code: 'TS_KEY_SHARED_NAME', message: /web\.1.*only in case/ });
  t.like(keys.admit(applicant('Web.1')), { act: 'reject', reason: 'too like web.1: they differ only in case' });
  t.like(keys.admit(applicant('web_1')), { act: 'reject', reason: 'too like web.1: both would be web_1 in Graphite' });
  await keys.delete('web.1');
  t.is(keys.admit(applicant('web_1')).act, 'pend');
  t.true(await keys.accept('web_1'));
});

test('keys: so many wait and no more, and beyond max_minions the master is full', async (t) => {
  const { keys } = await books(t, { maxPending: 2, maxMinions: 1 });
  t.deepEqual(
    ['a', 'b', 'c'].map((id) => keys.admit(applicant(id)).act),
    ['pend', 'pend', 'full'],
  );
  await keys.accept('a');
  await keys.reject('b');
  t.is(keys.admit(applicant('d')).act, 'full');
  t.is(keys.stats().refusedFull, 2);
});

test('keys: whoever asks again and again is an event only now and then', async (t) => {
  const { keys, store, seen, clock } = await books(t);
  const web = applicant('web1');
  for (let i = 0; i < 50; i++) keys.admit(web);
  clock.advance(10_000);
  for (let i = 0; i < 50; i++) keys.admit(web);
  await store.settled();
  t.deepEqual(seen(), ['salt/auth pend', 'salt/auth pend']);
});

test('keys: whatever is asked and decided, at most one key of an id is in, and it was accepted', async (t) => {
  const { keys, store } = await books(t);
  let round = 0;
  const step = fc.record({
    id: fc.constantFrom('a', 'A', 'a.b', 'a_b'),
    who: fc.nat(2),
    act: fc.constantFrom('admit', 'accept', 'reject', 'delete'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const suffix = `-${round++}`;
      const people = new Map<string, ReturnType<typeof applicant>>();
      const accepted = new Map<string, string>();
      for (const { id, who, act } of steps) {
        const name = id + suffix;
        const person = people.get(`${name} ${who}`) ?? applicant(name);
        people.set(`${name} ${who}`, person);
        if (act === 'admit') {
          const isIn = keys.admit(person).act === 'accept';
          t.is(isIn, accepted.get(name) === person.fingerprint);
        } else if (act === 'accept') {
          const { fingerprint } = keys.find(name) ?? {};
          const done = await keys.accept(name).catch(() => false);
          if (done && fingerprint !== undefined) accepted.set(name, fingerprint);
        } else if (act === 'reject')
          await keys.reject(name, { from: ['accepted', 'pending'] }).then((did) => did && accepted.delete(name));
        else await keys.delete(name).then((did) => did && accepted.delete(name));
        await store.settled();
        const lower = [...accepted.keys()].map((each) => each.toLowerCase());
        t.is(new Set(lower).size, lower.length);
        t.is(new Set([...accepted.keys()].map((each) => each.replace('.', '_'))).size, accepted.size);
      }
    }),
    { numRuns: 60 },
  );
});
