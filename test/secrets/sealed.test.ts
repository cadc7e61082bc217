import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { generateCurveKeys, type CurveKeys } from '../../wire/keys.ts';
import { makeSealKey, openerOf, sealKeys } from '../../wire/sealed/keys.ts';
import { formatPublicKey, openSealed, parsePublicKey, readSealed, sealText } from '../../wire/sealed/seal.ts';

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'tsalt-sealed-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('sealed: any text comes out as it went in', (t) => {
  const keys = generateCurveKeys();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      return openSealed(readSealed(sealText(text, keys.publicKey)), keys) === text;
    }),
    { numRuns: 50 },
  );
  t.pass();
});

test('sealed: twice the same text, two sealed texts; texts of a few characters, one length', (t) => {
  const { publicKey } = generateCurveKeys();
  t.not(sealText('hunter2', publicKey), sealText('hunter2', publicKey));
  t.is(sealText('hunter2', publicKey).length, sealText('correct horse battery', publicKey).length);
});

test('sealed: opened by another implementation, from the format that is written down', (t) => {
  const { publicKey, secretKey } = nacl.box.keyPair();
  const written = sealText('hunter2', Buffer.from(publicKey));
  const [version = '', name, body = ''] = written.split('.');
  t.is(name, createHash('sha256').update(publicKey).digest('base64url').slice(0, 8));
  const bytes = Buffer.from(body, 'base64url');
  const ephemeral = bytes.subarray(0, 32);
  const shared = nacl.scalarMult(secretKey, ephemeral);
  // HKDF of RFC 5869, one block of it.
  const extracted = createHmac('sha256', Buffer.concat([ephemeral, publicKey]))
    .update(shared)
    .digest();
  const key = createHmac('sha256', extracted)
    .update(version)
    .update(Buffer.from([1]))
    .digest();
  const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(version), { plaintextLength: 32 });
  decipher.setAuthTag(bytes.subarray(-16));
  const text = Buffer.concat([decipher.update(bytes.subarray(32, -16)), decipher.final()]);
  t.is(text.toString('latin1'), `hunter2\x80${'\0'.repeat(24)}`);
});

test('sealed: a character changed or lost anywhere, an error; never another text', (t) => {
  const keys = generateCurveKeys();
  const sealed = sealText('hunter2', keys.publicKey);
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom('', 'A', 'z', '.', '-'), (at, other) => {
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      if (changed === sealed) return true;
      try {
        openSealed(readSealed(changed), keys);
        return false;
      } catch (thrown) {
        return /^TS_SECRET_(?:DAMAGED|OTHER_VERSION)$/.test((thrown as { code: string }).code);
      }
    }),
  );
  t.pass();
});

test('sealed: a bit changed, and the check made to fit, it does not open', (t) => {
  const keys = generateCurveKeys();
  const { key, ephemeral, body } = readSealed(sealText('hunter2', keys.publicKey));
  for (let at = 0; at < body.length; at++) {
    const other = Buffer.from(body);
    other[at] = (other[at] ?? 0) ^ 1;
    t.throws(() => openSealed({ key, ephemeral, body: other }, keys), { code: 'TS_SECRET_DOES_NOT_OPEN' });
  }
  t.throws(() => openSealed({ key, ephemeral: Buffer.alloc(32), body }, keys), { code: 'TS_SECRET_DOES_NOT_OPEN' });
});

test('sealed: folded over lines, opened', (t) => {
  const keys = generateCurveKeys();
  const folded = sealText('hunter2', keys.publicKey).replace(/.{40}/g, '$&\n    ');
  t.is(openSealed(readSealed(folded), keys), 'hunter2');
});

test('sealed: a public key with a slip in it, refused with what is wrong', (t) => {
  const { publicKey }: CurveKeys = generateCurveKeys();
  const written = formatPublicKey(publicKey);
  t.deepEqual(parsePublicKey(` ${written}\n`), publicKey);
  const other = written.at(20) === 'A' ? 'B' : 'A';
  t.throws(() => parsePublicKey(written.slice(0, 20) + other + written.slice(21)), {
    message: /character of it is wrong/,
  });
  t.throws(() => parsePublicKey('ssh-ed25519 AAAA'), { message: /it begins with/ });
  t.throws(() => sealText('hunter2', Buffer.alloc(32)), { code: 'TS_SECRET_BAD_PUBLIC_KEY' });
});

test('seal keys: the newest seals, all of them open; a key that is not there is named', (t) => {
  const [here, elsewhere] = [folder(t), folder(t)];
  const [first, second] = [makeSealKey(here), makeSealKey(here)];
  t.deepEqual(
    sealKeys(here).map(({ name }) => name),
    [second.name, first.name],
  );
  const open = openerOf([elsewhere, here]);
  for (const { keys } of [first, second]) t.is(open(sealText('hunter2', keys.publicKey)), 'hunter2');
  const other = makeSealKey(elsewhere);
  t.throws(() => openerOf([here])(sealText('hunter2', other.keys.publicKey)), {
    code: 'TS_SECRET_NO_KEY',
    message: new RegExp(`sealed to the key ${other.name}, which is not in ${here}\nhint: there are ${second.name}, `),
  });
  t.throws(() => openerOf([path.join(here, 'none')])(sealText('hunter2', other.keys.publicKey)), {
    message: /hint: 'tsalt pillar key' on the master whose pillar it is shows its keys/,
  });
});

test("seal keys: the file is its owner's alone; one that others may read is refused", (t) => {
  const here = folder(t);
  const { file, keys } = makeSealKey(here);
  t.is(statSync(file).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(here), ['seal-1.pem']);
  chmodSync(file, 0o640);
  t.throws(() => openerOf([here])(sealText('hunter2', keys.publicKey)), { code: 'TS_WIRE_KEY_OPEN' });
});
