import { diffieHellman, hkdfSync } from 'node:crypto';
import { secretErrors } from '../../lib/errors/secrets.ts';
import { seal as sealBytes, tagLength, unseal } from '../envelope.ts';
import { generateCurveKeys, sha256, x25519PrivateKey, x25519PublicKey, type CurveKeys } from '../keys.ts';

/*
 * Text sealed to a master's key, so that whoever has the key's public half can seal and only the master can open:
 *   tsalt-sealed-v1.<key, 8 digits>.<body>.<check, 6 digits>      all in base64url
 *   body: ephemeral X25519 key (32), ChaCha20-Poly1305 of the padded text
 *   key of it: HKDF-SHA256 of the agreement, salted with both public keys, for 'tsalt-sealed-v1'
 * The check is against slips of the hand, where there is no key; with one, a change of any bit is found. The text ends in
 * 0x80 and zeros, up to a multiple of 32 bytes, so that its length says less.
 */

const version = 'tsalt-sealed-v1';
const publicPrefix = 'tsalt-seal1';
const PADDED_TO = 32;

/** A sealed text that is whole, and not open. */
export interface Sealed {
  /** Which key opens it: see `keyName`. */
  readonly key: string;
  readonly ephemeral: Buffer;
  readonly body: Buffer;
}

/** The name of a public key in what is sealed to it: the start of its SHA-256. */
export function keyName(publicKey: Buffer): string {
  return sha256(publicKey).toString('base64url').slice(0, 8);
}

/** The public half of a key as people pass it on: `tsalt-seal1.<43 digits>.<6 digits>`. */
export function formatPublicKey(publicKey: Buffer): string {
  return withCheck(`${publicPrefix}.${publicKey.toString('base64url')}`);
}

/** Raises `TS_SECRET_BAD_PUBLIC_KEY`. */
export function parsePublicKey(written: string): Buffer {
  const text = written.trim();
  const fail = (reason: string) =>
    secretErrors.badPublicKey({ reason }, { hint: "'tsalt pillar key' on the master prints it" });
  const [name = '', key = '', , ...more] = text.split('.');
  if (name !== publicPrefix) throw fail(`it begins with ${JSON.stringify(name.slice(0, 20))}, not '${publicPrefix}.'`);
  if (!/^[\w-]{43}$/.test(key) || more.length > 0)
    throw fail(`it is not ${publicPrefix}.<43 characters>.<6 characters>`);
  if (text !== withCheck(`${name}.${key}`)) throw fail('a character of it is wrong (its check does not fit)');
  return Buffer.from(key, 'base64url');
}

/** Seals a text to a public key. Raises `TS_SECRET_BAD_PUBLIC_KEY` for one that nothing can be sealed to. */
export function sealText(text: string, to: Buffer): string {
  const own = generateCurveKeys();
  const key = agreed(own, to, own.publicKey, to);
  if (!key) throw secretErrors.badPublicKey({ reason: 'it is no point that a key can be agreed on with' });
  const body = sealBytes(key, 0n, Buffer.from(version), padded(Buffer.from(text)));
  return withCheck(`${version}.${keyName(to)}.${Buffer.concat([own.publicKey, body]).toString('base64url')}`);
}

/** Reads what was sealed; white space in it (a folded block) counts for nothing. Raises `TS_SECRET_DAMAGED` and `TS_SECRET_OTHER_VERSION`. */
export function readSealed(written: string): Sealed {
  const text = written.replace(/\s+/g, '');
  const again = { hint: "take it from a copy, or seal the value anew with 'tsalt pillar encrypt'" };
  const [name = '', key = '', body = '', , ...more] = text.split('.');
  if (name !== version) throw secretErrors.otherVersion({ version: name.slice(0, 30) }, again);
  if (!/^[\w-]{8}$/.test(key) || !/^[\w-]+$/.test(body) || more.length > 0)
    throw secretErrors.damaged({ reason: `it is not ${version}.<8 characters>.<text>.<6 characters>` }, again);
  if (text !== withCheck(`${name}.${key}.${body}`))
    throw secretErrors.damaged({ reason: 'a character of it is wrong, or missing (its check does not fit)' }, again);
  const bytes = Buffer.from(body, 'base64url');
  if (bytes.length < 32 + tagLength + PADDED_TO) throw secretErrors.damaged({ reason: 'it is too short' }, again);
  return { key, ephemeral: bytes.subarray(0, 32), body: bytes.subarray(32) };
}

/** Opens what was sealed to this key. Raises `TS_SECRET_DOES_NOT_OPEN`. */
export function openSealed({ key, ephemeral, body }: Sealed, keys: CurveKeys): string {
  const agreement = agreed(keys, ephemeral, ephemeral, keys.publicKey);
  const text = agreement && unpadded(unseal(agreement, 0n, Buffer.from(version), body));
  if (text) return text.toString('utf8');
  throw secretErrors.doesNotOpen({ key }, { hint: "seal the value anew with 'tsalt pillar encrypt'" });
}

/** Undefined for a public key that leads to no secret (a point of small order). */
function agreed(own: CurveKeys, peer: Buffer, ephemeral: Buffer, recipient: Buffer): Buffer | undefined {
  let shared: Buffer;
  try {
    shared = diffieHellman({ privateKey: x25519PrivateKey(own), publicKey: x25519PublicKey(peer) });
  } catch {
    return undefined;
  }
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([ephemeral, recipient]), version, 32));
}

function padded(text: Buffer): Buffer {
  const zeros = PADDED_TO - 1 - (text.length % PADDED_TO);
  return Buffer.concat([text, Buffer.from([0x80]), Buffer.alloc(zeros)]);
}

function unpadded(text: Buffer | undefined): Buffer | undefined {
  const end = text?.lastIndexOf(0x80) ?? -1;
  return end < 0 ? undefined : text?.subarray(0, end);
}

function withCheck(text: string): string {
  return `${text}.${sha256(Buffer.from(text)).toString('base64url').slice(0, 6)}`;
}
