import { createHash } from 'node:crypto';
import { posix } from 'node:path';

const byLength: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

export interface Hash {
  readonly kind: string;
  readonly digest: string;
}

/** `sha256=...`, `sha256:...` or the digits alone, told by their number; undefined for anything else. */
export function parseHash(text: string): Hash | undefined {
  const [, kind, digest = ''] =
    /^(?:(md5|sha1|sha224|sha256|sha384|sha512)\s*[=:]\s*)?([0-9a-fA-F]+)$/.exec(text.trim()) ?? [];
  const told = byLength[digest.length];
  return told === undefined || (kind !== undefined && kind !== told)
    ? undefined
    : { kind: told, digest: digest.toLowerCase() };
}

/** Hexadecimal digits of content's hash. */
export function digestOf(kind: string, content: Buffer): string {
  return createHash(kind).update(content).digest('hex');
}

export function fits(content: Buffer, { kind, digest }: Hash): boolean {
  return digestOf(kind, content) === digest;
}

/** What to say when content is not the one that was hashed. */
export function hashComplaint(name: string, content: Buffer, expected: Hash): string | undefined {
  const actual = digestOf(expected.kind, content);
  return actual === expected.digest
    ? undefined
    : `Specified ${expected.kind} checksum for ${name} (${expected.digest}) does not match actual checksum (${actual})`;
}

/**
 * The hash in a list of them (`sha256sum`'s lines, BSD's, those of a Debian source) that is meant for a file: the first of
 * `names` that a line is about counts, and where no line is about any, the first hash of the list. Salt's rules for
 * `source_hash`; undefined when there is no hash at all.
 */
export function hashInList(text: string, names: readonly string[]): Hash | undefined {
  const lines = text.split('\n').flatMap((line) => {
    const hashes = line.match(/(?<![a-z0-9])[a-f0-9]{32,128}(?![a-z0-9])/gi) ?? [];
    const hash = hashes.map(parseHash).find((one) => one !== undefined);
    return hash ? [{ line: line.trim(), hash }] : [];
  });
  for (const name of names) {
    const found = lines.find(({ line }) => isAbout(line, name));
    if (found) return found.hash;
  }
  return lines[0]?.hash;
}

/** Whether a line ends in the file's name (a path may stand before it), begins with it, or has it in brackets. */
function isAbout(line: string, name: string): boolean {
  const plain = posix.basename(name);
  if (line.endsWith(plain) && /[\s/\\*]/.test(line.at(-plain.length - 1) ?? '')) return true;
  return line.includes(`(${plain})`) || [name, plain].some((one) => line.startsWith(`${one} `));
}

export const printHash = ({ kind, digest }: Hash): string => `${kind}=${digest}`;
