import { didYouMean, messageOf, TsaltError } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { nearest } from '../../../lib/nearest.ts';
import type { Place } from '../../../lib/place.ts';
import { NotYet } from '../files.ts';
import { BadArguments, type HelperDefinition, type Surroundings } from './helpers/definition.ts';
import { helperHint, helperNamed } from './helpers/registry.ts';
import { jinjaHint } from './jinja/mistakes.ts';
import {
  findPartial,
  isFile,
  own,
  scopeOfPartial,
  withPlace,
  type FileKind,
  type Find,
  type Partials,
} from './partials.ts';
import { holder, namesIn, newEmit, run, step, up, type Scope } from './scope.ts';
import type { SourceText } from './source-text.ts';
import type { Call, Expression, PathExpression } from './syntax.ts';
import { entry, entryNames, isTrue, traverse } from './values.ts';

export type Get = (scope: Scope) => unknown;
export type NamedGets = readonly (readonly [string, Get])[];

export const blocks = ['if', 'unless', 'each', 'with', 'let', 'raw'];
const imports = ['import_yaml', 'import_json', 'import_text'];

/** Turns what stands in a template for a value into a function that gives it. */
export class Expressions {
  readonly functions = new Set<string>();
  /** Files of the tree that are named as quoted text. */
  readonly files = new Map<string, FileKind>();
  /** The partials that can be named where the compiler is. */
  partials: Partials | undefined;
  private readonly text: SourceText;

  constructor(text: SourceText) {
    this.text = text;
  }

  /** Finds a partial by its name: when the template is compiled, where the name is written out. */
  finder(name: Expression, place: Place): Find {
    const { partials } = this;
    if (name.type === 'SubExpression') {
      const get = this.expression(name);
      return (at) => findPartial(String(get(at)), partials, place)(at);
    }
    const literal = name.type === 'StringLiteral' ? String(name.value) : this.text.text(name);
    const found = findPartial(literal, partials, place);
    if (!own(literal, partials) && isFile(literal)) this.files.set(literal, 'template');
    return found;
  }

  named(hash: Call['hash']): NamedGets {
    return (hash?.pairs ?? []).map(({ key, value }) => [key, this.expression(value)] as const);
  }

  /** What a mustache or subexpression gives: a helper's answer, or the value of a path. */
  call(call: Call): Get {
    const { path, params, hash } = call;
    const isSub = 'type' in call && call.type === 'SubExpression';
    const hasArguments = params.length > 0 || hash !== undefined;
    if (!hasArguments && !isSub) return this.expression(path);
    if (path.type !== 'PathExpression') return this.expression(path);
    const name = path.original;
    const place = this.text.place(path);
    const helper = path.data ? undefined : helperNamed(name);
    if (!helper) {
      const hint = blocks.includes(name) ? `write {{#${name}}}` : (this.jinjaHint(call) ?? helperHint(name));
      throw templateErrors.unknownHelper({ name }, { place, hint });
    }
    this.checkArguments(name, helper, call);
    const [first] = params;
    if (imports.includes(name) && first?.type === 'StringLiteral') this.files.set(String(first.value), 'data');
    return helper.call ? this.helper(call, name, helper, helper.call) : this.special(call, name, place);
  }

  /** What a whole tag says in Jinja, where it does. */
  private jinjaHint(call: Call): string | undefined {
    return 'type' in call && call.type === 'SubExpression' ? undefined : jinjaHint(`{{${this.text.written(call)}}}`);
  }

  private checkArguments(name: string, { takes, args, named }: HelperDefinition, { params, hash, path }: Call): void {
    const [least, most] = args;
    const byName = named === undefined || named === 'any' ? '' : `; by name: ${named.join(', ')}`;
    const expected = takes + byName;
    if (params.length < least || params.length > most)
      throw templateErrors.badArguments({ name, expected }, { place: this.text.place(path) });
    for (const { key, loc } of hash?.pairs ?? []) {
      if (named === 'any' || named?.includes(key)) continue;
      const hint = `there is no '${key}'${named ? `: ${didYouMean(nearest(key, named)) ?? 'see the reference'}` : ''}`;
      throw templateErrors.badArguments({ name, expected }, { place: this.text.place({ loc }), hint });
    }
  }

  private helper(
    call: Call,
    name: string,
    { takes }: HelperDefinition,
    work: NonNullable<HelperDefinition['call']>,
  ): Get {
    const place = this.text.place(call.path);
    const shown = this.text.written(call);
    const args = call.params.map((param) => this.expression(param));
    const named = this.named(call.hash);
    return (scope) => {
      const [values, byName] = evaluate(args, named, scope);
      try {
        const value = work(values, byName, surroundings(scope));
        if (value === undefined) throw templateErrors.undefinedName({ name: shown }, { place });
        return value;
      } catch (thrown) {
        if (thrown instanceof BadArguments)
          throw templateErrors.badArguments({ name, expected: thrown.message || takes }, { place });
        if (thrown instanceof NotYet || (thrown instanceof TsaltError && thrown.place)) throw thrown;
        if (thrown instanceof TsaltError) throw withPlace(thrown, place);
        throw templateErrors.failed({ name, problem: messageOf(thrown) }, { place, cause: thrown });
      }
    };
  }

