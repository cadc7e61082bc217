import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import test from 'ava';
import { parseMinionId } from '../../lib/ids.ts';
import { Channel } from '../../wire/channel.ts';
import { encodeJson } from '../../wire/codec.ts';
import { kinds } from '../../wire/envelope.ts';
import { MasterHandshake } from '../../wire/handshake.ts';
import { ed25519PublicKey, generateCurveKeys, generateIdentity } from '../../wire/keys.ts';
import { flipped, handshake, startMaster, startMinion, until, type TestMinion } from '../wire/kit.ts';
import { count, rogue, standing, untouched } from './kit.ts';

/* Who sits on the path can cut it, and nothing else. */

const [master, minion] = [generateIdentity(), generateIdentity()];
const claim = { id: parseMinionId('m1'), incarnation: 'i1', generation: 3, outbox: 'o1' };

test('man in the middle: altered copies before each message and repeats after it change nothing', async (t) => {
  const { tapped, master, minion } = await standing(t);
  tapped.becomes = (frame) => {
    const altered = Array.from({ length: 20 }, (_, i) => {
      const copy = Buffer.from(frame);
      const at = (i * 31) % frame.length;
      copy[at] = (copy[at] ?? 0) ^ (1 << (i % 8));
      return copy;
    });
    return [...altered, frame, frame, frame.subarray(0, -1)];
  };
  const before = tapped.up.length;
  for (let i = 0; i < 10; i++) t.deepEqual(await minion.link.ask('ping', { i }), { question: 'ping', i });
  const frames = tapped.up.length - before;
  t.true(count(master, 'refused.altered') >= frames * 10);
  t.true(count(master, 'refused.replayed') >= frames * 2);
  tapped.putUp('nobody', tapped.up.at(-1)?.frame ?? Buffer.alloc(0));
  t.is(count(master, 'refused.stranger'), 1);
  tapped.becomes = (frame) => [frame];
  await untouched(t, master, minion);
});

test('man in the middle: a minion with another CURVE key or another fingerprint goes no further, and says why', async (t) => {
  const master = await startMaster(t);
  const limits = { retryFirstMs: 20, retryLongestMs: 50, handshakeMs: 2000 };
  const reason = async (minion: TestMinion) => {
    const lost = await until('it gives up', () => minion.states.find(({ state }) => state === 'lost'));
    return 'reason' in lost ? lost.reason : '';
  };
  const noCurve = startMinion(t, { ...master, curve: generateCurveKeys() }, 'm1', { limits });
  t.is(await reason(noCurve), 'there is no master there that holds the key in master_key');
  const noIdentity = startMinion(t, { ...master, identity: generateIdentity() }, 'm1', { limits });
  t.regex(await reason(noIdentity), /its key is not the one that master_key names/);
  t.true((noIdentity.link.stats()['refused.master'] ?? 0) > 0);
  await until('they keep trying', () => (noIdentity.link.stats()['attempts'] ?? 0) > 2);
  const nobody = startMinion(t, master, 'm1', { limits, port: 1 });
  t.is(await reason(nobody), 'the master cannot be reached');
  const mute = createServer().listen(0, '127.0.0.1');
  t.teardown(() => void mute.close());
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  const unanswered = startMinion(t, master, 'm1', { limits: { ...limits, handshakeMs: 60_000 }, port });
  t.is(await reason(unanswered), 'the master does not answer');
  t.is(master.applicants.length, 0);
});

test('man in the middle: a bit flipped anywhere in any message of a handshake ends it', (t) => {
  const { one, other } = handshake(minion, master);
  for (let at = 0; at < other.challenge.length; at++) {
    t.true('refused' in one.answer(flipped(other.challenge, at), claim), `challenge, byte ${at}`);
  }
  const answer = one.answer(other.challenge, claim);
  if ('refused' in answer) return t.fail(answer.refused);
  for (let at = 0; at < answer.proof.length; at++) {
    t.true('refused' in other.judge(flipped(answer.proof, at)), `proof, byte ${at}`);
  }
  for (let at = 0; at < one.hello.length; at++) {
    const altered = MasterHandshake.begin(flipped(one.hello, at), master, 0);
    if (!altered) continue;
    t.true('refused' in one.answer(altered.challenge, claim), `hello, byte ${at}`);
  }
  return undefined;
});

