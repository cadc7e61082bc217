import type { Reading, SourceView } from '../../lib/contracts/machine.ts';
import type { TemplateUse } from '../../lib/contracts/state.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { textOf } from '../../lib/text.ts';
import { lookUp } from '../../lib/look-up.ts';
import { scalarText } from './args.ts';
import { hashComplaint, parseHash, readSource } from './source.ts';

type Text = string | number | boolean | readonly (string | number | boolean)[];

export interface ContentArgs {
  readonly name: string;
  readonly source?: readonly string[] | undefined;
  readonly source_hash?: string | undefined;
  readonly contents?: Text | undefined;
  readonly contents_pillar?: readonly string[] | undefined;
  readonly contents_grains?: readonly string[] | undefined;
  readonly contents_newline: boolean;
  readonly allow_empty: boolean;
  readonly template?: string | undefined;
  readonly context?: Record<string, unknown> | undefined;
  readonly defaults?: Record<string, unknown> | undefined;
}

/** What a file is to hold, and the mode its source has. */
export interface WantedContent {
  readonly content: Buffer;
  readonly sourceMode?: number | undefined;
}

/** The content that the arguments ask for; undefined when they name none; a sentence when it can't be had. */
export async function readContent(
  args: ContentArgs,
  machine: Reading,
  keep: boolean,
): Promise<WantedContent | string | undefined> {
  const render = (text: string, name: string): string =>
    args.template === undefined ? text : machine.render(text, name, templateContext(args));
  if (args.source) {
    const source = await readSource(machine, args.source, keep);
    if (typeof source === 'string') return source;
    const expected = args.source_hash === undefined ? undefined : parseHash(args.source_hash);
    const complaint = expected && hashComplaint(source.url, source.content, expected);
    if (complaint !== undefined) return complaint;
    const content =
      args.template === undefined
        ? source.content
        : Buffer.from(render(textOf(source.content, source.url), source.url));
    return { content, sourceMode: source.mode };
  }
  const text = givenText(args, machine);
  if (text === undefined || typeof text === 'string') return text;
  return { content: Buffer.from(render(text.lines, args.name)) };
}

/** The templates of which the content will be made, as far as they are the state tree's or the state's own. */
export function templatesOf(args: ContentArgs, sources: SourceView): TemplateUse[] | Promise<TemplateUse[]> {
  if (args.template === undefined) return [];
  const context = templateContext(args);
  if (typeof args.contents === 'string') return [{ name: args.name, text: args.contents, context }];
  const [url, ...others] = args.source ?? [];
  if (url === undefined || others.length > 0 || !url.startsWith('salt://')) return [];
  const read = async () => [{ name: url, text: textOf(await sources.read(url), url), context }];
  return read();
}

/** What a template sees beside grains, pillar and opts. */
export function templateContext({ defaults, context }: Pick<ContentArgs, 'defaults' | 'context'>): JsonMap {
  // Both come out of YAML: they are plain data.
  return { ...defaults, ...context } as JsonMap;
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
      const found = lookUp(data, key);
      if (found === undefined) return `${kind === 'pillar' ? 'Pillar' : 'Grain'} ${key} does not exist`;
      parts.push(...(Array.isArray(found) ? found : [found]));
    }
  }
  if (args.contents === undefined && !args.contents_pillar && !args.contents_grains) return undefined;
  if (parts.some((part) => part === null || isMap(part) || Array.isArray(part))) {
    return `${what} is neither text nor a list of texts`;
  }
  const texts = parts.map((part) => scalarText(part as string));
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
