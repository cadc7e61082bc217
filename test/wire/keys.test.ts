import { execFileSync } from 'node:child_process';
import { createPrivateKey, diffieHellman } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { TsaltError } from '../../lib/errors/error.ts';
import {
  loadCurveKeys,
  loadIdentity,
  loadOrMakeCurveKeys,
  loadOrMakeIdentity,
  loadOrMakeMasterKeys,
  publicPem,
  saveIdentity,
} from '../../wire/key-files.ts';
import {
  ed25519PublicKey,
  fingerprintOf,
  generateCurveKeys,
  generateIdentity,
  identityFromSeed,
  sign,
  verify,
  x25519PublicKey,
} from '../../wire/keys.ts';
import { formatMasterKey, masterFingerprint, masterKeyOf, parseMasterKey } from '../../wire/master-key.ts';
import { checksToken, formatToken, generateToken, parseToken, proveToken } from '../../wire/token.ts';
import { z85 } from '../../wire/z85.ts';

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'tsalt-keys-'));
  t.teardown(() => rmSync(made, { recursive: true }));
  return made;
}

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

test('keys: node and tweetnacl make the same keys and signatures of the same seed, and accept each other', (t) => {
  fc.assert(
    fc.property(bytes(32), fc.uint8Array({ maxLength: 200 }), (seed, message) => {
      const ours = identityFromSeed(seed);
      const theirs = nacl.sign.keyPair.fromSeed(seed);
      t.deepEqual(ours.publicKey, Buffer.from(theirs.publicKey));
      const said = Buffer.concat([Buffer.from('tsalt/1 message\0'), message]);
      const signature = sign('message', ours, Buffer.from(message));
      t.deepEqual(signature, Buffer.from(nacl.sign.detached(said, theirs.secretKey)));
      t.true(nacl.sign.detached.verify(said, signature, theirs.publicKey));
      t.true(verify('message', ed25519PublicKey(ours.publicKey), signature, Buffer.from(message)));
      t.false(verify('job', ed25519PublicKey(ours.publicKey), signature, Buffer.from(message)), 'for another purpose');
    }),
    { numRuns: 10 },
  );
});

test('keys: node and tweetnacl agree on the CURVE public key and the shared secret', (t) => {
  const a = generateCurveKeys();
  const b = generateCurveKeys();
  t.deepEqual(Buffer.from(nacl.scalarMult.base(a.secretKey)), a.publicKey);
  const jwk = { kty: 'OKP', crv: 'X25519', d: a.secretKey.toString('base64url'), x: a.publicKey.toString('base64url') };
  const ours = diffieHellman({
    privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
    publicKey: x25519PublicKey(b.publicKey),
  });
  t.deepEqual(ours, Buffer.from(nacl.scalarMult(a.secretKey, b.publicKey)));
});

test('keys: made while the garbage collector runs all the time, the process goes on', (t) => {
  const keys = path.resolve(import.meta.dirname, '../../wire/keys.js');
  const program = `import { generateCurveKeys, generateIdentity, x25519PrivateKey } from ${JSON.stringify(keys)};
    for (let i = 0; i < 300; i++) { generateIdentity(); x25519PrivateKey(generateCurveKeys()); }
    console.log('done');`;
  const args = ['--gc-interval=37', '--input-type=module', '--eval', program];
  t.is(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 }), 'done\n');
});

test('keys: a public key of small order, or of another length, is refused', (t) => {
  const weak = [
    '0100000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000080',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ];
  for (const hex of weak) {
    t.throws(
      () => ed25519PublicKey(Buffer.from(hex, 'hex')),
      { instanceOf: TsaltError, code: 'TS_WIRE_KEY_WEAK' },
      hex,
    );
  }
  t.throws(() => ed25519PublicKey(generateIdentity().publicKey.subarray(1)), { code: 'TS_WIRE_KEY_WEAK' });
});

test('key files: what is made is read again, and no bit of the mode lets others see it', (t) => {
  const file = path.join(folder(t), 'pki', 'minion.pem');
  const before = process.umask(0);
  const made = loadOrMakeIdentity(file);
  process.umask(before);
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(statSync(path.dirname(file)).mode & 0o777, 0o700);
  t.is(loadOrMakeIdentity(file).fingerprint, made.fingerprint);
  t.regex(made.fingerprint, /^([0-9a-f]{2}:){31}[0-9a-f]{2}$/);
  t.is(made.fingerprint, fingerprintOf(made.publicKey));
  t.regex(publicPem(made), /^-----BEGIN PUBLIC KEY-----/);
  const curve = path.join(folder(t), 'curve.pem');
  t.deepEqual(loadOrMakeCurveKeys(curve), loadCurveKeys(curve));
});

test("key files: one of a master's two without the other, is no master that its minions would know", (t) => {
  for (const [there, missing] of [
    ['master.pem', 'curve.pem'],
    ['curve.pem', 'master.pem'],
  ] as const) {
    const dir = folder(t);
    const made = loadOrMakeMasterKeys(dir);
    t.deepEqual(loadOrMakeMasterKeys(dir).curve, made.curve);
    t.is(loadOrMakeMasterKeys(dir).identity.fingerprint, made.identity.fingerprint);
    rmSync(path.join(dir, missing));
    const error = t.throws(() => loadOrMakeMasterKeys(dir), { code: 'TS_WIRE_KEY_ALONE' });
    t.true(error?.message.includes(`there is ${path.join(dir, there)}, but no ${missing} beside it`));
    t.deepEqual(readdirSync(dir), [there]);
  }
});

