import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { textOf } from '../../lib/text.ts';
import * as arg from './args.ts';
import { render } from './content.ts';
import {
  readSource,
  sourceArg,
  sourceArgs,
  sourceComplaint,
  type SourceArgs,
} from '../../lib/sources/managed-source.ts';

/* Texts that come out of sources, for functions that put them into a file: all of the sources are taken. */

export const textsArgs = {
  source: v.optional(sourceArg),
  sources: v.optional(sourceArg),
  source_hashes: v.optional(arg.textList),
  ...sourceArgs,
  template: arg.template,
  context: v.optional(arg.map),
  defaults: v.optional(arg.map),
};

export interface TextsArgs extends SourceArgs {
  readonly sources?: SourceArgs['source'];
  readonly source_hashes?: readonly string[] | undefined;
  readonly template?: string | undefined;
  readonly context?: Record<string, unknown> | undefined;
  readonly defaults?: Record<string, unknown> | undefined;
}

/** What is wrong with these arguments as they are written. */
export function textsComplaint({ source, sources, source_hash, source_hashes }: TextsArgs): string | undefined {
  if (source && sources) return 'source and sources are mutually exclusive';
  if (source_hashes && source_hashes.length !== sources?.length)
    return 'source_hashes takes one hash for each of sources';
  const complaint = source_hashes
    ?.map((hash) => sourceComplaint({ source_hash: hash }))
    .find((one) => one !== undefined);
  return complaint ?? sourceComplaint({ source: source ?? sources, source_hash });
}

/** The text of each source; a sentence when one of them can't be had. */
export async function readTexts(args: TextsArgs, machine: Reading): Promise<readonly string[] | string> {
  const texts: string[] = [];
  for (const [at, place] of (args.source ?? args.sources ?? []).entries()) {
    const hash = args.source_hashes?.[at] ?? args.source_hash;
    const found = await readSource({ ...args, source: [place], source_hash: hash }, machine);
    if (typeof found === 'string') return found;
    texts.push(render(args, machine, textOf(found.content, found.url), found.url));
  }
  return texts;
}
