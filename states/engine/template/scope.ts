import { templateErrors } from '../../../lib/errors/template.ts';
import type { Place } from '../../../lib/place.ts';
import type { TemplateFile } from '../files.ts';
import type { Mistakes } from './mistakes.ts';
import { entry, entryNames } from './values.ts';

/** A template's text, for the places in it. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** What was rendered so far, and where its pieces come from. */
export interface Emit {
  readonly pieces: string[];
  length: number;
  /** Offsets in the text at which the pieces of `origins` start. */
  readonly starts: number[];
  readonly origins: { readonly source: Source; readonly at: number; readonly copied: boolean }[];
  /** Blanks that stand before each line of a partial. */
  indent: string;
  /** Whether a line has begun and nothing of it is written yet. */
  fresh: boolean;
}

export type Part = (scope: Scope, emit: Emit) => void;

export interface Partial {
  readonly parts: readonly Part[];
}

/** Another template of the tree. */
export interface LoadedTemplate extends Partial {
  readonly path: string;
  /** What it defines for others. */
  readonly partials: ReadonlyMap<string, Partial>;
}

/** What all scopes of one rendering have in common. */
export interface Rendering {
  readonly root: Readonly<Record<string, unknown>>;
  readonly call: (fun: string, args: readonly unknown[], named: Readonly<Record<string, unknown>>) => unknown;
  /** What stands in the text for a value that is printed; undefined when it can't be. Without it, the value's text. */
  readonly print: ((value: unknown) => string | undefined) | undefined;
  readonly now: number | undefined;
  file(name: string, from: string | undefined): TemplateFile;
  template(name: string, from: string | undefined): LoadedTemplate;
  /** How many more steps there may be. */
  readonly left: { steps: number };
}

export interface Scope {
  readonly context: unknown;
  readonly rendering: Rendering;
  readonly parent: Scope | undefined;
  /** Block parameters, what `#let` names, and what a partial was given. */
  readonly locals: Readonly<Record<string, unknown>> | undefined;
  /** `@index`, `@key`, `@first`, `@last`. */
  readonly loop: Readonly<Record<string, unknown>> | undefined;
  /** The path of the template in its tree, where it has one. */
  readonly path: string | undefined;
  /** How many partials it is in. */
  readonly depth: number;
  /** The block that the partial was called with. */
  readonly caller: { readonly parts: readonly Part[]; readonly scope: Scope } | undefined;
  /** The mistakes so far, where what follows one is looked at, too; nothing that was rendered counts then. */
  readonly mistakes: Mistakes | undefined;
}

export const mostSteps = 5_000_000;
const longestText = 32 * 1024 * 1024;

export function newEmit(): Emit {
  return { pieces: [], length: 0, starts: [], origins: [], indent: '', fresh: true };
}

export function put(emit: Emit, text: string, source: Source, at: number, copied: boolean): void {
  if (text === '') return;
  if (emit.indent === '') return push(emit, text, source, at, copied);
  let offset = 0;
  for (const [line] of text.matchAll(/[^\n]*\n|[^\n]+/g)) {
    const from = copied ? at + offset : at;
    if (emit.fresh && line !== '\n') push(emit, emit.indent, source, from, false);
    push(emit, line, source, from, copied);
    emit.fresh = line.endsWith('\n');
    offset += line.length;
  }
}

function push(emit: Emit, text: string, source: Source, at: number, copied: boolean): void {
  emit.starts.push(emit.length);
  emit.origins.push({ source, at, copied });
  emit.pieces.push(text);
  emit.length += text.length;
}

/** Does all parts; after one that failed the next ones too, where mistakes are noted. */
export function run(parts: readonly Part[], scope: Scope, emit: Emit): void {
  for (const part of parts) {
    try {
      part(scope, emit);
    } catch (thrown) {
      if (!scope.mistakes) throw thrown;
      scope.mistakes.note(thrown);
    }
  }
}

/** One more step of a rendering. Raises `TS_TEMPLATE_TOO_MUCH`, `TS_TEMPLATE_TOO_LONG`. */
export function step({ rendering }: Scope, emit: Emit, place: Place): void {
  if (--rendering.left.steps < 0) throw templateErrors.tooMuch(undefined, { place });
  refuseTooLong(emit, place);
}

export function refuseTooLong({ length }: Emit, place: Place): void {
  if (length > longestText) throw templateErrors.tooLong(undefined, { place });
}

/** The scope of a block within a scope. */
export function inner(
  scope: Scope,
  context: unknown,
  names: readonly string[],
  values: readonly unknown[],
  loop: Scope['loop'],
): Scope {
  const locals = names.length === 0 ? undefined : Object.fromEntries(names.map((name, index) => [name, values[index]]));
  return { ...scope, context, parent: scope, locals, loop };
}

export function up(scope: Scope, depth: number): Scope | undefined {
  let found: Scope | undefined = scope;
  for (let left = depth; left > 0; left--) found = found?.parent;
  return found;
}

/** The nearest thing that has the name: a block parameter, the current item, else what every template has. */
export function holder(scope: Scope, name: string): unknown {
  for (let at: Scope | undefined = scope; at; at = at.parent)
    if (at.locals && Object.hasOwn(at.locals, name)) return at.locals;
  return entry(scope.context, name) === undefined ? scope.rendering.root : scope.context;
}

export function namesIn(scope: Scope): string[] {
  const names = [...entryNames(scope.context), ...entryNames(scope.rendering.root)];
  for (let at: Scope | undefined = scope; at; at = at.parent) names.push(...Object.keys(at.locals ?? {}));
  return names;
}
