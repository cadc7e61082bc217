import { createHash } from 'node:crypto';
import { posix } from 'node:path';

const kinds: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

/** A sum that content has to have. */
export interface ContentHash {
  readonly kind: string;
  readonly digest: string;
}

/** `sha256=...`, `sha256:...` or the digits alone, told by their number; undefined for anything else. */
export function parseContentHash(text: string): ContentHash | undefined {
  const [, kind, digits = ''] = /^(?:(\w+)\s*[=:]\s*)?([0-9a-fA-F]+)$/.exec(text.trim()) ?? [];
  const told = kinds[digits.length];
  return told === undefined || (kind !== undefined && kind.toLowerCase() !== told)
    ? undefined
    : { kind: told, digest: digits.toLowerCase() };
}

/** The sum that a list of sums (of `sha256sum` and its like) has for a file, or the only one in it. */
export function hashFromList(list: string, file: string): ContentHash | undefined {
  const found = list.split('\n').flatMap((line) => {
    const words = line.split(/[\s=()*]+/);
    const hash = words.map(parseContentHash).find((one) => one !== undefined);
    return hash ? [{ hash, isOf: words.some((word) => posix.basename(word) === posix.basename(file)) }] : [];
  });
  return (found.find(({ isOf }) => isOf) ?? (found.length === 1 ? found[0] : undefined))?.hash;
}

export function hasHash(content: Buffer, { kind, digest }: ContentHash): boolean {
  return createHash(kind).update(content).digest('hex') === digest;
}

export const printHash = ({ kind, digest }: ContentHash): string => `${kind}=${digest}`;
