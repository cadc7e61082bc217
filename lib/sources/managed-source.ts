import * as v from 'valibot';
import type { Reading } from '../contracts/machine.ts';
import { hashComplaint, hashInList, parseHash, type Hash } from './content-hash.ts';
import { download, isWeb, withoutPassword, type DownloadArgs } from './download.ts';
import { readHere, sourceProblem, type Found } from './fetch-source.ts';

/** A file to copy from, and the hash it is to have where it has one of its own. */
interface Place {
  readonly url: string;
  readonly hash?: string | undefined;
}

/** `source` as people write it: an address, several of them to try one after the other, each with a hash if so wished. */
export const sourceArg = v.pipe(
  v.union([v.string(), v.array(v.union([v.string(), v.record(v.string(), v.string())]))]),
  v.transform((given) =>
    [given].flat().flatMap((one): Place[] => {
      if (typeof one === 'string') return [{ url: one }];
      return Object.entries(one).map(([url, hash]) => ({ url, hash }));
    }),
  ),
);

/** What is said of a source of `file.managed` and its like beside its address. */
export const sourceArgs = {
  source_hash: v.optional(v.string()),
  source_hash_name: v.optional(v.string()),
  skip_verify: v.optional(v.boolean(), false),
  keep_source: v.optional(v.boolean(), true),
  verify_ssl: v.optional(v.boolean(), true),
  use_etag: v.optional(v.boolean(), false),
};

export interface SourceArgs extends DownloadArgs {
  readonly name: string;
  readonly source?: readonly Place[] | undefined;
  readonly source_hash?: string | undefined;
  readonly source_hash_name?: string | undefined;
}

/** What is wrong with the sources and their hashes as they are written. */
export function sourceComplaint({
  source = [],
  source_hash,
}: Pick<SourceArgs, 'source' | 'source_hash'>): string | undefined {
  const problem = sourceProblem(
    source.map(({ url }) => url),
    { web: true },
  );
  if (problem !== undefined) return problem;
  const hashes = [source_hash, ...source.map(({ hash }) => hash)].filter((hash) => hash !== undefined && hash !== '');
  return hashes.every((hash) => parseHash(hash ?? '') ?? isSource(hash ?? ''))
    ? undefined
    : 'source_hash is a kind and hexadecimal digits, such as sha256=6e34..., or the address of a file with hashes';
}

function isSource(url: string): boolean {
  return sourceProblem([url], { web: true }) === undefined;
}

/** What has to be in the state tree: a source that nothing else can stand in for. */
export function neededSources({ source }: { readonly source?: readonly Place[] | undefined }): string[] {
  return source?.length === 1 ? source.map(({ url }) => url).filter((url) => url.startsWith('salt://')) : [];
}

/**
 * The first of the sources that is there, or a sentence when there is none or it is not the one that was hashed. `keep`: its
 * mode is wanted, too. `old` is what may be it already: then nothing is downloaded.
 */
export async function readSource(
  args: SourceArgs,
  machine: Reading,
  { keep = false, old }: { readonly keep?: boolean; readonly old?: Buffer | undefined } = {},
): Promise<Found | string> {
  const sources = args.source ?? [];
  const reasons: string[] = [];
  for (const place of sources) {
    const { url } = place;
    const hash = await readHash(args, place, machine);
    if (typeof hash === 'string') return hash;
    const found = isWeb(url) ? await download(args, url, hash, machine, old) : await readHere(machine, url, keep);
    if (typeof found === 'string') reasons.push(found);
    else return (hash && hashComplaint(withoutPassword(url), found.content, hash)) ?? found;
  }
  if (sources.length === 1) return reasons[0] ?? '';
  return [
    `Source file not found, none of: ${sources.map(({ url }) => withoutPassword(url)).join(', ')}`,
    ...reasons,
  ].join('\n');
}

/** The hash a source is to have, also out of a file of them; a sentence when it can't be had. */
async function readHash(args: SourceArgs, { url, hash }: Place, machine: Reading): Promise<Hash | string | undefined> {
  const given = hash ?? args.source_hash;
  if (given === undefined || given === '' || args.skip_verify) return undefined;
  const inline = parseHash(given);
  if (inline) return inline;
  const list = isWeb(given)
    ? await download({ ...args, skip_verify: true, keep_source: false }, given, undefined, machine)
    : await readHere(machine, given);
  if (typeof list === 'string') return `Source hash file ${withoutPassword(given)} not found: ${list}`;
  const names = [args.source_hash_name, args.name, url.replace(/[?#].*$/, '')].filter((name) => name !== undefined);
  return (
    hashInList(list.content.toString('utf8'), names) ?? `Source hash file ${withoutPassword(given)} has no hash in it`
  );
}
