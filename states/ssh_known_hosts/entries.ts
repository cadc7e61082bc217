import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { JsonMap } from '../../lib/json.ts';
import { keyKind } from '../../lib/system/ssh-keys.ts';

/* Lines of a known_hosts file, as sshd(8) tells of them under SSH_KNOWN_HOSTS FILE FORMAT. */

export interface HostKey {
  /** As it stands in the file: a name, `[name]:port`, a list of them, or a hash. */
  readonly hostname: string;
  readonly enc: string;
  readonly key: string;
}

/** Undefined for comments, blank lines, and lines with a marker (`@revoked`), which are nobody's key. */
export function parseHostKey(line: string): HostKey | undefined {
  const [hostname, enc, key] = line.trim().split(/\s+/);
  if (!hostname || !enc || !key || /^[#@]/.test(hostname) || keyKind(enc) !== enc) return undefined;
  return { hostname, enc, key };
}

export function hostKeyText({ hostname, enc, key }: HostKey): string {
  return `${hostname} ${enc} ${key}`;
}

/** What stands for a host in the file: its name, with the port where that is not 22. */
export function hostPattern(name: string, port: number | undefined): string {
  return port === undefined || port === 22 ? name : `[${name}]:${port}`;
}

/** Whether a line's hosts are, or have among them, this one. */
export function isOfHost({ hostname }: HostKey, pattern: string): boolean {
  const [, mark, salt, hash] = hostname.split('|');
  if (hostname.startsWith('|') && mark === '1' && salt && hash) {
    const expected = Buffer.from(hash, 'base64');
    const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(pattern).digest();
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  }
  return hostname.split(',').some((name) => name.toLowerCase() === pattern.toLowerCase());
}

/** A host's name hashed, so that whoever reads the file does not learn it. `salt` are 20 random bytes. */
export function hashedHost(pattern: string, salt: Buffer): string {
  const hash = createHmac('sha1', salt).update(pattern).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

/** Takes a host's name from a line; undefined when no other is left. */
export function withoutHost(entry: HostKey, pattern: string): HostKey | undefined {
  const others = entry.hostname.startsWith('|')
    ? []
    : entry.hostname.split(',').filter((name) => name.toLowerCase() !== pattern.toLowerCase());
  return others.length === 0 ? undefined : { ...entry, hostname: others.join(',') };
}

/** The hash of a key in Salt's way: hexadecimal digits in pairs. */
function fingerprint(key: string, kind: string): string {
  const digits = createHash(kind).update(Buffer.from(key, 'base64')).digest('hex');
  return digits.match(/../g)?.join(':') ?? digits;
}

const kinds: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 96: 'sha384', 128: 'sha512' };

/** Whether a fingerprint can be one: hexadecimal digits, or as ssh-keygen prints it (`SHA256:...`, `MD5:aa:bb`). */
export function isFingerprint(text: string): boolean {
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(text)) return true;
  const digits = hexDigits(text);
  return /^[0-9a-f]+$/.test(digits) && kinds[digits.length] !== undefined;
}

export function hasFingerprint({ key }: HostKey, text: string): boolean {
  if (text.startsWith('SHA256:')) {
    const actual = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
    return actual.replace(/=+$/, '') === text.slice('SHA256:'.length);
  }
  const digits = hexDigits(text);
  const kind = kinds[digits.length];
  return kind !== undefined && hexDigits(fingerprint(key, kind)) === digits;
}

const hexDigits = (text: string): string => text.replace(/^MD5:/i, '').replaceAll(':', '').toLowerCase();

/** A host's key as Salt reports it. */
export function describeHostKey({ hostname, enc, key }: HostKey): JsonMap {
  return { hostname, enc, key, fingerprint: fingerprint(key, 'sha256') };
}
