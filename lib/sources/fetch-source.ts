import type { Reading } from '../contracts/machine.ts';
import { TsaltError } from '../errors/error.ts';
import type { Hash } from './content-hash.ts';
import { download, isWeb, withoutPassword, type Downloaded, type DownloadArgs } from './download.ts';

/** The path of a source on the machine itself; undefined for one that is elsewhere. */
export function localSource(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  return url.startsWith('file:///') ? url.slice('file://'.length) : undefined;
}

const usual = 'a path of the state tree (salt://...) or an absolute path is expected';

/**
 * What to say of a source of a kind that can't be fetched; undefined for nothing. `web`: it may be a web address; `https`: where
 * nothing but TLS vouches for what comes from there.
 */
export function sourceProblem(
  urls: readonly string[],
  { web = false }: { readonly web?: boolean | 'https' } = {},
): string | undefined {
  const isOwn = (url: string): boolean => url.startsWith('salt://') || localSource(url) !== undefined;
  const odd = urls.find((url) => !isOwn(url) && !(web !== false && isWeb(url) && !isOpen(url, web)));
  if (odd === undefined) return undefined;
  if (isOpen(odd, web))
    return `source ${withoutPassword(odd)} comes over http://, and so may be anybody's: https:// or a path of the state tree (salt://...) is expected`;
  const expected = web ? 'a path of the state tree (salt://...), an absolute path or a web address is expected' : usual;
  return `source ${withoutPassword(odd)} is not supported: ${expected}`;
}

/** Nothing vouches for what comes over it. */
function isOpen(url: string, web: boolean | 'https'): boolean {
  return web === 'https' && url.startsWith('http://');
}

/** For sources that are used without a hash, as Salt does. */
export const byTls: FromWeb = { skip_verify: true, use_etag: false, keep_source: false, verify_ssl: true };

/** How what is at a web address is downloaded, and the hash it is to have. */
export interface FromWeb extends DownloadArgs {
  readonly hash?: Hash | undefined;
}

/** The bytes of the first source that exists, and which that is; a sentence when there is none. */
export async function fetchSource(
  machine: Reading,
  urls: readonly string[],
  web?: FromWeb,
): Promise<Downloaded | string> {
  const reasons: string[] = [];
  for (const url of urls) {
    const found = web && isWeb(url) ? await download(web, url, web.hash, machine) : await readHere(machine, url);
    if (typeof found !== 'string') return found;
    reasons.push(found);
  }
  if (urls.length === 1) return reasons[0] ?? '';
  return [`Source file not found, none of: ${urls.map(withoutPassword).join(', ')}`, ...(web ? reasons : [])].join(
    '\n',
  );
}

/** What is in the state tree or on the machine itself. */
export interface Found extends Downloaded {
  readonly mode?: number | undefined;
}

/** A source that is no web address; a sentence when it is not there. `keep`: its mode in the state tree is wanted, too. */
export async function readHere(machine: Reading, url: string, keep = false): Promise<Found | string> {
  const missing = `Source file ${url} not found`;
  const local = localSource(url);
  if (local !== undefined) {
    const facts = machine.files.follow(local);
    return facts?.kind === 'file' ? { url, content: machine.files.read(local), mode: facts.mode } : missing;
  }
  try {
    const content = machine.sources.read(url);
    const bytes = Buffer.isBuffer(content) ? content : await content;
    return { url, content: bytes, mode: keep ? await machine.sources.mode?.(url) : undefined };
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'TS_STATE_NO_SOURCE') return missing;
    throw error;
  }
}
