import { dropOldest } from '../drop-oldest.ts';
import type { Program } from 'acorn';
import { moduleErrors } from '../errors/module.ts';
import { lineOf, placeAt, type Place } from '../place.ts';
import { shapeOf, type ModuleShape } from './syntax.ts';
import type { SyntaxMistake } from './tools.ts';

export type Language = 'TypeScript' | 'JavaScript';

/** A module's text, read: with the types taken away, every line and column is where it was. */
export interface ModuleSource extends ModuleShape {
  readonly text: string;
  readonly code: string;
  readonly program: Program;
}

/** Texts that were read; the oldest leaves. */
const known = new Map<string, ModuleSource>();
const mostKnown = 256;

/** Reads a module; `file` is its name in errors. Raises `TS_MODULE_SYNTAX`, `TS_MODULE_NOT_ERASABLE`. */
export async function readModule(text: string, language: Language, file: string): Promise<ModuleSource> {
  const key = `${language}\0${text}`;
  const before = known.get(key);
  if (before) return before;
  const { withoutTypes, treeOf } = await import('./tools.ts');
  const code = language === 'TypeScript' ? await withoutTypes(text) : text;
  if (typeof code !== 'string') throw syntaxError(code);
  const program = treeOf(code);
  if ('problem' in program) throw syntaxError(program);
  const source = { text, code, program, ...shapeOf(program) };
  known.set(key, source);
  dropOldest(known, mostKnown);
  return source;

  function syntaxError({ problem, line, column, isUnsupported }: SyntaxMistake) {
    const place: Place = { file, line, column: column + 1, text: lineOf(text, line) };
    if (!isUnsupported) return moduleErrors.syntax({ language, problem: problem.replace(/\.$/, '') }, { place });
    const what = problem.replace(/ (?:is|are) not supported in strip-only mode\.?$/, '').replace(/^TypeScript /, '');
    return moduleErrors.notErasable({ what: `TypeScript's ${what}` }, { place });
  }
}

/** Where a module's default export stands; its beginning when it has none. */
export function placeOfDefault({ text, defaultAt = 0 }: ModuleSource, file: string): Place {
  return placeAt(file, text, defaultAt);
}
