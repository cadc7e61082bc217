import { didYouMean, messageOf, TsaltError } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { nearest } from '../../../lib/nearest.ts';
import { lineOf, type Place } from '../../../lib/place.ts';
import { keysOf } from '../../../lib/yaml/maps.ts';
import { BadArguments, helpers } from './helpers.ts';
import { Mistakes } from './mistakes.ts';
import { refuseJinja } from './parse.ts';
import type {
  Block,
  Call,
  Content,
  Expression,
  Located,
  Mustache,
  PathExpression,
  Program,
  Statement,
} from './syntax.ts';
import { entry, entryNames, isTrue, kindOf, traverse } from './values.ts';

/*
 * Turns a template's tree into functions. Handlebars' own code generation is not used: it takes what is undefined for
 * nothing, adds up numbers that stand side by side, and knows no places. What a template means is the same.
 */

/** What was rendered so far, and where its pieces come from. */
export interface Emit {
  readonly pieces: string[];
  length: number;
  /** Offsets in the text at which the pieces of `origins` start. */
  readonly starts: number[];
  readonly origins: { readonly at: number; readonly copied: boolean }[];
}

export interface Scope {
  readonly context: unknown;
  readonly root: Readonly<Record<string, unknown>>;
  readonly call: (fun: string, args: readonly unknown[], named: Readonly<Record<string, unknown>>) => unknown;
  /** What stands in the text for a value that is printed; undefined when it can't be. `isJson`: the value is JSON already. */
  readonly print: (value: unknown, isJson: boolean) => string | undefined;
  readonly parent: Scope | undefined;
  /** Block parameters. */
  readonly locals: Readonly<Record<string, unknown>> | undefined;
  /** `@index`, `@key`, `@first`, `@last`. */
  readonly loop: Readonly<Record<string, unknown>> | undefined;
  /** The mistakes so far, where what follows one is looked at, too; nothing that was rendered counts then. */
  readonly mistakes: Mistakes | undefined;
}

export type Part = (scope: Scope, emit: Emit) => void;
type Get = (scope: Scope) => unknown;

const longestText = 32 * 1024 * 1024;
const blocks = ['if', 'unless', 'each', 'with', 'raw'];
const special = ['default', 'salt', 'pillar', 'grains'];

export class Compiler {
  readonly functions = new Set<string>();
  /** What is wrong whatever the data. */
  readonly mistakes = new Mistakes();
  private readonly source: string;
  private readonly file: string;
  private readonly lineStarts: readonly number[];

