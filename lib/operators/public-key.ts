import { parseKeyLine } from '../system/ssh-keys.ts';

/** RFC 8709: the kind and the key, each behind its length in four bytes. */
const before = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32])]);

/** The 32 bytes of an Ed25519 key as OpenSSH writes it (`ssh-ed25519 AAAA... comment`); undefined for anything else. */
export function parsePublicKey(text: string): Buffer | undefined {
  const line = parseKeyLine(text);
  if (line?.enc !== 'ssh-ed25519' || line.options.length > 0) return undefined;
  const bytes = Buffer.from(line.key, 'base64');
  const isWhole = bytes.length === before.length + 32 && bytes.subarray(0, before.length).equals(before);
  return isWhole && bytes.toString('base64') === line.key ? bytes.subarray(before.length) : undefined;
}

/** The line that `parsePublicKey` reads. */
export function publicKeyText(raw: Buffer, comment: string): string {
  return `ssh-ed25519 ${Buffer.concat([before, raw]).toString('base64')} ${comment}`;
}
