import { randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { parseMinionId } from '../../lib/ids.ts';
import { Channel, type SessionKeys } from '../../wire/channel.ts';
import { encodeJson } from '../../wire/codec.ts';
import { Counters } from '../../wire/counters.ts';
import { headerLength, isSigned, kinds, sealMessage, unseal, unsealMessage } from '../../wire/envelope.ts';
import { MasterHandshake, MinionHandshake } from '../../wire/handshake.ts';
import { Inbox, SeenJobs } from '../../wire/inbox.ts';
import { openJob, signJob } from '../../wire/jobs.ts';
import { ed25519PublicKey, generateIdentity, sha256 } from '../../wire/keys.ts';
import { Outlet } from '../../wire/outlet.ts';
import { generateToken } from '../../wire/token.ts';
import { hashTree, leadsToRoot, leafHash } from '../../wire/tree.ts';
import { Unconfirmed } from '../../wire/unconfirmed.ts';
import { flipped, handshake as begin, manifest } from './kit.ts';

const master = generateIdentity();
const minion = generateIdentity();
const masterKey = ed25519PublicKey(master.publicKey);
const minionKey = ed25519PublicKey(minion.publicKey);

function keys(): SessionKeys {
  return {
    session: randomBytes(16),
    topic: randomBytes(16),
    up: randomBytes(32),
    down: randomBytes(32),
    publish: randomBytes(32),
  };
}

const claim = { id: parseMinionId('m1'), incarnation: 'i1', generation: 3, outbox: 'o1' };

function handshake(self = minion, pinned = master, token = generateToken()) {
  return { ...begin(self, master, pinned), token };
}

test('envelope: a bit flipped anywhere in a message makes it no message', (t) => {
  const [own, session] = [keys(), randomBytes(16)];
  const header = { kind: kinds.items, session, direction: 'up', counter: 7n } as const;
  const frame = sealMessage(header, own.up, minion, Buffer.from('the body'));
  const message = unsealMessage(frame, 7n, own.up);
  if (typeof message === 'string') return t.fail(message);
  t.deepEqual(message.body, Buffer.from('the body'));
  for (let at = 0; at < frame.length; at++) {
    t.is(unsealMessage(flipped(frame, at), 7n, own.up), 'altered', `byte ${at}`);
  }
  for (let end = 0; end < frame.length; end++) t.is(unsealMessage(frame.subarray(0, end), 7n, own.up), 'altered');
  t.is(unsealMessage(frame, 7n, own.down), 'altered', 'another session or direction');
  t.is(unsealMessage(frame, 8n, own.up), 'altered', 'another number');
  t.true(isSigned(message, minionKey));
  t.false(isSigned(message, masterKey), 'somebody else has signed it');
  return t.false(isSigned({ ...message, body: Buffer.from('the bodY') }, minionKey));
});

test('envelope: tweetnacl finds the signature right that is inside a message', (t) => {
  const own = keys();
  const header = { kind: kinds.items, session: own.session, direction: 'up', counter: 1n } as const;
  const body = encodeJson({ a: 1 });
  const frame = sealMessage(header, own.up, minion, body);
  const plain = unseal(own.up, 1n, frame.subarray(0, headerLength), frame.subarray(headerLength));
  const said = Buffer.concat([Buffer.from('tsalt/1 message\0'), frame.subarray(0, headerLength), body]);
  t.true(nacl.sign.detached.verify(said, plain?.subarray(-64) ?? Buffer.alloc(64), minion.publicKey));
});

test('channel: only the peer’s next message is let in; repeats, gaps and strangers have no effect', (t) => {
  const shared = keys();
  const up = new Channel(shared, minion, masterKey, 'up');
  const down = new Channel(shared, master, minionKey, 'down');
  const frames = [1, 2, 3].map((n) => up.seal(kinds.beat, { n }));
  const [first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0)] = frames;
  t.deepEqual(down.open(first), { kind: kinds.beat, body: { n: 1 } });
  t.deepEqual(down.open(first), { refused: 'replayed' });
  t.deepEqual(down.open(third), { refused: 'gap' });
  t.deepEqual(down.open(flipped(second, 30)), { refused: 'altered' });
  t.deepEqual(down.open(second), { kind: kinds.beat, body: { n: 2 } }, 'what was refused has moved nothing');
  t.deepEqual(down.open(third), { kind: kinds.beat, body: { n: 3 } });
  t.deepEqual(up.open(first), { refused: 'foreign' }, 'sent back to where it came from');
  const other = new Channel(keys(), master, minionKey, 'down');
  t.deepEqual(other.open(first), { refused: 'foreign' }, 'of another session');
  t.deepEqual(down.open(Buffer.from('hello')), { refused: 'malformed' });
  const impostor = new Channel(shared, generateIdentity(), masterKey, 'up');
  for (let n = 0; n < 3; n++) impostor.seal(kinds.beat, {});
  t.deepEqual(
    down.open(impostor.seal(kinds.beat, {})),
    { refused: 'unsigned' },
    'the session keys alone are not enough',
  );
  t.deepEqual(down.open(up.seal(kinds.beat, { n: 4 })), { kind: kinds.beat, body: { n: 4 } });
});

