import type { Reading } from './contracts/machine.ts';
import { TsaltError } from './errors/error.ts';

/** What to say of a source that is neither a path of the state tree nor an absolute one; undefined when it is. */
export function treeFileComplaint(url: string): string | undefined {
  return url.startsWith('salt://') || url.startsWith('/')
    ? undefined
    : `source ${url} is not supported: a path of the state tree (salt://...) or an absolute path is expected`;
}

/** The bytes of `salt://path`, or of a file of the machine; undefined when there is none. */
export async function readTreeFile({ files, sources }: Reading, url: string): Promise<Buffer | undefined> {
  if (url.startsWith('/')) return files.follow(url)?.kind === 'file' ? files.read(url) : undefined;
  try {
    return await sources.read(url);
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'TS_STATE_NO_SOURCE') return undefined;
    throw error;
  }
}
