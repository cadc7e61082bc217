import { randomBytes } from 'node:crypto';
import test from 'ava';
import { parseMinionId } from '../../lib/ids.ts';
import { encodeJson } from '../../wire/codec.ts';
import { kinds, readHeader, sealMessage, version } from '../../wire/envelope.ts';
import { MasterHandshake, MinionHandshake } from '../../wire/handshake.ts';
import { claimedNumber } from '../../wire/jobs.ts';
import { generateIdentity, sha256 } from '../../wire/keys.ts';
import { handshake, until } from '../wire/kit.ts';
import { count, raw, rogue, standing, untouched } from './kit.ts';

/* There is one version and one suite: nothing of another one is read, and nothing can be asked for. */

const [master, minion] = [generateIdentity(), generateIdentity()];
const claim = { id: parseMinionId('m1'), incarnation: 'i1', generation: 3, outbox: 'o1' };
const others = Array.from({ length: 256 }, (_, one) => one).filter((one) => one !== version);

/** The frame as if it were of that version. */
function as(frame: Buffer, other: number): Buffer {
  const copy = Buffer.from(frame);
  copy[0] = other;
  return copy;
}

test('downgrade: hello, challenge and proof of any other version, end the handshake before anything of them is read', (t) => {
  const { one, other } = handshake(minion, master);
  const answer = one.answer(other.challenge, claim);
  if ('refused' in answer) return t.fail(answer.refused);
  for (const old of others) {
    t.is(MasterHandshake.begin(as(one.hello, old), master, 0), undefined);
    t.deepEqual(one.answer(as(other.challenge, old), claim), {
      refused: 'its answer is not a challenge of this version',
    });
    t.deepEqual(other.judge(as(answer.proof, old)), { refused: 'malformed' });
  }
  return t.true('channel' in other.judge(answer.proof));
});

test('downgrade: a message of any other version, is none', (t) => {
  const [session, key] = [randomBytes(16), randomBytes(32)];
  const header = { session, counter: 1n, kind: kinds.beat, direction: 'up' } as const;
  const frame = sealMessage(header, key, minion, encodeJson({}));
  const job = sealMessage({ ...header, kind: kinds.job, direction: 'down' }, key, master, encodeJson({}));
  t.not(readHeader(frame), undefined);
  t.is(claimedNumber(job, session), 1n);
  for (const old of others) {
    t.is(readHeader(as(frame, old)), undefined);
    t.is(claimedNumber(as(job, old), session), 'malformed');
  }
});

test('downgrade: a minion that speaks other versions in its session and before, no effect and no answer', async (t) => {
  const { master: theirs, minion: good } = await standing(t);
  const stranger = raw(t, theirs);
  const { hello } = new MinionHandshake(generateIdentity(), sha256(theirs.identity.publicKey));
  for (const old of others) await stranger.send(as(hello, old));
  await until('all are counted', () => count(theirs, 'refused.stranger') >= others.length);
  t.deepEqual(stranger.answers, []);
  const bad = await rogue(t, theirs, 'bad');
  const before = count(theirs, 'refused.malformed');
  const item = bad.channel.seal(kinds.items, { seen: 0, items: [[1, 0, encodeJson({ tag: 'x', data: {} })]] });
  for (const old of others) await bad.send(as(item, old));
  await until('these, too', () => count(theirs, 'refused.malformed') - before >= others.length);
  theirs.applicants.splice(1);
  await untouched(t, theirs, good);
});
