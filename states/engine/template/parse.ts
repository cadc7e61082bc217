import { messageOf, type TsaltError } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { lineOf, placeAt } from '../../../lib/place.ts';
import { helperHint, helperNamed } from './helpers/registry.ts';
import { parse } from 'handlebars/dist/cjs/handlebars/compiler/base.js';
import type { Program } from './syntax.ts';

/** The tree of a template's source. Raises `TS_TEMPLATE_SYNTAX`, or `TS_TEMPLATE_JINJA` where that is what it seems to be. */
export function parseTemplate(source: string, file: string): Program {
  try {
    return parse(source);
  } catch (thrown) {
    throw explain(source, file, thrown);
  }
}

function explain(source: string, file: string, thrown: unknown): TsaltError {
  const message = messageOf(thrown);
  const line = Number(/line (\d+)/.exec(message)?.[1] ?? / - (\d+):\d+$/.exec(message)?.[1] ?? 1);
  const text = lineOf(source, line);
  const known = / - \d+:(\d+)$/.exec(message)?.[1];
  const column = known === undefined ? Math.max(0, text.indexOf('{{')) + 1 : Number(known) + 1;
  const place = { file, line, column, text };
  if (/\{\{[^}]*\|/.test(text) && !/\bas \|/.test(text)) {
    return templateErrors.jinja({ mark: 'a filter with |' }, { place, hint: filterHint(text) });
  }
  if (/\{\{[^}]*\[\s*['"]/.test(text)) {
    const hint = 'write grains.os, or (lookup grains "os") for a name with odd characters';
    return templateErrors.jinja({ mark: "a subscript ['...']" }, { place, hint });
  }
  if (/\{\{[^}]*\w\(/.test(text)) {
    return templateErrors.jinja(
      { mark: 'a call f(...)' },
      { place, hint: 'write {{helper argument}} or {{salt "mod.fun" "argument"}}' },
    );
  }
  const [, expecting = '', got = ''] = /Expecting ([^]*), got ('[^']*')/.exec(message) ?? [];
  const open = got === "'EOF'" ? unclosed(source) : undefined;
  if (open) return templateErrors.unclosed({ block: open.name }, { place: placeAt(file, source, open.at) });
  const problem = expecting === '' ? message.replace(/ - \d+:\d+$/, '') : `${tokenName(got)} is not expected here`;
  return templateErrors.syntax({ problem }, { place });
}

/** The innermost block that has no end. */
function unclosed(source: string): { readonly name: string; readonly at: number } | undefined {
  const open: { name: string; at: number }[] = [];
  for (const { index, 1: mark, 2: name = '' } of source.matchAll(/\{\{~?([#/^])\s*(\w+)/g)) {
    if (mark !== '/') open.push({ name, at: index });
    else if (open.at(-1)?.name === name) open.pop();
  }
  return open.at(-1);
}

function tokenName(token: string): string {
  const names: Record<string, string> = {
    EOF: 'the end of the template',
    INVALID: 'this character',
    CLOSE: '}}',
    OPEN_ENDBLOCK: '{{/',
    OPEN_INVERSE: '{{^',
    INVERSE: '{{else}}',
  };
  const name = token.replaceAll("'", '');
  return names[name] ?? name.toLowerCase();
}

function filterHint(line: string): string {
  const [, value = 'x', filter = 'f'] = /\{\{-?\s*(.*?)\s*\|\s*(\w+)/.exec(line) ?? [];
  if (filter === 'default' || filter === 'd') return `write {{default ${value} "..."}}`;
  // In Salt it is the shell's.
  if (filter === 'quote') return `write {{shell_quote ${value}}}`;
  if (!helperNamed(filter)) return helperHint(filter) ?? `there is no helper '${filter}'`;
  return `write {{${filter} ${value}}}`;
}

const jinja = /\{%|\{#(?=[^]*?#\})/;

/** Refuses Jinja's own marks in what a template has as plain text, `at` being where the text starts in the source. */
export function refuseJinja(text: string, at: number, source: string, file: string): void {
  const found = jinja.exec(text);
  if (!found) return;
  const statement = /\{%[-+]?\s*(\w+)/.exec(text.slice(found.index))?.[1];
  const idioms: Record<string, string> = {
    if: '{{#if x}} ... {{else}} ... {{/if}}',
    for: '{{#each list as |item|}} ... {{/each}}',
    set: '{{#let name=x}} ... {{/let}}',
    do: '{{#let name=(concat list (list x))}} ... {{/let}}, or (merge map x)',
    macro: '{{#*inline "name"}} ... {{/inline}}, and {{> name x=1}}',
    call: '{{#> name}} ... {{/name}}',
    include: '{{> "path/of/file"}}',
    import: '{{*import "path/of/file"}}',
    from: '{{*import "path/of/file"}}',
    import_yaml: '{{#with (import_yaml "path/of/file") as |name|}} ... {{/with}}',
    import_json: '{{#with (import_json "path/of/file") as |name|}} ... {{/with}}',
    import_text: '{{import_text "path/of/file"}}',
    load_yaml: '{{#*inline "name"}} ... {{/inline}}, and (load_yaml (render "name"))',
    load_json: '{{#*inline "name"}} ... {{/inline}}, and (load_json (render "name"))',
    filter: '{{#*inline "name"}} ... {{/inline}}, and {{indent (render "name") 4}}',
    raw: '{{{{raw}}}} ... {{{{/raw}}}}',
  };
  const mark = found[0] === '{#' ? '{# #}' : '{% %}';
  const idiom = mark === '{# #}' ? '{{!-- ... --}}' : idioms[statement ?? ''];
  const hint = idiom === undefined ? 'text that is meant so stands in {{{{raw}}}} ... {{{{/raw}}}}' : `write ${idiom}`;
  throw templateErrors.jinja({ mark }, { place: placeAt(file, source, at + found.index), hint });
}