test('handshake: both sides end with the same keys, and the master knows whose key it was', (t) => {
  const { one, other, token } = handshake();
  const answer = one.answer(other.challenge, claim, token);
  if ('refused' in answer) return t.fail(answer.refused);
  const proven = other.judge(answer.proof);
  if ('refused' in proven) return t.fail(proven.refused);
  t.is(answer.masterTime, 1_700_000_000_000);
  t.like(proven, { ...claim, tokenId: token.id, publicKey: minion.publicKey });
  t.true(proven.proves(token.secret));
  t.false(proven.proves(generateToken().secret));
  t.deepEqual(proven.channel.keys, answer.channel.keys);
  t.like(proven.channel.open(answer.channel.seal(kinds.beat, { a: 1 })), { body: { a: 1 } });
  t.like(answer.channel.open(proven.channel.seal(kinds.verdict, { b: 2 })), { body: { b: 2 } });
  t.false(other.challenge.includes(master.publicKey), 'identities are never in the open');
  t.false(answer.proof.includes(minion.publicKey));
  return t.false(answer.proof.includes(token.secret));
});

test('handshake: another master, a proof from another handshake or a key of small order are refused', (t) => {
  const wrong = handshake(minion, generateIdentity());
  t.like(wrong.one.answer(wrong.other.challenge, claim), { refused: 'its key is not the one that master_key names' });
  const [a, b] = [handshake(), handshake()];
  const answer = a.one.answer(a.other.challenge, claim);
  if ('refused' in answer) return t.fail(answer.refused);
  t.deepEqual(b.other.judge(answer.proof), { refused: 'altered' });
  t.like(b.one.answer(a.other.challenge, claim), { refused: 'its challenge was altered' });
  const zero = Buffer.from(a.one.hello);
  zero.fill(0, 2, 34);
  return t.is(MasterHandshake.begin(zero, master, 0), undefined, 'a point that leads to no secret');
});

test('handshake: every other message in place of the one that is due is refused', (t) => {
  const { one, other } = handshake();
  const answer = one.answer(other.challenge, claim);
  if ('refused' in answer) return t.fail(answer.refused);
  const all = {
    nothing: Buffer.alloc(0),
    noise: randomBytes(300),
    hello: one.hello,
    challenge: other.challenge,
    proof: answer.proof,
    message: answer.channel.seal(kinds.beat, {}),
  };
  const taken = Object.entries(all).map(([name, frame]) => [
    name,
    MasterHandshake.begin(frame, master, 0) !== undefined,
    !('refused' in new MinionHandshake(minion, sha256(master.publicKey)).answer(frame, claim)),
    !('refused' in one.answer(frame, claim)),
    !('refused' in other.judge(frame)),
  ]);
  return t.deepEqual(taken, [
    ['nothing', false, false, false, false],
    ['noise', false, false, false, false],
    ['hello', true, false, false, false],
    ['challenge', false, false, true, false],
    ['proof', false, false, false, true],
    ['message', false, false, false, false],
  ]);
});

