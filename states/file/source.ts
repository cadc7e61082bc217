import { createHash } from 'node:crypto';
import type { Reading } from '../../lib/contracts/machine.ts';
import { TsaltError } from '../../lib/errors/error.ts';

/** A file to copy from: its bytes and, where known, its mode. */
export interface Source {
  readonly url: string;
  readonly content: Buffer;
  readonly mode: number | undefined;
}

/** The path of a source on the machine itself; undefined for one of the state tree. */
export function localPath(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  return url.startsWith('file:///') ? url.slice('file://'.length) : undefined;
}

/** What to say of a source that can't be read by its kind. */
export function sourceComplaint(sources: readonly string[]): string | undefined {
  const odd = sources.find((url) => !url.startsWith('salt://') && localPath(url) === undefined);
  return odd === undefined
    ? undefined
    : `source ${odd} is not supported: a path of the state tree (salt://...) or an absolute path is expected`;
}

/** The first of the sources that exists, or a sentence when there is none. `keep`: its mode is wanted, too. */
export async function readSource(
  machine: Reading,
  sources: readonly string[],
  keep: boolean,
): Promise<Source | string> {
  for (const url of sources) {
    const found = await readOne(machine, url, keep);
    if (found) return found;
  }
  return sources.length === 1
    ? `Source file ${String(sources[0])} not found`
    : `Source file not found, none of: ${sources.join(', ')}`;
}

async function readOne(machine: Reading, url: string, keep: boolean): Promise<Source | undefined> {
  const local = localPath(url);
  if (local !== undefined) {
    const facts = machine.files.follow(local);
    return facts?.kind === 'file' ? { url, content: machine.files.read(local), mode: facts.mode } : undefined;
  }
  try {
    const content = machine.sources.read(url);
    const bytes = Buffer.isBuffer(content) ? content : await content;
    return { url, content: bytes, mode: keep ? await machine.sources.mode?.(url) : undefined };
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'TS_STATE_NO_SOURCE') return undefined;
    throw error;
  }
}

const byLength: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

interface Hash {
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

/** What to say when content is not the one that was hashed. */
export function hashComplaint(name: string, content: Buffer, expected: Hash): string | undefined {
  const actual = createHash(expected.kind).update(content).digest('hex');
  return actual === expected.digest
    ? undefined
    : `Specified ${expected.kind} checksum for ${name} (${expected.digest}) does not match actual checksum (${actual})`;
}