test('man in the middle: who ends the key agreement on both sides, has neither key to sign with', (t) => {
  const [middle, { one, other }] = [generateIdentity(), handshake(minion, master)];
  // Towards the minion: the middle's own challenge, signed by a key that is not pinned.
  const own = MasterHandshake.begin(one.hello, middle, 0);
  t.like(one.answer(own?.challenge ?? Buffer.alloc(0), claim), {
    refused: 'its key is not the one that master_key names',
  });
  // It shows the master's public key, and signs with what it has.
  const posing = MasterHandshake.begin(one.hello, { ...middle, publicKey: master.publicKey }, 0);
  t.like(one.answer(posing?.challenge ?? Buffer.alloc(0), claim), { refused: 'its signature is wrong' });
  // Towards the master: the minion's public key, another one's signature.
  const impostor = handshake({ ...middle, publicKey: minion.publicKey }, master);
  const answer = impostor.one.answer(impostor.other.challenge, claim);
  t.deepEqual('proof' in answer && impostor.other.judge(answer.proof), { refused: 'unsigned' });
  // What the minion proves in another handshake is of no use in this one.
  const elsewhere = handshake(minion, master);
  const proof = elsewhere.one.answer(elsewhere.other.challenge, claim);
  t.deepEqual('proof' in proof && other.judge(proof.proof), { refused: 'altered' });
});

test('man in the middle: who has stolen the keys of a session, signs nothing with them', (t) => {
  const { one, other } = handshake(minion, master);
  const answer = one.answer(other.challenge, claim);
  if ('refused' in answer) return t.fail(answer.refused);
  const proven = other.judge(answer.proof);
  if ('refused' in proven) return t.fail(proven.refused);
  const thief = generateIdentity();
  const up = new Channel(answer.channel.keys, thief, ed25519PublicKey(master.publicKey), 'up');
  const down = new Channel(answer.channel.keys, thief, ed25519PublicKey(minion.publicKey), 'down');
  t.deepEqual(proven.channel.open(up.seal(kinds.items, {})), { refused: 'unsigned' });
  return t.deepEqual(answer.channel.open(down.seal(kinds.bye, {})), { refused: 'unsigned' });
});

test('man in the middle: who has stolen the keys of a session and speaks to the master, ends it and does nothing else', async (t) => {
  const { master } = await standing(t);
  const bad = await rogue(t, master, 'bad');
  const thief = new Channel(bad.channel.keys, generateIdentity(), ed25519PublicKey(master.identity.publicKey), 'up');
  const said = { seen: 0, items: [[1, 0, encodeJson({ tag: 'a', data: {} })]] };
  await bad.send(thief.seal(kinds.items, said));
  await bad.send(thief.seal(kinds.items, said));
  await until('it is refused', () => count(master, 'refused.unsigned') === 1);
  await bad.send(Buffer.from('anything'));
  await until('its connection is nobody’s', () => count(master, 'refused.stranger') >= 1);
  t.deepEqual(master.items, []);
});

test('man in the middle: whatever comes down, the minion does not end', async (t) => {
  const { tapped, master: theirs, minion: own } = await standing(t);
  const route = tapped.up.at(-1)?.route ?? '';
  const frames = tapped.down.map(({ frame }) => frame);
  const refused = () =>
    Object.entries(own.link.stats()).reduce((sum, [name, n]) => sum + (name.startsWith('refused.') ? n : 0), 0);
  let sent = 0;
  for (const frame of frames) {
    for (let at = 0; at < frame.length; at += 7) {
      tapped.putDown(route, flipped(frame, at));
      sent++;
    }
    for (let end = 1; end < frame.length; end += 31) {
      tapped.putDown(route, frame.subarray(0, end));
      sent++;
    }
  }
  await until('all are refused', () => refused() >= sent);
  await untouched(t, theirs, own);
});