test('key files: a key that is there already is never written over', (t) => {
  const file = path.join(folder(t), 'minion.pem');
  saveIdentity(file, generateIdentity());
  const before = readFileSync(file);
  t.throws(() => saveIdentity(file, generateIdentity()), { code: 'TS_WIRE_KEY_EXISTS' });
  t.deepEqual(readFileSync(file), before);
});

test('key files: a folder that others can write to, refused before a key is made or read there', (t) => {
  const dir = folder(t);
  const file = path.join(dir, 'minion.pem');
  chmodSync(dir, 0o777);
  const open = t.throws(() => loadOrMakeIdentity(file), { code: 'TS_WIRE_FOLDER_OPEN' });
  t.true(open?.message.includes(`chmod go-w ${dir}`));
  t.deepEqual(readdirSync(dir), []);
  chmodSync(dir, 0o1777);
  const shared = t.throws(() => loadOrMakeIdentity(file), { code: 'TS_WIRE_FOLDER_OPEN' });
  t.regex(shared?.message ?? '', /\(mode 01777\)\nhint: keys belong into a directory of your own$/, 'not: chmod /tmp');
  chmodSync(dir, 0o755);
  const made = loadOrMakeIdentity(file);
  chmodSync(dir, 0o775);
  t.throws(() => loadIdentity(file), { code: 'TS_WIRE_FOLDER_OPEN' });
  chmodSync(dir, 0o755);
  t.is(loadIdentity(file).fingerprint, made.fingerprint);
});

test('key files: one that others can read, is damaged, of another kind or a link is refused by its path', (t) => {
  const dir = folder(t);
  const file = path.join(dir, 'minion.pem');
  saveIdentity(file, generateIdentity());
  chmodSync(file, 0o640);
  const open = t.throws(() => loadIdentity(file), { code: 'TS_WIRE_KEY_OPEN' });
  t.true(open?.message.includes(`chmod 600 ${file}`));
  chmodSync(file, 0o600);
  symlinkSync(file, path.join(dir, 'link.pem'));
  t.throws(() => loadIdentity(path.join(dir, 'link.pem')), { code: 'TS_WIRE_KEY_UNREADABLE', message: /link\.pem/ });
  t.throws(() => loadCurveKeys(file), { code: 'TS_WIRE_KEY_CORRUPT', message: /minion\.pem does not hold.*x25519/ });
  truncateSync(file, 60);
  t.throws(() => loadOrMakeIdentity(file), { code: 'TS_WIRE_KEY_CORRUPT', message: /minion\.pem/ });
  writeFileSync(file, '');
  t.throws(() => loadOrMakeIdentity(file), { code: 'TS_WIRE_KEY_CORRUPT' });
  t.throws(() => loadIdentity(path.join(dir, 'none.pem')), { code: 'TS_WIRE_KEY_UNREADABLE', message: /none\.pem/ });
});

test('master_key: what is printed is parsed, and every slip of the hand is told', (t) => {
  const key = masterKeyOf(generateIdentity(), generateCurveKeys());
  const text = formatMasterKey(key);
  t.deepEqual(parseMasterKey(text), key);
  t.regex(text, /^[\w.-]+$/);
  const code = 'TS_WIRE_BAD_MASTER_KEY';
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'x' ? 'y' : 'x';
    t.throws(() => parseMasterKey(text.slice(0, at) + other + text.slice(at + 1)), { code }, `character ${at}`);
    t.throws(() => parseMasterKey(text.slice(0, at)), { code });
  }
  t.throws(() => parseMasterKey(masterFingerprint(key)), { code, message: /fingerprint alone/ });
  t.throws(() => parseMasterKey(`${text}.`), { code, message: /5 parts[^]*expected tsalt1\./ });
});

test('enrolment token: its proof is good for one handshake and one key', (t) => {
  const token = generateToken();
  t.deepEqual(parseToken(formatToken(token)), token);
  const [transcript, key] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const proof = proveToken(token.secret, transcript, key);
  t.true(checksToken(token.secret, transcript, key, proof));
  t.false(checksToken(token.secret, Buffer.alloc(32, 3), key, proof));
  t.false(checksToken(token.secret, transcript, Buffer.alloc(32, 3), proof));
  t.false(checksToken(generateToken().secret, transcript, key, proof));
  t.false(checksToken(token.secret, transcript, key, proof.subarray(1)));
  const error = t.throws(() => parseToken(formatToken(token).slice(0, -1)), { code: 'TS_WIRE_BAD_TOKEN' });
  t.false(error?.message.includes(token.secret.toString('base64url').slice(0, 10)), 'the secret is not repeated');
});

test('z85: the example of ZeroMQ RFC 32', (t) => {
  t.is(z85(Buffer.from('864FD26FB559F75B', 'hex')), 'HelloWorld');
});