  constructor(source: string, file: string) {
    this.source = source;
    this.file = file;
    const starts = [0];
    for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  program(program: Program | undefined): Part[] {
    return (program?.body ?? []).flatMap((statement) => this.mistakes.during(() => this.statement(statement)) ?? []);
  }

  private statement(statement: Statement): Part[] {
    switch (statement.type) {
      case 'ContentStatement':
        return this.content(statement);
      case 'MustacheStatement':
        return [this.output(statement)];
      case 'BlockStatement':
        return [this.block(statement)];
      case 'CommentStatement':
        return [];
      case 'PartialStatement':
      case 'PartialBlockStatement':
      case 'Decorator':
      case 'DecoratorBlock':
        throw templateErrors.notSupported({ what: 'partials and decorators' }, { place: this.place(statement) });
    }
  }

  private content(statement: Content, isRaw = false): Part[] {
    const { value, original } = statement;
    if (value === '') return [];
    const at = this.offset(statement) + Math.max(0, original.indexOf(value));
    if (!isRaw) refuseJinja(value, at, this.source, this.file);
    return [(_, emit) => put(emit, value, at, true)];
  }

  private output(statement: Mustache): Part {
    const get = this.call(statement);
    const at = this.offset(statement);
    const place = this.place(statement);
    const name = this.written(statement);
    const isJson = /^(?:json|quote) /.test(name);
    return (scope, emit) => {
      const value = get(scope);
      const text = scope.print(value, isJson);
      if (text === undefined) {
        throw templateErrors.notPrintable({ name, kind: kindOf(value) }, { place, hint: `write {{json ${name}}}` });
      }
      put(emit, text, at, false);
      if (emit.length > longestText) throw templateErrors.tooLong(undefined, { place });
    };
  }

  /** What a mustache or subexpression gives: a helper's answer, or the value of a path. */
  private call(call: Call): Get {
    const { path, params, hash } = call;
    const isSub = 'type' in call && call.type === 'SubExpression';
    const hasArguments = params.length > 0 || hash !== undefined;
    if (!hasArguments && !isSub) return this.expression(path);
    if (path.type !== 'PathExpression') return this.expression(path);
    const name = path.original;
    const place = this.place(path);
    if (name === 'default') return this.fallback(params, place);
    const args = params.map((param) => this.expression(param));
    const named = (hash?.pairs ?? []).map(({ key, value }) => [key, this.expression(value)] as const);
    if (name === 'salt') return this.salt(params, args, named, place);
    if ((name === 'pillar' || name === 'grains') && args.length > 0) return this.colonPath(name, args, place);
    const helper = Object.hasOwn(helpers, name) ? helpers[name] : undefined;
    if (!helper) {
      const hint = blocks.includes(name)
        ? `write {{#${name}}}`
        : didYouMean(nearest(name, [...Object.keys(helpers), ...special]));
      throw templateErrors.unknownHelper({ name }, { place, hint });
    }
    return (scope) => {
      try {
        const value = helper(...evaluate(args, named, scope));
        if (value === undefined) throw templateErrors.undefinedName({ name: this.written(call) }, { place });
        return value;
      } catch (thrown) {
        if (!(thrown instanceof BadArguments)) throw thrown;
        throw templateErrors.badArguments({ name, expected: thrown.message }, { place });
      }
    };
  }

  /** `(default x y)`: x if it is defined and not null, else y. */
  private fallback(params: readonly Expression[], place: Place): Get {
    const [first, second, ...rest] = params;
    if (!first || !second || rest.length > 0) {
      throw templateErrors.badArguments({ name: 'default', expected: 'a value and what stands in for it' }, { place });
    }
    const preferred = this.expression(first, true);
    const other = this.expression(second);
    return (scope) => preferred(scope) ?? other(scope);
  }

  private salt(
    params: readonly Expression[],
    args: readonly Get[],
    named: readonly (readonly [string, Get])[],
    place: Place,
  ): Get {
    const [fun] = params;
    if (fun?.type !== 'StringLiteral') throw templateErrors.saltNotLiteral(undefined, { place });
    const name = String(fun.value);
    this.functions.add(name);
    return (scope) => {
      try {
        return scope.call(name, ...evaluate(args.slice(1), named, scope)) ?? null;
      } catch (thrown) {
        if (thrown instanceof TsaltError && thrown.place) throw thrown;
        const problem = thrown instanceof TsaltError ? thrown.sentence : messageOf(thrown);
        const hint = thrown instanceof TsaltError ? thrown.hint : undefined;
        throw templateErrors.failed({ name: `salt ${name}`, problem }, { place, hint, cause: thrown });
      }
    };
  }

  /** `(pillar "a:b" fallback)`. */
  private colonPath(name: 'pillar' | 'grains', args: readonly Get[], place: Place): Get {
    const [path, other] = args;
    return (scope) => {
      const at = String(path?.(scope));
      const value = traverse(entry(scope.root, name), at) ?? other?.(scope);
      if (value === undefined) throw templateErrors.undefinedName({ name: `${name}:${at}` }, { place });
      return value;
    };
  }

  private expression(expression: Expression, lenient = false): Get {
    switch (expression.type) {
      case 'PathExpression':
        return this.path(expression, lenient);
      case 'SubExpression': {
        const get = this.call(expression);
        return lenient ? (scope) => orUndefined(() => get({ ...scope, mistakes: undefined })) : get;
      }
      case 'NullLiteral':
        return () => null;
      case 'UndefinedLiteral':
        return () => undefined;
      case 'StringLiteral':
      case 'NumberLiteral':
      case 'BooleanLiteral': {
        const { value } = expression;
        return () => value;
      }
    }
  }

  private path(path: PathExpression, lenient: boolean): Get {
    const { parts, depth, data, original } = path;
    const place = this.place(path);
    const ofContext = depth > 0 || /^(?:this\b|\.)/.test(original);
    const [first] = parts;
    const start: (scope: Scope) => readonly [unknown, readonly string[]] = data
      ? (scope) => (first === 'root' ? [scope.root, parts.slice(1)] : [up(scope, depth)?.loop, parts])
      : ofContext || first === undefined
        ? (scope) => [up(scope, depth)?.context, parts]
        : (scope) => [holder(scope, first), parts];
    return (scope) => {
      let [value, rest] = start(scope);
      for (const [index, name] of rest.entries()) {
        const inner = entry(value, name);
        if (inner === undefined) {
          if (lenient) return undefined;
          const known = index === 0 && !data && !ofContext ? namesIn(scope) : entryNames(value);
          const shown = rest.slice(0, index + 1).join('.');
          const name_ = data ? `@${shown}` : shown;
          throw templateErrors.undefinedName(
            { name: name_ },
            { place, hint: didYouMean(nearest(name, known)) ?? defaultHint(original) },
          );
        }
        value = inner;
      }
      if (value === undefined && !lenient) throw templateErrors.undefinedName({ name: original }, { place });
      return value;
    };
  }

  private block(block: Block): Part {
    const { path, params, program, inverse } = block;
    const place = this.place(block);
    const name = path.type === 'PathExpression' ? path.original : String(path.original);
    if (name === 'raw') {
      const parts = (program?.body ?? []).flatMap((part) =>
        part.type === 'ContentStatement'
          ? this.content(part, true)
          : (this.mistakes.during(() => this.statement(part)) ?? []),
      );
      return (scope, emit) => run(parts, scope, emit);
    }
    if (!blocks.includes(name)) {
      const hint = didYouMean(nearest(name, blocks)) ?? `there are ${blocks.map((known) => `#${known}`).join(', ')}`;
      throw templateErrors.unknownBlock({ name }, { place, hint });
    }
    const [subject, ...more] = params;
    if (!subject || more.length > 0)
      throw templateErrors.badArguments({ name: `#${name}`, expected: 'one value' }, { place });
    const get = this.expression(subject);
    const then = this.program(program);
    const otherwise = this.program(inverse);
    const names = program?.blockParams ?? [];
    if (name === 'if' || name === 'unless') {
      const wanted = name === 'if';
      return (scope, emit) => run(isTrue(get(scope)) === wanted ? then : otherwise, scope, emit);
    }
    if (name === 'with') {
      return (scope, emit) => {
        const value = get(scope);
        if (!isTrue(value)) return run(otherwise, scope, emit);
        run(then, inner(scope, value, names, [value], scope.loop), emit);
      };
    }
    const shown = this.text(subject);
    return (scope, emit) => {
      const value = get(scope);
      const isList = Array.isArray(value);
      if (!isList && (typeof value !== 'object' || value === null) && value !== false && value !== null) {
        throw templateErrors.notIterable({ name: shown, kind: kindOf(value) }, { place });
      }
      const keys: readonly (string | number)[] = isList ? [...value.keys()] : value ? keysOf(value as object) : [];
      if (keys.length === 0) return run(otherwise, scope, emit);
      for (const [index, key] of keys.entries()) {
        const item = entry(value, String(key));
        const loop = { index, key, first: index === 0, last: index === keys.length - 1 };
        run(then, inner(scope, item, names, [item, key], loop), emit);
      }
    };
  }

  private written(call: Call): string {
    return [call.path, ...call.params].map((expression) => this.text(expression)).join(' ');
  }

  private text({ loc }: Located): string {
    return this.source.slice(this.at(loc.start), this.at(loc.end));
  }

  private offset({ loc }: Located): number {
    return this.at(loc.start);
  }

  private at({ line, column }: Located['loc']['start']): number {
    return (this.lineStarts[line - 1] ?? 0) + column;
  }

  private place({ loc }: Located): Place {
    const { line, column } = loc.start;
    return { file: this.file, line, column: column + 1, text: lineOf(this.source, line) };
  }
}

function put(emit: Emit, text: string, at: number, copied: boolean): void {
  if (text === '') return;
  emit.starts.push(emit.length);
  emit.origins.push({ at, copied });
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

/** The arguments of a call, by place and by name. Raises the first that has no value; mistakes in the others are noted. */
function evaluate(
  args: readonly Get[],
  named: readonly (readonly [string, Get])[],
  scope: Scope,
): readonly [unknown[], Record<string, unknown>] {
  const failures: unknown[] = [];
  const valueOf = (get: Get): unknown => {
    try {
      return get(scope);
    } catch (thrown) {
      if (!scope.mistakes) throw thrown;
      failures.push(thrown);
      return undefined;
    }
  };
  const values = args.map(valueOf);
  const byName = Object.fromEntries(named.map(([key, get]) => [key, valueOf(get)]));
  for (const thrown of failures.slice(0, -1)) scope.mistakes?.note(thrown);
  if (failures.length > 0) throw failures.at(-1);
  return [values, byName];
}

function inner(
  scope: Scope,
  context: unknown,
  names: readonly string[],
  values: readonly unknown[],
  loop: Scope['loop'],
): Scope {
  const locals = names.length === 0 ? undefined : Object.fromEntries(names.map((name, index) => [name, values[index]]));
  const { root, call, print, mistakes } = scope;
  return { context, root, call, print, parent: scope, locals, loop, mistakes };
}

function up(scope: Scope, depth: number): Scope | undefined {
  let found: Scope | undefined = scope;
  for (let left = depth; left > 0; left--) found = found?.parent;
  return found;
}

/** The nearest thing that has the name: a block parameter, the current item, else what every template has. */
function holder(scope: Scope, name: string): unknown {
  for (let at: Scope | undefined = scope; at; at = at.parent)
    if (at.locals && Object.hasOwn(at.locals, name)) return at.locals;
  return entry(scope.context, name) === undefined ? scope.root : scope.context;
}

function namesIn(scope: Scope): string[] {
  const names = [...entryNames(scope.context), ...entryNames(scope.root)];
  for (let at: Scope | undefined = scope; at; at = at.parent) names.push(...Object.keys(at.locals ?? {}));
  return names;
}

function orUndefined(get: () => unknown): unknown {
  try {
    return get();
  } catch (thrown) {
    if (thrown instanceof TsaltError && thrown.code === 'TS_TEMPLATE_UNDEFINED_NAME') return undefined;
    throw thrown;
  }
}

function defaultHint(original: string): string {
  return `where it may be missing, write (default ${original} ...)`;
}
