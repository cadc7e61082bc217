import { didYouMean } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Language } from '../../lib/modules/source.ts';
import { placeAt } from '../../lib/place.ts';

/** How the text of a file becomes data. */
export interface Renderer {
  /** It is a template first. */
  readonly isTemplate: boolean;
  /** What stands in it then: data, or code that makes data. */
  readonly form: 'yaml' | 'json' | Language;
}

const renderers: Readonly<Record<string, Renderer>> = {
  'handlebars|yaml': { isTemplate: true, form: 'yaml' },
  'handlebars|json': { isTemplate: true, form: 'json' },
  yaml: { isTemplate: false, form: 'yaml' },
  json: { isTemplate: false, form: 'json' },
  ts: { isTemplate: false, form: 'TypeScript' },
  js: { isTemplate: false, form: 'JavaScript' },
};

const usual: Renderer = { isTemplate: true, form: 'yaml' };

/** The renderer that a file's first line names (`#!yaml`), as in Salt; templates that make YAML without such a line. */
export function rendererOf(text: string, file: string): Renderer {
  const [, named] = /^#!\s*([^\s/]\S*)/.exec(text) ?? [];
  if (named === undefined) return usual;
  const known = Object.hasOwn(renderers, named) ? renderers[named] : undefined;
  if (known) return known;
  const isJinja = named.includes('jinja');
  const hint = isJinja
    ? `templates are Handlebars here: #!${named.replaceAll('jinja', 'handlebars')}, or no such line`
    : (didYouMean(nearest(named, Object.keys(renderers))) ?? `there are ${Object.keys(renderers).join(', ')}`);
  throw stateErrors.unknownRenderer({ name: named }, { place: placeAt(file, text, 2), hint });
}

/** JSON as YAML reads it: the same length, without tabs between its tokens. */
export function jsonAsYaml(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\t/g, (token) => (token === '\t' ? ' ' : token));
}
