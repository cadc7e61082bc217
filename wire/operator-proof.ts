import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { ed25519PublicKey, sign, verify, type Identity } from './keys.ts';

/*
 * How an operator shows on a local socket that a key is theirs: the master says a number that was never used before, and
 * they sign it together with the path of the socket. It is good on that connection and once; who stands between two
 * sockets can't hand it on, since the paths differ.
 */

/** 32 bytes that nobody can guess. */
export const newChallenge = (): Buffer => randomBytes(32);

export function proveOperator(identity: Identity, socketPath: string, challenge: Buffer): Buffer {
  return sign('operator', identity, challenge, placeOf(socketPath));
}

/** Raises `TS_WIRE_KEY_WEAK` for a public key that proves nothing. */
export function isOperatorProof(publicKey: Buffer, signature: Buffer, socketPath: string, challenge: Buffer): boolean {
  return verify('operator', ed25519PublicKey(publicKey), signature, challenge, placeOf(socketPath));
}

/** The same by whatever links somebody came. */
function placeOf(socketPath: string): Buffer {
  return Buffer.from(realpathSync(socketPath));
}
