import { parse } from 'handlebars/dist/cjs/handlebars/compiler/base.js';
import type { TsaltError } from '../../../../lib/errors/error.ts';
import { templateErrors } from '../../../../lib/errors/template.ts';
import { placeAt } from '../../../../lib/place.ts';
import { helperHint, helperNamed } from '../helpers/registry.ts';
import { readArguments, readExpression, type Node } from './expression.ts';
import { Printer, type Macros } from './print.ts';
import { Statements } from './statements.ts';
import { tagsOf, type Tag } from './tags.ts';
import { filters } from './words.ts';

/** Everything of Jinja that stands in a source, each with what to write for it, in the order it stands there. */
export function jinjaMistakes(source: string, file: string): readonly TsaltError[] {
  if (!source.includes('{')) return [];
  const tags = tagsOf(source);
  const macros = macrosOf(tags);
  const printer = new Printer(macros);
  const statements = new Statements(printer, macros);
  const found = tags.flatMap((tag) => {
    const said = sayings[tag.kind](tag, printer, statements);
    if (!said) return [];
    const hint = tilde(said.hint, tag, source);
    return [templateErrors.jinja({ mark: said.mark }, { place: placeAt(file, source, tag.at), hint })];
  });
  return [...found, ...namedTemplates(source, file)].sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0));
}

/** Where a state says that its file is a template of Jinja. */
function namedTemplates(source: string, file: string): TsaltError[] {
  return [...source.matchAll(/(?<=^[ \t]*- template:[ \t]*)jinja(?=[ \t]*$)/gm)].map(({ index }) =>
    templateErrors.jinja(
      { mark: 'this template' },
      { place: placeAt(file, source, index), hint: 'write template: handlebars' },
    ),
  );
}

/** What to write for what stands between two braces, if it is Jinja. */
export function jinjaHint(tag: string): string | undefined {
  const [only] = tagsOf(tag);
  return only && sayings.output(only, new Printer(), undefined)?.hint;
}

interface Saying {
  readonly mark: string;
  readonly hint: string;
}

const sayings: Readonly<
  Record<Tag['kind'], (tag: Tag, printer: Printer, statements: Statements | undefined) => Saying | undefined>
> = {
  statement({ inside }, _, statements) {
    if (inside === '') return { mark: '{%', hint: meantSo };
    const hint = statements?.hint(inside) ?? meantSo;
    return { mark: `{% ${/^\w*/.exec(inside)?.[0]} %}`, hint };
  },
  comment: ({ inside }) => ({ mark: '{# #}', hint: `write {{!-- ${inside.includes('\n') ? '...' : inside} --}}` }),
  output({ inside, dashes }, printer) {
    if (/^else\b|~$/.test(inside)) return undefined;
    const node = readExpression(inside);
    const hasDash = dashes.includes(true);
    const isOurs = isHandlebars(inside);
    if (!node) return isOurs ? undefined : { mark: markOf(inside), hint: lastResort(inside) };
    if (isOurs && !hasDash && (isPlain(node) || helperNamed(/^[\w.]*/.exec(inside)?.[0] ?? ''))) return undefined;
    const said = printer.tag(node);
    return {
      mark: hasDash && isPlain(node) ? 'a dash at the braces' : markOf(inside),
      hint: said === undefined ? lastResort(inside) : `write ${said}${said.includes('NAME1=') ? unnamed : ''}`,
    };
  },
};

const meantSo = 'text that is meant so stands in {{{{raw}}}} ... {{{{/raw}}}}';
const unnamed = ', each with the name that the macro has for it';

/** A name, or entries of one, which is the same in both. */
function isPlain(node: Node): boolean {
  if (node.type === 'name') return !/^none$/i.test(node.name);
  return (
    node.type === 'entry' &&
    node.key.type === 'text' &&
    isPlain(node.of) &&
    !(node.of.type === 'name' && node.of.name === 'loop')
  );
}

function isHandlebars(inside: string): boolean {
  try {
    parse(`{{${inside}}}`);
    return true;
  } catch {
    return false;
  }
}

function markOf(inside: string): string {
  const bare = inside.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''");
  if (bare.includes('|')) return 'a filter with |';
  if (/\w\(|\]\(/.test(bare)) return 'a call f(...)';
  if (/\w\[/.test(bare)) return "a subscript ['...']";
  return 'this expression';
}

/** Where an expression can't be said whole: the filter that is not known here, else what the last one takes. */
function lastResort(inside: string): string {
  const names = [...inside.matchAll(/\|\s*(\w+)/g)].map(([, name = '']) => name);
  const strange = names.find((name) => !helperNamed(name) && !Object.hasOwn(filters, name));
  if (strange !== undefined) return helperHint(strange) ?? `there is no helper '${strange}'`;
  const last = names.at(-1) ?? '';
  const takes = helperNamed(last)?.takes;
  return takes === undefined
    ? 'write {{helper argument}}, or {{salt "mod.fun" "argument"}}'
    : `write {{${last} x}}, which takes ${takes}`;
}

/** The macros that a source defines, and the names that it imports and calls. */
function macrosOf(tags: readonly Tag[]): Macros {
  const macros = new Map<string, readonly string[] | undefined>();
  const called = new Set<string>();
  for (const { kind, inside } of tags)
    if (kind === 'output' || !/^(?:macro|from)\b/.test(inside))
      for (const [, name = ''] of inside.matchAll(/(?<![\w.'"\]])(\w+)\s*\(/g)) called.add(name);
  for (const { kind, inside } of tags) {
    if (kind !== 'statement') continue;
    const [, macro, list = ''] = /^macro\s+(\w+)\s*\(([^]*)\)$/.exec(inside) ?? [];
    const args = readArguments(list);
    if (macro !== undefined)
      macros.set(macro, [
        ...(args?.plain ?? []).map((node) => (node.type === 'name' ? node.name : '')),
        ...(args?.named ?? []).map(([name]) => name),
      ]);
    const [, imported = ''] = /^from\b[^]*?\bimport\s+([^]*?)(?:\s+with(?:out)? context)?$/.exec(inside) ?? [];
    for (const name of imported.split(',').map(
      (one) =>
        one
          .trim()
          .split(/\s+as\s+/)
          .at(-1) ?? '',
    ))
      if (called.has(name) && !macros.has(name)) macros.set(name, undefined);
  }
  return macros;
}

/** A dash at the braces of a tag that is not alone on its line takes blanks away, as ~ does. */
function tilde(hint: string, { at, end, dashes: [before, after], inside, kind }: Tag, source: string): string {
  const line = source.slice(source.lastIndexOf('\n', at - 1) + 1, at) + source.slice(end).replace(/\n[^]*$/, '');
  if (kind !== 'output' && (line.trim() === '' || /^(?:set|do|from|import\w*|include|macro)\b/.test(inside)))
    return hint;
  return hint.replace(/\{\{[^]*\}\}/, (tags) =>
    tags.replace(/^\{\{(?=[^{~])/, before ? '{{~' : '{{').replace(/(?<=[^}~])\}\}$/, after ? '~}}' : '}}'),
  );
}
