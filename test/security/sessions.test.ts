import test from 'ava';
import { parseMinionId } from '../../lib/ids.ts';
import { encodeJson } from '../../wire/codec.ts';
import { kinds } from '../../wire/envelope.ts';
import { MinionHandshake } from '../../wire/handshake.ts';
import { generateIdentity, sha256 } from '../../wire/keys.ts';
import { parseToken } from '../../wire/token.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { applicant, books } from '../master/books.ts';
import { accepted, manifest, startMinion, until } from '../wire/kit.ts';
import { keysOf, linkOf } from './cluster.ts';
import { count, eavesdrop, raw, rogue, standing } from './kit.ts';

/* What somebody may do is asked when it is done: a word of before is worth nothing once it was taken back. */

test('sessions: a key is deleted, its session ends at once, and the minion waits to be accepted again', async (t) => {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('web1');
  await cluster.exec('web1', 'test.ping');
  await cluster.control.call('key.delete', { match: 'web1' });
  await t.throwsAsync(cluster.exec('web1', 'test.ping'), { code: 'TS_CONTROL_NO_MINION' });
  await eventually(async () => (await linkOf(minion))['state'] === 'pend');
  await eventually(async () => JSON.stringify((await keysOf(cluster))['pending']) === '["web1"]');
  t.like(await keysOf(cluster), { accepted: [] });
  await cluster.control.call('key.accept', { match: 'web1' });
  await cluster.connected('web1');
  // It comes twice: the first time it finds that its outbox is not the one that the master remembers.
  await eventually(async () => (await cluster.exec('web1', 'test.ping', [], 5))[0]?.return === true);
  t.regex(minion.log(), /the master remembers another outbox/);
});

const item = (n: number) => ({ seen: 0, items: [[n, 0, encodeJson({ tag: 'a', data: {} })]] });

test('sessions: taken back between any two messages, the next one has no effect', async (t) => {
  const { master } = await standing(t);
  for (let spoken = 0; spoken < 4; spoken++) {
    const before = master.items.length;
    const bad = await rogue(t, master, `bad${spoken}`);
    for (let n = 1; n <= spoken; n++) await bad.send(bad.channel.seal(kinds.items, item(n)));
    await until('what it said before counts', () => master.items.length === before + spoken);
    master.link.close(parseMinionId(`bad${spoken}`), 'its key was deleted');
    const strangers = count(master, 'refused.stranger');
    const { topic } = bad.channel.keys;
    await bad.send(bad.channel.seal(kinds.items, item(spoken + 1)));
    await bad.send(bad.channel.seal(kinds.question, { id: 1, q: 'pillar', body: encodeJson({}) }));
    await until('these are refused', () => count(master, 'refused.stranger') === strangers + 2);
    const subscriptions = count(master, 'refused.subscription');
    eavesdrop(t, master, topic);
    await until('nor can it listen any more', () => count(master, 'refused.subscription') > subscriptions);
    t.is(master.items.length, before + spoken);
  }
});

test('sessions: a job for a session that is over, is not sent', async (t) => {
  const { master, minion, tapped } = await standing(t);
  const session = master.session('good');
  master.admit = () => ({ act: 'pend', reason: '' });
  master.link.close(session.id, 'its key was rejected');
  const published = tapped.published.length;
  master.link.publish(manifest(), [{ session, args: { arg: ['secret'], kwarg: {} } }]);
  t.is(tapped.published.length, published);
  await until('it waits', () => minion.link.state.state === 'pend');
  t.deepEqual(minion.jobs, []);
});

test('sessions: turned down between its proof and its subscription, it is in no session', async (t) => {
  const { master } = await standing(t);
  const bad = await rogue(t, master, 'bad');
  t.is(master.link.sessions.get(parseMinionId('bad')), undefined);
  master.link.close(parseMinionId('bad'), 'its key was deleted');
  const heard = eavesdrop(t, master, bad.channel.keys.topic);
  await until('the topic is nobody’s', () => count(master, 'refused.subscription') > 0);
  t.is(master.link.sessions.get(parseMinionId('bad')), undefined);
  t.deepEqual(heard, []);
});

test('sessions: a key that is only shown and not held, opens none', async (t) => {
  const { master, minion } = await standing(t);
  const thief = { ...generateIdentity(), publicKey: minion.identity.publicKey };
  const peer = raw(t, master);
  const handshake = new MinionHandshake(thief, sha256(master.identity.publicKey));
  await peer.send(handshake.hello);
  const challenge = await until('a challenge', () => peer.answers[0]);
  const claim = { id: parseMinionId('good'), incarnation: 'x', generation: 99, outbox: 'o' };
  const answer = handshake.answer(challenge, claim);
  await peer.send('proof' in answer ? answer.proof : Buffer.alloc(0));
  await until('it is refused', () => count(master, 'refused.unsigned') === 1);
  t.is(peer.answers.length, 1);
  t.is(master.applicants.length, 1);
  t.is(minion.link.state.state, 'accept');
});

test('sessions: a token expires or is used between asking and being accepted, it counts no more', async (t) => {
  const { keys, tokens, clock } = await books(t);
  const [slow, token] = [applicant('slow', await tokens.issue('slow', 60_000)), await tokens.issue('twice')];
  keys.admit(slow);
  t.is(keys.tokenOf('slow', slow.fingerprint), 'good');
  clock.advance(60_000);
  t.is(keys.tokenOf('slow', slow.fingerprint), 'bad');
  const { id: tokenId } = parseToken(token);
  t.not(tokens.redeem('twice', tokenId, 'aa', 'good'), undefined);
  clock.advance(3_600_000);
  t.is(tokens.redeem('twice', tokenId, 'aa', 'good'), undefined, 'also by who has proved it in time');
});

test('sessions: a minion whose key is rejected in the middle of its questions, is answered none of the later ones', async (t) => {
  const { master } = await standing(t);
  const other = startMinion(t, master, 'other');
  await accepted(other);
  const held: (() => void)[] = [];
  master.asked = (_session, question) => new Promise((resolve) => held.push(() => resolve({ question })));
  const first = other.link.ask('one', {}).catch(() => 'none');
  await until('it is asked', () => held.length === 1);
  master.admit = () => ({ act: 'reject', reason: 'no more' });
  master.link.close(master.session('other').id, 'its key was rejected');
  held[0]?.();
  t.is(await first, 'none');
  await t.throwsAsync(other.link.ask('two', {}));
  t.is(held.length, 1);
});