test('handshake: a claim that is not one is refused although its signature is right', (t) => {
  const bad = [
    { id: '../etc' },
    { id: 'a'.repeat(129) },
    { incarnation: '' },
    { incarnation: 'x y' },
    { outbox: 'o'.repeat(65) },
    { generation: -1 },
    { generation: 1.5 },
  ];
  for (const part of bad) {
    const { one, other } = handshake();
    const answer = one.answer(other.challenge, { ...claim, ...part } as typeof claim);
    if ('refused' in answer) return t.fail(answer.refused);
    t.deepEqual(other.judge(answer.proof), { refused: 'undecodable' }, JSON.stringify(part));
  }
  return undefined;
});

test('hash tree: each leaf leads to the root, and nothing else does', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (size, seed) => {
      const leaves = Array.from({ length: size }, (_, i) => leafHash(Buffer.from([i, seed & 255])));
      const tree = hashTree(leaves);
      leaves.forEach((leaf, index) => {
        const path = tree.path(index);
        t.true(leadsToRoot(leaf, index, size, path, tree.root));
        t.false(leadsToRoot(leafHash(Buffer.from('other')), index, size, path, tree.root));
        t.false(leadsToRoot(leaf, index, size, [...path, leaf], tree.root));
        t.false(leadsToRoot(leaf, size, size, path, tree.root));
        if (size > 1) t.false(leadsToRoot(leaf, (index + 1) % size, size, path, tree.root));
        if (path.length > 0) t.false(leadsToRoot(leaf, index, size, path.slice(1), tree.root));
      });
    }),
    { numRuns: 60 },
  );
});

function published(count = 3) {
  const targets = Array.from({ length: count }, () => ({ identity: generateIdentity(), keys: keys() }));
  const job = manifest('cmd.run');
  const signed = signJob(
    job,
    targets.map(({ identity }, i) => ({
      fingerprint: sha256(identity.publicKey),
      args: { arg: [`secret ${i}`], kwarg: {} },
    })),
    master,
  );
  return { job, signed, targets };
}

test('job: each target reads its own arguments, and a bit flipped anywhere makes it no job', (t) => {
  const { job, signed, targets } = published();
  targets.forEach(({ identity, keys: own }, i) => {
    const frame = signed.frame(i, own, 5n);
    t.deepEqual(openJob(frame, own, masterKey, identity.publicKey), {
      number: 5n,
      manifest: job,
      args: { arg: [`secret ${i}`], kwarg: {} },
    });
    t.false(frame.includes('secret'));
    if (i > 0) return;
    for (let at = 0; at < frame.length; at++) {
      t.is(typeof openJob(flipped(frame, at), own, masterKey, identity.publicKey), 'string', `byte ${at}`);
      t.is(typeof openJob(frame.subarray(0, at), own, masterKey, identity.publicKey), 'string', `cut at ${at}`);
    }
  });
});

test('job: one meant for somebody else, for another session or signed by another key is refused', (t) => {
  const { signed, targets } = published();
  const [a, b] = targets;
  if (!a || !b) return t.fail();
  const frame = signed.frame(0, a.keys, 1n);
  t.is(openJob(frame, b.keys, masterKey, b.identity.publicKey), 'foreign');
  t.is(openJob(frame, { ...b.keys, session: a.keys.session }, masterKey, b.identity.publicKey), 'altered');
  t.is(openJob(frame, a.keys, masterKey, b.identity.publicKey), 'unsigned', 'it is not among the targets');
  t.is(openJob(signed.frame(1, a.keys, 1n), a.keys, masterKey, a.identity.publicKey), 'unsigned', 'another target’s');
  return t.is(openJob(frame, a.keys, minionKey, a.identity.publicKey), 'unsigned');
});

