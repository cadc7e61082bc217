import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/*
 * What PostgreSQL keeps of a password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803), or `md5` and
 * the MD5 of password and name. It takes both in place of a password, which then never leaves this process.
 */

const ITERATIONS = 4096;

/** The kept form of a password, made with a salt of 16 random bytes. */
export function scramVerifier(password: string, salt: Buffer, iterations = ITERATIONS): string {
  // PostgreSQL prepares a password like this, too (RFC 4013, as far as it changes anything that people type).
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`;
}

export function md5Verifier(password: string, role: string): string {
  return `md5${createHash('md5').update(`${password}${role}`).digest('hex')}`;
}

/** Whether a text is the kept form of a password, and no password. */
export function isVerifier(text: string): boolean {
  return /^md5[0-9a-f]{32}$/.test(text) || /^SCRAM-SHA-256\$\d+:[\w+/=]+\$[\w+/=]+:[\w+/=]+$/.test(text);
}

/** Whether this password, or its kept form, is what a role has. */
export function fits(password: string, role: string, kept: string): boolean {
  if (isVerifier(password)) return isEqual(password, kept);
  if (kept.startsWith('md5')) return isEqual(md5Verifier(password, role), kept);
  const scram = /^SCRAM-SHA-256\$(\d+):([\w+/=]+)\$/.exec(kept);
  if (!scram) return false;
  return isEqual(scramVerifier(password, Buffer.from(scram[2] ?? '', 'base64'), Number(scram[1])), kept);
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
