import { messageOf, together, type TsaltError } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { lineOf, placeAt } from '../../../lib/place.ts';
import { jinjaMistakes } from './jinja/mistakes.ts';
import { parse } from 'handlebars/dist/cjs/handlebars/compiler/base.js';
import type { Program } from './syntax.ts';

/** The tree of a template's source. Raises `TS_TEMPLATE_SYNTAX`, or `TS_TEMPLATE_JINJA` where that is what it is. */
export function parseTemplate(source: string, file: string): Program {
  try {
    return parse(source);
  } catch (thrown) {
    const [first, ...more] = jinjaMistakes(source, file);
    throw first ? together(first, more) : explain(source, file, thrown);
  }
}

function explain(source: string, file: string, thrown: unknown): TsaltError {
  const message = messageOf(thrown);
  const line = Number(/line (\d+)/.exec(message)?.[1] ?? / - (\d+):\d+$/.exec(message)?.[1] ?? 1);
  const text = lineOf(source, line);
  const known = / - \d+:(\d+)$/.exec(message)?.[1];
  const column = known === undefined ? Math.max(0, text.indexOf('{{')) + 1 : Number(known) + 1;
  const place = { file, line, column, text };
  const [, block, other] = /^(\S+) doesn't match (\S+) - /.exec(message) ?? [];
  if (block !== undefined && other !== undefined)
    return templateErrors.otherEnd({ block, other }, { place, hint: `write {{/${block}}} where it ends` });
  const begun = unended(source);
  if (begun) {
    const where = placeAt(file, source, begun.at);
    // Braces in a text or a comment are no mistake: it is the one where reading stopped.
    if (where.line === line) return templateErrors.unended({ braces: begun.braces }, { place: where });
  }
  const [, expecting = '', got = ''] = /Expecting ([^]*), got ('[^']*')/.exec(message) ?? [];
  const open = got === "'EOF'" ? unclosed(source) : undefined;
  if (open) return templateErrors.unclosed({ block: open.name }, { place: placeAt(file, source, open.at) });
  const problem = expecting === '' ? message.replace(/ - \d+:\d+$/, '') : `${tokenName(got)} is not expected here`;
  return templateErrors.syntax({ problem }, { place });
}

/** The first braces that open and are not closed by as many before others open. */
function unended(source: string): { readonly braces: string; readonly at: number } | undefined {
  const braces = [...source.matchAll(/\{{2,}|\}{2,}/g)];
  const opens = (found: RegExpMatchArray | undefined) => found?.[0].startsWith('{') ?? true;
  const found = braces.find((own, index) => {
    const next = braces[index + 1];
    return opens(own) && (opens(next) || (next?.[0].length ?? 0) < own[0].length);
  });
  return found && { braces: found[0], at: found.index };
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