test('inbox: frames in any order, repeated and with losses, are delivered once and in order', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (order, from) => {
        const own = keys();
        const frames = Array.from({ length: 12 }, (_, i) =>
          signJob(
            manifest(),
            [{ fingerprint: sha256(minion.publicKey), args: { arg: [i + 1], kwarg: {} } }],
            master,
          ).frame(0, own, BigInt(i + 1)),
        );
        const delivered: unknown[] = [];
        const fetches: number[] = [];
        const inbox = new Inbox({
          keys: own,
          master: masterKey,
          self: minion.publicKey,
          counters: new Counters(),
          deliver: ({ args }) => delivered.push(args.arg[0]),
          fetch: (number) => fetches.push(number),
        });
        for (const number of order) inbox.published(frames[number - 1] ?? Buffer.alloc(0));
        inbox.announced(12);
        const next = fetches.at(-1);
        if (next !== undefined) {
          const start = Math.max(next, from);
          inbox.fetched(start, frames.slice(start - 1), 12);
        }
        t.is(inbox.seen, 12);
        const all = delivered as number[];
        t.deepEqual(
          all,
          [...new Set(all)].sort((a, b) => a - b),
        );
        t.true(all.includes(12), 'the last one');
        t.true(
          order.every((number) => all.includes(number)),
          'all that came',
        );
        if (next === undefined || from <= next) t.is(all.length, 12, 'everything');
      },
    ),
    { numRuns: 30 },
  );
});

test('inbox: a job is begun once in a process, and none after its time', (t) => {
  const seen = new SeenJobs();
  const { jid } = manifest();
  t.is(seen.admit(jid, 1000, 1000), 'expired');
  t.is(seen.admit(jid, 1000, 999), 'new');
  t.is(seen.admit(jid, 1000, 999), 'repeated');
  t.is(seen.admit(jid, 1000, 1001), 'expired');
});

test('unconfirmed: keeps all frames until they are confirmed, and is full by their number or their bytes', (t) => {
  const kept = new Unconfirmed(3, 100);
  for (const size of [10, 20, 30]) {
    t.false(kept.isFull);
    kept.push(Buffer.alloc(size));
  }
  t.true(kept.isFull, 'three are as many as may be');
  t.deepEqual([kept.first, kept.last], [1, 3]);
  t.deepEqual(
    kept.from(1, 30).map((frame) => frame.length),
    [10, 20],
  );
  t.deepEqual(
    kept.from(2, 1).map((frame) => frame.length),
    [20],
    'one at least',
  );
  kept.confirm(2);
  t.deepEqual([kept.first, kept.last, kept.isFull], [3, 3, false]);
  kept.confirm(1);
  t.deepEqual([kept.first, kept.last], [3, 3], 'what was confirmed stays so');
  kept.push(Buffer.alloc(200));
  t.true(kept.isFull, 'bytes count too');
  kept.confirm(4);
  t.deepEqual([kept.first, kept.last, kept.isFull], [5, 4, false]);
});

test('unconfirmed: once full it stays so until half of it is confirmed', (t) => {
  const kept = new Unconfirmed(4, 100);
  for (let n = 1; n <= 4; n++) kept.push(Buffer.alloc(1));
  kept.confirm(1);
  t.true(kept.isFull, 'three of four');
  kept.confirm(2);
  t.false(kept.isFull, 'two of four');
  kept.push(Buffer.alloc(1));
  t.false(kept.isFull, 'three, but it was not full');
  kept.push(Buffer.alloc(97));
  kept.confirm(5);
  t.true(kept.isFull, 'by its bytes');
});

test('outlet: takes items in order up to its window, and says when there is room again', async (t) => {
  const sent: number[] = [];
  const offers: number[] = [];
  const outlet = new Outlet(
    10,
    4,
    (items) => sent.push(...items.map((item) => (Array.isArray(item) ? Number(item[0]) : 0))),
    (acknowledged) => offers.push(acknowledged),
  );
  const take = (n: number) => outlet.take({ n, kind: 'event', body: {} });
  t.deepEqual([10, 11, 12, 12, 13, 14, 15, 16].map(take), [true, true, true, true, true, true, false, false]);
  await Promise.resolve();
  t.deepEqual(sent, [11, 12, 13, 14]);
  t.true(outlet.acknowledged(11));
  t.false(outlet.acknowledged(11), 'told already');
  t.false(outlet.acknowledged(99), 'never sent');
  outlet.offer();
  t.deepEqual(offers, []);
  t.true(outlet.acknowledged(13));
  outlet.offer();
  t.deepEqual(offers, [13]);
  t.deepEqual([14, 15, 16].map(take), [true, true, true]);
});
