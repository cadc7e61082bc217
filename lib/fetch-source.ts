import type { Reading } from './contracts/machine.ts';
import { TsaltError } from './errors/error.ts';

/** The path of a source on the machine itself; undefined for one that is elsewhere. */
export function localSource(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  return url.startsWith('file:///') ? url.slice('file://'.length) : undefined;
}

/** What to say of a source of a kind that can't be fetched; undefined for nothing. */
export function sourceProblem(urls: readonly string[]): string | undefined {
  const odd = urls.find((url) => !url.startsWith('salt://') && localSource(url) === undefined);
  return odd === undefined
    ? undefined
    : `source ${odd} is not supported: a path of the state tree (salt://...) or an absolute path is expected`;
}

/** The bytes of the first source that exists, and which that is; a sentence when there is none. */
export async function fetchSource(
  machine: Reading,
  urls: readonly string[],
): Promise<{ readonly url: string; readonly content: Buffer } | string> {
  for (const url of urls) {
    const content = await fetchOne(machine, url);
    if (content) return { url, content };
  }
  return urls.length === 1
    ? `Source file ${String(urls[0])} not found`
    : `Source file not found, none of: ${urls.join(', ')}`;
}

async function fetchOne(machine: Reading, url: string): Promise<Buffer | undefined> {
  const local = localSource(url);
  if (local !== undefined) return machine.files.follow(local)?.kind === 'file' ? machine.files.read(local) : undefined;
  try {
    return await machine.sources.read(url);
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'TS_STATE_NO_SOURCE') return undefined;
    throw error;
  }
}
