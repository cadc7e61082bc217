import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as signBytes,
  verify as verifyBytes,
  type KeyObject,
} from 'node:crypto';
import { wireErrors } from '../lib/errors/wire.ts';

/** An Ed25519 key pair: who somebody is. */
export interface Identity {
  /** Raw public key, 32 bytes. */
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
  /** SHA-256 of the public key, as colon-separated hex. */
  readonly fingerprint: string;
}

/** The key pair of the outer skin (CURVE, which is X25519): opens the line, and says nothing about who anybody is. */
export interface CurveKeys {
  /** Raw public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** Raw secret key, 32 bytes. */
  readonly secretKey: Buffer;
}

export function generateIdentity(): Identity {
  const { publicKey, secretKey } = generate('ed25519');
  return {
    publicKey,
    privateKey: privateKeyOf('Ed25519', publicKey, secretKey),
    fingerprint: fingerprintOf(publicKey),
  };
}

export function identityOf(privateKey: KeyObject): Identity {
  const publicKey = rawPublic(privateKey);
  return { publicKey, privateKey, fingerprint: fingerprintOf(publicKey) };
}

/** The identity whose Ed25519 seed (32 bytes) this is. */
export function identityFromSeed(seed: Buffer): Identity {
  // RFC 8410: a PKCS#8 wrapper of fixed length around the seed.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return identityOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

export function generateCurveKeys(): CurveKeys {
  return generate('x25519');
}

/**
 * A key pair as raw bytes, 32 each: the ends of both DER forms (RFC 8410). Exporting a `KeyObject` that
 * `generateKeyPairSync` made can lock the process up for good: the export holds the key's lock while it allocates, and a
 * garbage collection in it that frees the job which made the key waits for the same lock. Here no such object is made.
 */
function generate(type: 'ed25519' | 'x25519'): CurveKeys {
  const publicKeyEncoding = { type: 'spki', format: 'der' } as const;
  const privateKeyEncoding = { type: 'pkcs8', format: 'der' } as const;
  // The type is said to be one of the two, for want of a signature for both.
  const made = generateKeyPairSync(type as 'ed25519', { publicKeyEncoding, privateKeyEncoding });
  return { publicKey: made.publicKey.subarray(-32), secretKey: made.privateKey.subarray(-32) };
}

/** The private key that is these raw bytes. */
export function x25519PrivateKey({ publicKey, secretKey }: CurveKeys): KeyObject {
  return privateKeyOf('X25519', publicKey, secretKey);
}

function privateKeyOf(crv: 'Ed25519' | 'X25519', publicKey: Buffer, secretKey: Buffer): KeyObject {
  const [x, d] = [publicKey.toString('base64url'), secretKey.toString('base64url')];
  return createPrivateKey({ key: { kty: 'OKP', crv, x, d }, format: 'jwk' });
}

export function curveKeysOf(privateKey: KeyObject): CurveKeys {
  return { publicKey: rawPublic(privateKey), secretKey: fromJwk(privateKey.export({ format: 'jwk' }).d) };
}

function rawPublic(privateKey: KeyObject): Buffer {
  return fromJwk(createPublicKey(privateKey).export({ format: 'jwk' }).x);
}

function fromJwk(part: string | undefined): Buffer {
  return Buffer.from(part ?? '', 'base64url');
}

/** SHA-256 as colon-separated hex: what people compare. */
export function fingerprintOf(publicKey: Buffer): string {
  return formatFingerprint(sha256(publicKey));
}

export function formatFingerprint(hash: Buffer): string {
  return (hash.toString('hex').match(/../g) ?? []).join(':');
}

export function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** A raw Ed25519 public key as a key to verify with. Raises `TS_WIRE_KEY_WEAK` for anything that is not a safe one. */
export function ed25519PublicKey(raw: Buffer): KeyObject {
  if (raw.length !== 32 || isSmallOrder(raw)) throw wireErrors.keyWeak({ fingerprint: fingerprintOf(raw) });
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
}

export function x25519PublicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' });
}

/**
 * The y coordinates, sign bit cleared, of the points whose order divides 8, in all their encodings: with such a key a
 * signature proves nothing, since one signature fits many messages.
 */
const smallOrder = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

function isSmallOrder(raw: Buffer): boolean {
  const y = Buffer.from(raw);
  y[31] = (y[31] ?? 0) & 0x7f;
  return smallOrder.has(y.toString('hex'));
}

/** What a signature is for: bytes signed for one purpose are no signature for another. */
export type Purpose = 'challenge' | 'proof' | 'message' | 'job' | 'operator';

const domains: Readonly<Record<Purpose, Buffer>> = {
  challenge: Buffer.from('tsalt/1 challenge\0'),
  proof: Buffer.from('tsalt/1 proof\0'),
  message: Buffer.from('tsalt/1 message\0'),
  job: Buffer.from('tsalt/1 job\0'),
  operator: Buffer.from('tsalt/1 operator\0'),
};

export const signatureLength = 64;

/** Ed25519 over the purpose's name and the parts, one after the other. */
export function sign(purpose: Purpose, identity: Identity, ...parts: readonly Buffer[]): Buffer {
  return signBytes(null, Buffer.concat([domains[purpose], ...parts]), identity.privateKey);
}

export function verify(purpose: Purpose, key: KeyObject, signature: Buffer, ...parts: readonly Buffer[]): boolean {
  return verifyBytes(null, Buffer.concat([domains[purpose], ...parts]), key, signature);
}

/** As `verify`, on one of the threads that Node keeps; `done` is called in a later turn. */
export function verifyLater(
  purpose: Purpose,
  key: KeyObject,
  signature: Buffer,
  done: (good: boolean) => void,
  ...parts: readonly Buffer[]
): void {
  const bytes = Buffer.concat([domains[purpose], ...parts]);
  verifyBytes(null, bytes, key, signature, (error, good) => done(!error && good));
}
