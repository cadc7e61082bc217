import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { parseHash } from '../../lib/sources/content-hash.ts';
import { sourceProblem } from '../../lib/sources/fetch-source.ts';

export const args = v.strictObject({
  name: arg.absolutePath,
  source: arg.textList,
  source_hash: v.optional(v.string()),
  source_hash_update: arg.flag(false),
  skip_files_list_verify: arg.flag(false),
  source_hash_name: v.optional(v.string()),
  skip_verify: arg.flag(false),
  use_etag: arg.flag(false),
  keep_source: v.optional(v.boolean()),
  keep: v.optional(v.boolean()),
  archive_format: v.optional(v.picklist(['tar', 'zip'], "'tar' or 'zip'")),
  options: v.optional(v.union([v.string(), v.number()])),
  force: arg.flag(false),
  overwrite: arg.flag(false),
  clean: arg.flag(false),
  clean_parent: arg.flag(false),
  user: v.optional(arg.account),
  group: v.optional(arg.account),
  if_missing: v.optional(arg.absolutePath),
  trim_output: v.optional(v.union([v.boolean(), v.pipe(v.number(), v.integer(), v.minValue(1))]), false),
  extract_perms: arg.flag(true),
  enforce_toplevel: arg.flag(true),
  enforce_ownership_on: v.optional(arg.absolutePath),
});

export type Args = v.InferOutput<typeof args>;

export type Format = 'tar' | 'zip';

/** By the end of its name, as Salt does; undefined for one that tells nothing. */
export function formatOf({ archive_format: given, source }: Args): Format | undefined {
  if (given) return given;
  const name = (source[0] ?? '').toLowerCase().replace(/[?#].*$/, '');
  if (/\.(tar|tar\.(gz|bz2|xz|lzma|zst)|tgz|tbz2?|txz|tlz|tzst)$/.test(name)) return 'tar';
  return name.endsWith('.zip') ? 'zip' : undefined;
}

/** The directory, without a slash at its end. */
export const folderOf = ({ name }: Args): string => name.replace(/\/+$/, '') || '/';

export function checkArgs(given: Args): string | undefined {
  if (given.skip_files_list_verify && given.skip_verify)
    return 'Only one of "skip_files_list_verify" and "skip_verify" can be set to True';
  if (given.clean && given.clean_parent) return "Only one of 'clean' and 'clean_parent' can be set to True";
  if (formatOf(given) === undefined)
    return "Could not guess archive_format from the value of the 'source' argument. Please set this archive_format to one of the following: tar, zip";
  if (given.enforce_ownership_on !== undefined && !`${given.enforce_ownership_on}/`.startsWith(`${folderOf(given)}/`))
    return `Value for 'enforce_ownership_on' must be within ${folderOf(given)}/`;
  const hash = given.source_hash;
  if (hash !== undefined && !parseHash(hash) && sourceProblem([hash], { web: true }) !== undefined)
    return 'source_hash is a kind and hexadecimal digits, such as sha256=6e34..., or a file that lists them';
  return sourceProblem(given.source, { web: true });
}
