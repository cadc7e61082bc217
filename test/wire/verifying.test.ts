import test from 'ava';
import { kinds, type Unsealed } from '../../wire/envelope.ts';
import { ed25519PublicKey, generateIdentity, sign } from '../../wire/keys.ts';
import { Verifying, VerifyingThreads, type Threads } from '../../wire/verifying.ts';
import { until } from './kit.ts';

const peer = generateIdentity();
const signer = ed25519PublicKey(peer.publicKey);

/** The nth message of the peer, or of somebody who poses as it. */
function message(n: number, by = peer): { kind: number; message: Unsealed } {
  const [header, body] = [Buffer.from('header'), Buffer.from(String(n))];
  return { kind: kinds.items, message: { header, body, signature: sign('message', by, header, body) } };
}

/** What is given on, of a peer whose signatures these threads verify. */
function verifying(threads: Threads) {
  const given: string[] = [];
  const one = new Verifying(threads, signer, ({ message: { body } }, signed) => {
    given.push(`${body.toString()} ${signed ? 'signed' : 'unsigned'}`);
  });
  return { given, push: (n: number, by = peer) => one.push(message(n, by)) };
}

/** Threads that take so many signatures, and say when the test has them. */
function threads(room = Infinity) {
  const answers: ((signed: boolean) => void)[] = [];
  const verify: Threads['verify'] = (_message, _signer, done) => answers.length < room && answers.push(done) > 0;
  return { answers, verify };
}

const signed = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index} signed`);

test('verifying: messages are given on in the order they came, whichever thread is first', (t) => {
  const { answers, verify } = threads();
  const { given, push } = verifying({ verify });
  for (const n of [1, 2, 3]) push(n);
  answers[2]?.(true);
  answers[1]?.(false);
  t.deepEqual(given, []);
  answers[0]?.(true);
  t.deepEqual(given, ['1 signed', '2 unsigned', '3 signed']);
});

test('verifying: what the threads have no room for is verified here, and still waits for its turn', (t) => {
  const { answers, verify } = threads(1);
  const { given, push } = verifying({ verify });
  push(1);
  push(2);
  push(3, generateIdentity());
  t.deepEqual(given, []);
  answers[0]?.(true);
  t.deepEqual(given, ['1 signed', '2 signed', '3 unsigned']);
});

test('verifying: threads that hang hold a busy peer up for so many messages, and what they say later changes nothing', (t) => {
  const { answers, verify } = threads(2);
  const { given, push } = verifying({ verify });
  for (let n = 1; n <= 128; n++) push(n);
  t.deepEqual(given, []);
  push(129);
  t.deepEqual(given, signed(1, 129));
  for (const answer of answers) answer(false);
  push(130);
  t.deepEqual(given, signed(1, 130));
});

test('verifying: the real threads find what is signed and what is not', async (t) => {
  const { given, push } = verifying(new VerifyingThreads());
  for (let n = 1; n <= 100; n++) push(n);
  push(101, generateIdentity());
  await until('all are verified', () => given.length === 101);
  t.deepEqual(given, [...signed(1, 100), '101 unsigned']);
});
