import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { wireErrors } from '../lib/errors/wire.ts';

/** Lets one machine in. Single use and expiry are the master's to keep. */
export interface EnrolmentToken {
  /** Names it in the open: 16 hex digits. */
  readonly id: string;
  /** 32 bytes; is proved, never sent. */
  readonly secret: Buffer;
}

const prefix = 'tstoken1';

export function generateToken(): EnrolmentToken {
  return { id: randomBytes(8).toString('hex'), secret: randomBytes(32) };
}

/** `tstoken1.<id>.<secret>`: the id in hex, the secret in base64url. */
export function formatToken({ id, secret }: EnrolmentToken): string {
  return `${prefix}.${id}.${secret.toString('base64url')}`;
}

/** The one parser of enrolment tokens. Raises `TS_WIRE_BAD_TOKEN`, which never repeats the token. */
export function parseToken(text: string): EnrolmentToken {
  const hint = `expected ${prefix}.<16 hex digits>.<43 characters>`;
  const parts = text.split('.');
  const [name, id = '', secret = ''] = parts;
  if (name !== prefix) throw wireErrors.badToken({ reason: `it does not begin with '${prefix}.'` }, { hint });
  if (parts.length !== 3) throw wireErrors.badToken({ reason: `it has ${parts.length} parts, not 3` }, { hint });
  if (!isTokenId(id)) throw wireErrors.badToken({ reason: 'its second part is not 16 hex digits' }, { hint });
  if (!/^[\w-]{43}$/.test(secret)) {
    throw wireErrors.badToken({ reason: 'its third part is not 43 characters of base64url' }, { hint });
  }
  return { id, secret: Buffer.from(secret, 'base64url') };
}

export function isTokenId(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{16}$/.test(text);
}

const domain = Buffer.from('tsalt/1 token\0');

/** Proof of the secret that is good in this handshake and for this minion key alone. */
export function proveToken(secret: Buffer, transcript: Buffer, minionKey: Buffer): Buffer {
  return createHmac('sha256', secret)
    .update(Buffer.concat([domain, transcript, minionKey]))
    .digest();
}

export function checksToken(secret: Buffer, transcript: Buffer, minionKey: Buffer, proof: Buffer): boolean {
  const right = proveToken(secret, transcript, minionKey);
  return proof.length === right.length && timingSafeEqual(proof, right);
}
