import { posix } from 'node:path';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { armored, binaryKey, certificatesOf, isOfId } from '../../lib/packages/openpgp.ts';
import { byTls, fetchSource, sourceProblem } from '../../lib/sources/fetch-source.ts';
import type { Source } from './source.ts';

export interface KeyArgs {
  readonly key_url?: string | undefined;
  readonly key_text?: string | undefined;
  readonly keyid?: readonly string[] | undefined;
  readonly keyserver?: string | undefined;
}

/** A keyring, and what has to be done so that it holds the key that is asked for. */
export interface KeyFacts {
  readonly path: string;
  readonly steps: readonly Step[];
}

const gpgHome = '/run/tsalt-keys';

/**
 * The keyring that a source is checked with, and the steps that bring the key into it; undefined when no key is asked
 * for; a sentence when it can't be had.
 */
export async function readKey(args: KeyArgs, source: Source, machine: Reading): Promise<KeyFacts | string | undefined> {
  const { key_url: url, key_text: text, keyid } = args;
  if (url === undefined && text === undefined && keyid === undefined) return undefined;
  // It may also name a key by its fingerprint, or hold one.
  const signedBy = source.options['signed-by']?.find((value) => value.startsWith('/'));
  if (keyid) return readKeyOfServer(args, signedBy ?? sharedKeyring(source), machine);
  const path = signedBy ?? sharedKeyring(source);
  // What was fetched once is not fetched at each run.
  if (url !== undefined && !isOwn(url) && machine.files.follow(path)?.kind === 'file') return { path, steps: [] };
  const found = text === undefined ? await fetchSource(machine, [url ?? ''], byTls) : Buffer.from(text);
  if (typeof found === 'string') return `The key can't be had: ${found}`;
  const key = binaryKey('content' in found ? found.content : found);
  if (!key) return `${text === undefined ? url : "'key_text'"} is no OpenPGP public key`;
  const content = path.endsWith('.asc') ? armored(key) : key;
  const there = machine.files.follow(path)?.kind === 'file' ? binaryKey(machine.files.read(path)) : undefined;
  return { path, steps: there?.equals(key) === true ? [] : writeKeyring(path, content, machine) };
}

/** What to say of a key's address that it can't be had from; undefined for nothing. Nothing but TLS vouches for a key. */
export function keyProblem(url: string): string | undefined {
  if (url.startsWith('https://')) return undefined;
  return url.startsWith('http://')
    ? "a key that comes over http:// may be anybody's: https:// or a path of the state tree (salt://...) is expected"
    : sourceProblem([url], { web: true });
}

/** A file of the state tree or of this machine: looking at it costs nothing. */
const isOwn = (url: string): boolean => url.startsWith('salt://') || url.startsWith('/') || url.startsWith('file:');

/** Where apt looks for keys of sources that name none. */
function sharedKeyring({ uri }: Source): string {
  const name = uri.replace(/^[a-z+]+:\/*/, '').replace(/[^A-Za-z0-9.-]+/g, '-');
  return `/etc/apt/trusted.gpg.d/${name.replace(/^[-.]+|[-.]+$/g, '')}.gpg`;
}

function writeKeyring(path: string, content: Buffer, machine: Reading): Step[] {
  const folder = posix.dirname(path);
  return [
    ...(machine.files.follow(folder) ? [] : [{ do: 'mkdir', path: folder, parents: true, mode: 0o755 } as const]),
    // apt reads it as a user of its own.
    { do: 'write', path, content, mode: 0o644 },
  ];
}

function readKeyOfServer(
  { keyid: ids = [], keyserver = '' }: KeyArgs,
  path: string,
  machine: Reading,
): KeyFacts | string {
  const there = machine.files.follow(path)?.kind === 'file' ? binaryKey(machine.files.read(path)) : undefined;
  const certificates = (there && certificatesOf(there)) ?? [];
  if (ids.every((id) => certificates.some((certificate) => isOfId(certificate, id)))) return { path, steps: [] };
  const missing = ['gpg', 'dirmngr'].find((program) => !machine.files.follow(`/usr/bin/${program}`));
  if (missing !== undefined)
    return `A key of a key server takes ${missing}: install the package of that name, or give the key with 'key_url'`;
  const gpg = ['gpg', '--batch', '--no-tty', '--homedir', gpgHome];
  const content = Buffer.alloc(0);
  return {
    path,
    steps: [
      { do: 'remove', path: gpgHome },
      { do: 'mkdir', path: gpgHome, mode: 0o700 },
      { do: 'run', command: { argv: [...gpg, '--keyserver', keyserver, '--recv-keys', ...ids] }, must: true },
      ...writeKeyring(path, content, machine),
      {
        do: 'run',
        command: {
          argv: [...gpg, '--yes', ...(path.endsWith('.asc') ? ['--armor'] : []), '--output', path, '--export', ...ids],
        },
        must: true,
      },
      { do: 'remove', path: gpgHome },
    ],
  };
}

/** The steps that take a key out of the keyrings that this source or all sources are checked with. */
export function removeKey(id: string, sources: readonly Source[], machine: Reading): Step[] {
  const folder = '/etc/apt/trusted.gpg.d';
  const shared = machine.files.follow(folder) ? machine.files.list(folder).map((name) => `${folder}/${name}`) : [];
  const own = sources.flatMap(({ options }) => options['signed-by'] ?? []).filter((path) => path.startsWith('/'));
  return [...new Set([...own, ...shared])].flatMap((path): Step[] => {
    if (machine.files.follow(path)?.kind !== 'file') return [];
    const certificates = certificatesOf(binaryKey(machine.files.read(path)) ?? Buffer.alloc(0)) ?? [];
    const left = certificates.filter((certificate) => !isOfId(certificate, id));
    if (left.length === certificates.length) return [];
    if (left.length === 0) return [{ do: 'remove', path }];
    const content = Buffer.concat(left.map(({ bytes }) => bytes));
    return [{ do: 'write', path, content: path.endsWith('.asc') ? armored(content) : content }];
  });
}