  /** Helpers that see more than the values of their arguments. */
  private special(call: Call, name: string, place: Place): Get {
    const { params, hash } = call;
    const [first, second, third] = params;
    switch (name) {
      case 'default': {
        const [preferred, other] = [this.lenient(first), this.strict(second)];
        return (scope) => preferred(scope) ?? other(scope);
      }
      case 'defined': {
        const get = this.lenient(first);
        return (scope) => get(scope) !== undefined;
      }
      case 'if': {
        const [condition, then, otherwise] = [this.strict(first), this.strict(second), third && this.strict(third)];
        return (scope) => (isTrue(condition(scope)) ? then(scope) : otherwise ? otherwise(scope) : '');
      }
      case 'and':
      case 'or': {
        const gets = params.map((param) => this.expression(param));
        return (scope) => {
          let value: unknown;
          for (const get of gets) if (isTrue((value = get(scope))) === (name === 'or')) return value;
          return value;
        };
      }
      case 'salt':
        return this.salt(params, this.named(hash), place);
      case 'render': {
        const find = this.finder(first as Expression, place);
        const shown = this.text.text(first as Expression);
        const named = this.named(hash);
        return (scope) => {
          const emit = newEmit();
          step(scope, emit, place);
          const { parts, path } = find(scope);
          // It is a value, that may be printed: what is in it is no value of its own.
          const rendering = { ...scope.rendering, print: undefined };
          const of = { scope: { ...scope, rendering }, name: shown, place };
          run(parts, scopeOfPartial(of, scope.context, evaluate([], named, scope)[1], path), emit);
          return emit.pieces.join('');
        };
      }
      default:
        return this.colonPath(name, params, place);
    }
  }

  private strict(expression: Expression | undefined): Get {
    return this.expression(expression as Expression);
  }

  private lenient(expression: Expression | undefined): Get {
    return this.expression(expression as Expression, true);
  }

  private salt(params: readonly Expression[], named: NamedGets, place: Place): Get {
    const [fun, ...rest] = params;
    if (fun?.type !== 'StringLiteral') throw templateErrors.saltNotLiteral(undefined, { place });
    const name = String(fun.value);
    const args = rest.map((param) => this.expression(param));
    this.functions.add(name);
    return (scope) => {
      const [values, byName] = evaluate(args, named, scope);
      try {
        return scope.rendering.call(name, values, byName) ?? null;
      } catch (thrown) {
        if (thrown instanceof NotYet || (thrown instanceof TsaltError && thrown.place)) throw thrown;
        const problem = thrown instanceof TsaltError ? thrown.sentence : messageOf(thrown);
        const hint = thrown instanceof TsaltError ? thrown.hint : undefined;
        throw templateErrors.failed({ name: `salt ${name}`, problem }, { place, hint, cause: thrown });
      }
    };
  }

  /** `(pillar "a:b" fallback)`. `config` asks several, as Salt's config.get does. */
  private colonPath(name: string, params: readonly Expression[], place: Place): Get {
    const [path, other] = params.map((param) => this.expression(param));
    const asked = name === 'config' ? ['opts', 'grains', 'pillar'] : [name];
    return (scope) => {
      const at = String(path?.(scope));
      let value: unknown;
      for (const one of asked) value ??= traverse(entry(scope.rendering.root, one), at);
      value ??= other?.(scope);
      if (value === undefined) throw templateErrors.undefinedName({ name: `${name}:${at}` }, { place });
      return value;
    };
  }

  expression(expression: Expression, lenient = false): Get {
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
    const place = this.text.place(path);
    const ofContext = depth > 0 || /^(?:this\b|\.)/.test(original);
    const [first] = parts;
    const start: (scope: Scope) => readonly [unknown, readonly string[]] = data
      ? (scope) => (first === 'root' ? [scope.rendering.root, parts.slice(1)] : [up(scope, depth)?.loop, parts])
      : ofContext || first === undefined
        ? (scope) => [up(scope, depth)?.context, parts]
        : (scope) => [holder(scope, first), parts];
    return (scope) => {
      let [value, rest] = start(scope);
      for (const [index, name] of rest.entries()) {
        const next = entry(value, name);
        if (next === undefined) {
          if (lenient) return undefined;
          const known = index === 0 && !data && !ofContext ? namesIn(scope) : entryNames(value);
          const shown = rest.slice(0, index + 1).join('.');
          const name_ = data ? `@${shown}` : shown;
          throw templateErrors.undefinedName({ name: name_ }, { place, hint: missingHint(original, name, known) });
        }
        value = next;
      }
      if (value === undefined && !lenient) throw templateErrors.undefinedName({ name: original }, { place });
      return value;
    };
  }
}

function surroundings(scope: Scope): Surroundings {
  const { rendering, path } = scope;
  return {
    now: rendering.now,
    root: rendering.root,
    file: (name) => rendering.file(name, path),
    apply(name, args) {
      const helper = helperNamed(name);
      if (!helper?.call) throw new BadArguments('the name of a helper that takes values');
      if (args.length < helper.args[0] || args.length > helper.args[1])
        throw new BadArguments(`what '${name}' takes: ${helper.takes}`);
      try {
        return helper.call(args, {}, surroundings(scope));
      } catch (thrown) {
        if (!(thrown instanceof BadArguments)) throw thrown;
        throw new BadArguments(`what '${name}' takes: ${thrown.message || helper.takes}`);
      }
    },
  };
}

/** The arguments of a call, by place and by name. Raises the first that has no value; mistakes in the others are noted. */
export function evaluate(
  args: readonly Get[],
  named: NamedGets,
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

function orUndefined(get: () => unknown): unknown {
  try {
    return get();
  } catch (thrown) {
    if (thrown instanceof TsaltError && thrown.code === 'TS_TEMPLATE_UNDEFINED_NAME') return undefined;
    throw thrown;
  }
}

function missingHint(original: string, name: string, known: readonly string[]): string {
  const helper = helperNamed(original);
  if (helper) return `'${original}' is a helper, which takes ${helper.takes}`;
  return didYouMean(nearest(name, known)) ?? `where it may be missing, write (default ${original} ...)`;
}
