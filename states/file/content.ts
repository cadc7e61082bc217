import * as v from 'valibot';
import type { TemplateUse } from '../../lib/contracts/state.ts';
import type { FileStep, Reading, Required, SourceView } from '../../lib/contracts/machine.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { textOf } from '../../lib/text.ts';
import { lookUp } from '../../lib/look-up.ts';
import { accumulatorsFor } from './accumulators.ts';
import * as arg from './args.ts';
import { encode, encodingErrors, type Encoding } from '../../lib/encoding.ts';
import { readSource, sourceArg, sourceArgs, type SourceArgs } from '../../lib/sources/managed-source.ts';

/** Where content comes from, and how its text becomes bytes. */
export const contentArgs = {
  source: v.optional(sourceArg),
  ...sourceArgs,
  contents: v.optional(arg.text),
  contents_pillar: v.optional(arg.textList),
  contents_grains: v.optional(arg.textList),
  contents_newline: arg.flag(true),
  contents_delimiter: v.optional(v.pipe(v.string(), v.minLength(1)), ':'),
  allow_empty: arg.flag(true),
  encoding: v.optional(v.string()),
  encoding_errors: v.optional(v.picklist(encodingErrors), 'strict'),
  template: arg.template,
  context: v.optional(arg.map),
  defaults: v.optional(arg.map),
};

type Text = string | number | boolean | readonly (string | number | boolean)[];

export interface ContentArgs extends SourceArgs, Encoding, TemplateArgs {
  readonly contents?: Text | undefined;
  readonly contents_pillar?: readonly string[] | undefined;
  readonly contents_grains?: readonly string[] | undefined;
  readonly contents_newline: boolean;
  readonly contents_delimiter: string;
  readonly allow_empty: boolean;
}

interface TemplateArgs {
  readonly name: string;
  readonly template?: string | undefined;
  readonly context?: Record<string, unknown> | undefined;
  readonly defaults?: Record<string, unknown> | undefined;
}

/** What a file is to hold, and the mode its source has. */
export interface WantedContent {
  readonly content: Buffer;
  readonly sourceMode?: number | undefined;
  /** What keeps a copy of its source for the next time. */
  readonly keep?: readonly FileStep[] | undefined;
}

/** Whether the arguments say anything of content. */
export function hasContent({ source, contents, contents_pillar, contents_grains }: ContentArgs): boolean {
  return [source, contents, contents_pillar, contents_grains].some((given) => given !== undefined);
}

/**
 * The content that the arguments ask for; undefined when they name none; a sentence when it can't be had. `keep`: the
 * source's mode is wanted, too. `old`: what the file holds now.
 */
export async function readContent(
  args: ContentArgs,
  machine: Reading,
  keep: boolean,
  old?: Buffer,
): Promise<WantedContent | string | undefined> {
  if (args.source) {
    const isTemplate = args.template !== undefined;
    const source = await readSource(args, machine, { keep, ...(old && !isTemplate ? { old } : {}) });
    if (typeof source === 'string') return source;
    const content = isTemplate
      ? encode(render(args, machine, textOf(source.content, source.url), source.url), args)
      : source.content;
    return typeof content === 'string' ? content : { content, sourceMode: source.mode, keep: source.keep };
  }
  const text = givenText(args, machine);
  if (text === undefined || typeof text === 'string') return text;
  const content = encode(render(args, machine, text.lines, args.name), args);
  return typeof content === 'string' ? content : { content };
}

/** A text as it is, or what it makes where it is a template; `shown` is its name in errors. */
export function render(args: TemplateArgs, machine: Reading, text: string, shown: string): string {
  return args.template === undefined ? text : machine.render(text, shown, templateContext(args, machine));
}

/** The templates of which the content will be made, as far as they are the state tree's or the state's own. */
export function templatesOf(
  args: ContentArgs,
  sources: SourceView,
  required: readonly Required[],
): TemplateUse[] | Promise<TemplateUse[]> {
  if (args.template === undefined) return [];
  const context = templateContext(args, { required });
  if (typeof args.contents === 'string') return [{ name: args.name, text: args.contents, context }];
  const [{ url } = {}, ...others] = args.source ?? [];
  if (url === undefined || others.length > 0 || !url.startsWith('salt://')) return [];
  const read = async () => [{ name: url, text: textOf(await sources.read(url), url), context }];
  return read();
}

/** What a template sees beside grains, pillar and opts. */
export function templateContext(
  { name, defaults, context }: TemplateArgs,
  { required }: Pick<Reading, 'required'>,
): JsonMap {
  // Both come out of YAML: they are plain data.
  return { accumulator: accumulatorsFor(name, required), ...defaults, ...context } as JsonMap;
}

/** The text of `contents` and its kin, line by line; a sentence when there is none where one was promised. */
function givenText(args: ContentArgs, machine: Reading): { readonly lines: string } | string | undefined {
  const parts: Json[] = [];
  let what = "'contents'";
  if (args.contents !== undefined)
    parts.push(...(Array.isArray(args.contents) ? args.contents : [args.contents as Json]));
  for (const [kind, keys, data] of [
    ['pillar', args.contents_pillar, machine.pillar],
    ['grains', args.contents_grains, machine.grains],
  ] as const) {
    if (!keys) continue;
    what = `contents_${kind} ${keys.join(', ')}`;
    for (const key of keys) {
      const found = lookUp(data, key, args.contents_delimiter);
      if (found === undefined) return `${kind === 'pillar' ? 'Pillar' : 'Grain'} ${key} does not exist`;
      parts.push(...(Array.isArray(found) ? found : [found]));
    }
  }
  if (args.contents === undefined && !args.contents_pillar && !args.contents_grains) return undefined;
  if (parts.some((part) => part === null || isMap(part) || Array.isArray(part))) {
    return `${what} is neither text nor a list of texts`;
  }
  const texts = parts.map((part) => arg.scalarText(part as string));
  if (!args.allow_empty && texts.every((text) => text === '')) {
    return `${what} value would result in empty contents. Set allow_empty to True to allow the managed file to be empty.`;
  }
  const lines = texts
    .flatMap(splitLines)
    .map((line) => `${line}\n`)
    .join('');
  return { lines: args.contents_newline ? lines : lines.replace(/[\r\n]+$/, '') };
}

/** Lines without their ends; nothing after the last end. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
