import type { FileStep, Reading } from '../contracts/machine.ts';
import { TsaltError } from '../errors/error.ts';
import { fits, type Hash } from './content-hash.ts';
import { copyPath, etagPath, keepSteps } from './source-copies.ts';

/** What was downloaded, or was here already. */
export interface Downloaded {
  readonly url: string;
  readonly content: Buffer;
  /** What keeps a copy of it for the next time. */
  readonly keep?: readonly FileStep[] | undefined;
}

export function isWeb(url: string): boolean {
  return /^https?:\/\//.test(url);
}

export interface DownloadArgs {
  readonly skip_verify: boolean;
  readonly keep_source: boolean;
  readonly verify_ssl: boolean;
  readonly use_etag: boolean;
}

/**
 * What is at a web address: out of the minion's own copies or `old` where one of them is known to be it. A sentence when it
 * can't be had, or when nothing would tell whether it is the right thing: Salt's rule.
 */
export async function download(
  args: DownloadArgs,
  url: string,
  hash: Hash | undefined,
  machine: Reading,
  old?: Buffer,
): Promise<Downloaded | string> {
  if (!hash && !args.skip_verify && !args.use_etag) {
    return `Unable to verify upstream hash of source file ${withoutPassword(url)}, please set source_hash or set skip_verify or use_etag to True`;
  }
  if (hash && old && fits(old, hash)) return { url, content: old };
  const copy = copyPath(machine, url);
  const kept = machine.files.follow(copy)?.kind === 'file' ? machine.files.read(copy) : undefined;
  if (kept && hash && fits(kept, hash)) return { url, content: kept };
  try {
    const etag = args.use_etag && kept ? readEtag(machine, copy) : undefined;
    const answer = await machine.downloads.get(url, { verifyTls: args.verify_ssl, etag });
    if (answer === 'unchanged')
      return kept ? { url, content: kept } : `${withoutPassword(url)} could not be downloaded`;
    const { content } = answer;
    return { url, content, keep: args.keep_source ? keepSteps(copy, content, answer.etag) : undefined };
  } catch (error) {
    if (error instanceof TsaltError) return error.message;
    throw error;
  }
}

function readEtag({ files }: Reading, copy: string): string | undefined {
  const path = etagPath(copy);
  return files.follow(path)?.kind === 'file' ? files.read(path).toString('utf8') : undefined;
}

/** An address as a person may see it. */
export function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/?#]*@/, '$1');
}
