import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { sign, signatureLength, verify, verifyLater, type Identity } from './keys.ts';

/*
 * The one form of every message of a session:
 *   header 27 bytes: version, kind, session (16), direction, counter (8, big-endian)
 *   sealed: ChaCha20-Poly1305 of (body, Ed25519 signature over header and body), the header as associated data
 */

export const version = 1;

/** What a message is. Numbers are never used again for something else. */
export const kinds = {
  hello: 1,
  challenge: 2,
  proof: 3,
  verdict: 16,
  ack: 17,
  answer: 18,
  frames: 19,
  beat: 20,
  bye: 21,
  again: 32,
  items: 33,
  question: 34,
  fetch: 35,
  job: 48,
} as const;
export type Kind = (typeof kinds)[keyof typeof kinds];

export const directions = { up: 0, down: 1 } as const;
export type Direction = keyof typeof directions;

export const headerLength = 27;
export const tagLength = 16;
const sessionAt = 2;
const directionAt = 18;
const counterAt = 19;

export interface Header {
  readonly kind: number;
  readonly session: Buffer;
  readonly direction: Direction;
  readonly counter: bigint;
}

export function writeHeader({ kind, session, direction, counter }: Header): Buffer {
  const header = Buffer.alloc(headerLength);
  header[0] = version;
  header[1] = kind;
  session.copy(header, sessionAt, 0, 16);
  header[directionAt] = directions[direction];
  header.writeBigUInt64BE(counter, counterAt);
  return header;
}

/** The header of a frame, or undefined where it has none of this version. */
export function readHeader(frame: Buffer): Header | undefined {
  const direction = frame[directionAt];
  if (frame.length < headerLength || frame[0] !== version || (direction !== 0 && direction !== 1)) return undefined;
  return {
    kind: frame[1] ?? 0,
    session: frame.subarray(sessionAt, directionAt),
    direction: direction === 0 ? 'up' : 'down',
    counter: frame.readBigUInt64BE(counterAt),
  };
}

/** ChaCha20-Poly1305 under a key that seals each counter once. */
export function seal(key: Buffer, counter: bigint, associated: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce(counter), { authTagLength: tagLength });
  cipher.setAAD(associated, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What was sealed, or undefined if a bit of it, of the associated bytes or of the key is another. */
export function unseal(key: Buffer, counter: bigint, associated: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < tagLength) return undefined;
  const end = sealed.length - tagLength;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce(counter), { authTagLength: tagLength });
  decipher.setAAD(associated, { plaintextLength: end });
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}

function nonce(counter: bigint): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(counter, 4);
  return bytes;
}

/** One message: signed by `identity`, sealed by `key`. */
export function sealMessage(header: Header, key: Buffer, identity: Identity, body: Buffer): Buffer {
  const head = writeHeader(header);
  const signature = sign('message', identity, head, body);
  return Buffer.concat([head, seal(key, header.counter, head, Buffer.concat([body, signature]))]);
}

/** A message whose seal was opened: it is of the session, and as it was sent. Whether its sender has signed it is another question. */
export interface Unsealed {
  readonly header: Buffer;
  readonly body: Buffer;
  readonly signature: Buffer;
}

/** What a message's seal holds; else what is not right. */
export function unsealMessage(frame: Buffer, counter: bigint, key: Buffer): Unsealed | 'altered' | 'unsigned' {
  const header = frame.subarray(0, headerLength);
  const plain = unseal(key, counter, header, frame.subarray(headerLength));
  if (plain === undefined) return 'altered';
  const end = plain.length - signatureLength;
  if (end < 0) return 'unsigned';
  return { header, body: plain.subarray(0, end), signature: plain.subarray(end) };
}

/** Whether `signer` has signed it. */
export function isSigned({ header, body, signature }: Unsealed, signer: KeyObject): boolean {
  return verify('message', signer, signature, header, body);
}

/** As `isSigned`, on another thread. */
export function isSignedLater(
  { header, body, signature }: Unsealed,
  signer: KeyObject,
  done: (signed: boolean) => void,
): void {
  verifyLater('message', signer, signature, done, header, body);
}
