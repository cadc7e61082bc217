import { didYouMean, messageOf, TsaltError } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { nearest } from '../../../lib/nearest.ts';
import { lineOf, type Place } from '../../../lib/place.ts';
import { keysOf } from '../../../lib/yaml/maps.ts';
import { NotYet } from '../files.ts';
import { BadArguments, type HelperDefinition, type Surroundings } from './helpers/definition.ts';
import { helperHint, helperNamed } from './helpers/registry.ts';
import { refuseJinja } from './parse.ts';
import {
  holder,
  inner,
  namesIn,
  newEmit,
  put,
  run,
  up,
  type Emit,
  type Part,
  type Partial,
  type Scope,
  type Source,
} from './scope.ts';
import type {
  Block,
  Call,
  Content,
  Decorator,
  DecoratorBlock,
  Expression,
  Located,
  Mustache,
  PartialCall,
  PathExpression,
  Program,
  Statement,
} from './syntax.ts';
import { asText, entry, entryNames, isTrue, kindOf, traverse } from './values.ts';

/*
 * Turns a template's tree into functions. Handlebars' own code generation is not used: it takes what is undefined for
 * nothing, adds up numbers that stand side by side, and knows no places. What a template means is the same.
 */

type Get = (scope: Scope) => unknown;
type NamedGets = readonly (readonly [string, Get])[];
type Hash = Call['hash'];

/** Partials that a program defines, and those of the programs around it. */
interface Partials {
  readonly own: Map<string, { parts: readonly Part[] }>;
  readonly outer: Partials | undefined;
  /** Paths of the files whose partials it has, too. */
  readonly imports: Get[];
}

/** What a partial's name leads to; `path` where it is another file's. */
type Find = (scope: Scope) => Partial & { readonly path?: string };

/** What a template takes of a file: what it says, or what it renders to. */
export type FileKind = 'data' | 'template';

const longestText = 32 * 1024 * 1024;
/** Partials within partials. */
const deepest = 100;
const blocks = ['if', 'unless', 'each', 'with', 'let', 'raw'];
/** Helpers whose argument stands in the text as a value of its own, where a reader of the text gets values. */
const written = ['json', 'yaml', 'quote'];
const imports = ['import_yaml', 'import_json', 'import_text'];

export class Compiler {
  readonly functions = new Set<string>();
  /** Files of the tree that it names as quoted text. */
  readonly files = new Map<string, FileKind>();
  /** The partials that the template itself defines. */
  readonly partials = new Map<string, { parts: readonly Part[] }>();
  private readonly source: Source;
  private readonly lineStarts: readonly number[];
  private scope: Partials | undefined;

  constructor(text: string, file: string) {
    this.source = { text, file };
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  program(program: Program | undefined): Part[] {
    const outer = this.scope;
    const body = program?.body ?? [];
    this.scope = { own: outer ? new Map<string, { parts: readonly Part[] }>() : this.partials, outer, imports: [] };
    try {
      this.define(body, this.scope);
      return body.flatMap((statement) => this.statement(statement));
    } finally {
      this.scope = outer;
    }
  }

  /** A partial is there in all of the program that defines it, before it, too, and in itself. */
  private define(body: readonly Statement[], scope: Partials): void {
    const inlines: { readonly holder: { parts: readonly Part[] }; readonly program: Program | undefined }[] = [];
    for (const statement of body) {
      if (statement.type === 'Decorator') scope.imports.push(this.import(statement));
      if (statement.type !== 'DecoratorBlock') continue;
      const holder = { parts: [] };
      scope.own.set(this.inlineName(statement), holder);
      inlines.push({ holder, program: statement.program });
    }
    for (const { holder, program } of inlines) holder.parts = this.program(program);
  }

  private inlineName(block: DecoratorBlock): string {
    const [name, ...more] = block.params;
    const place = this.place(block);
    if (this.text(block.path) !== 'inline')
      throw templateErrors.notSupported({ what: 'decorators other than {{#*inline "name"}}' }, { place });
    if (name?.type !== 'StringLiteral' || more.length > 0 || block.hash)
      throw templateErrors.badArguments({ name: '#*inline', expected: 'a quoted name' }, { place });
    return String(name.value);
  }

  private import({ path, params, hash, ...located }: Decorator): Get {
    const [name, ...more] = params;
    const place = this.place(located);
    if (this.text(path) !== 'import')
      throw templateErrors.notSupported({ what: 'decorators other than {{*import "path"}}' }, { place });
    if (!name || more.length > 0 || hash)
      throw templateErrors.badArguments({ name: '*import', expected: 'the path of a file in the tree' }, { place });
    if (name.type === 'StringLiteral') this.files.set(String(name.value), 'template');
    return this.expression(name);
  }

  private statement(statement: Statement): Part[] {
    switch (statement.type) {
      case 'ContentStatement':
        return this.content(statement);
      case 'MustacheStatement':
        return [this.output(statement)];
      case 'BlockStatement':
        return [this.block(statement)];
      case 'PartialStatement':
      case 'PartialBlockStatement':
        return [this.partial(statement)];
      case 'CommentStatement':
      case 'Decorator':
      case 'DecoratorBlock':
        return [];
    }
  }

  private content(statement: Content, isRaw = false): Part[] {
    const { value, original } = statement;
    const { source } = this;
    if (value === '') return [];
    const at = this.offset(statement) + Math.max(0, original.indexOf(value));
    if (!isRaw) refuseJinja(value, at, source.text, source.file);
    return [(_, emit) => put(emit, value, source, at, true)];
  }

  private output(statement: Mustache): Part {
    const { source } = this;
    const get = this.call(statement);
    const at = this.offset(statement);
    const place = this.place(statement);
    const name = this.written(statement);
    const { path, params } = statement;
    const [first] = params;
    const value = first && written.includes(this.text(path)) ? this.expression(first) : get;
    const isText = first !== undefined && this.text(path) === 'quote';
    return (scope, emit) => {
      const { print } = scope.rendering;
      const text = print ? print(isText ? asText(value(scope)) : value(scope)) : asText(get(scope));
      if (text === undefined) {
        throw templateErrors.notPrintable(
          { name, kind: kindOf(value(scope)) },
          { place, hint: `write {{json ${params.length > 0 ? `(${name})` : name}}}` },
        );
      }
      put(emit, text, source, at, false);
      if (emit.length > longestText) throw templateErrors.tooLong(undefined, { place });
    };
  }

  /** `{{> name}}`: a partial of this template, of an imported one, or a file of the tree. */
  private partial(statement: PartialCall): Part {
    const { name, params, hash, indent = '' } = statement;
    const place = this.place(statement);
    const [context, ...more] = params;
    if (more.length > 0)
      throw templateErrors.badArguments({ name: '>', expected: 'one value, and values by name' }, { place });
    const draw = (parts: readonly Part[], scope: Scope, emit: Emit) => {
      this.step(scope, place);
      const outer = emit.indent;
      emit.indent = outer + indent;
      emit.fresh = indent === '' ? emit.fresh : true;
      run(parts, scope, emit);
      emit.indent = outer;
    };
    if (name.type === 'PathExpression' && name.data) {
      const shown = this.text(name);
      return ({ caller }, emit) => {
        if (!caller) throw templateErrors.noPartial({ name: shown }, { place, hint: 'a block has to be given' });
        draw(caller.parts, caller.scope, emit);
      };
    }
    const find = this.finder(name, place);
    const get = context && this.expression(context);
    const named = this.named(hash);
    const body = statement.type === 'PartialBlockStatement' ? this.program(statement.program) : undefined;
    return (scope, emit) => {
      const { parts, path } = find(scope);
      const caller = body && { parts: body, scope };
      const within = this.within(scope, get ? get(scope) : scope.context, evaluate(named, scope), path, name, caller);
      draw(parts, within, emit);
    };
  }

  /** The scope of a partial: what it is given and what every template has, but nothing of the blocks it is called in. */
  private within(
    scope: Scope,
    context: unknown,
    locals: Scope['locals'],
    path: string | undefined,
    name: Located,
    caller?: Scope['caller'],
  ): Scope {
    if (scope.depth >= deepest) throw templateErrors.tooDeep({ name: this.text(name) }, { place: this.place(name) });
    const { rendering, depth } = scope;
    const parent = undefined;
    return { context, rendering, parent, locals, loop: undefined, path: path ?? scope.path, depth: depth + 1, caller };
  }

  /** Finds a partial by its name: when the template is compiled, where the name is written out. */
  private finder(name: Expression, place: Place): Find {
    const scope = this.scope;
    if (name.type === 'SubExpression') {
      const get = this.expression(name);
      return (at) => this.find(String(get(at)), scope, place)(at);
    }
    const literal = name.type === 'StringLiteral' ? String(name.value) : this.text(name);
    const found = this.find(literal, scope, place);
    if (!own(literal, scope) && isFile(literal)) this.files.set(literal, 'template');
    return found;
  }

  private find(name: string, partials: Partials | undefined, place: Place): Find {
    const known = own(name, partials);
    if (known) return () => known;
    if (isFile(name)) return (scope) => this.placed(place, () => scope.rendering.template(name, scope.path));
    const imported = importsOf(partials);
    const missing = (names: Iterable<string>) => {
      const near = didYouMean(nearest(name, names));
      return templateErrors.noPartial({ name }, { place, hint: near ?? 'a file of the tree is named by its path' });
    };
    const names = ownNames(partials);
    if (imported.length === 0) throw missing(names);
    return (scope) => {
      const others: string[] = [];
      for (const get of imported) {
        const file = this.placed(place, () => scope.rendering.template(String(get(scope)), scope.path));
        const partial = file.partials.get(name);
        if (partial) return { parts: partial.parts, path: file.path };
        others.push(...file.partials.keys());
      }
      throw missing([...names, ...others]);
    };
  }

  /** What is wrong with a file's name is told where it stands. */
  private placed<T>(place: Place, work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      if (!(thrown instanceof TsaltError) || thrown.place) throw thrown;
      throw withPlace(thrown, place);
    }
  }

  private step({ rendering }: Scope, place: Place): void {
    if (--rendering.steps < 0) throw templateErrors.tooMuch(undefined, { place });
  }

  private named(hash: Hash): NamedGets {
    return (hash?.pairs ?? []).map(({ key, value }) => [key, this.expression(value)] as const);
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
    const helper = path.data ? undefined : helperNamed(name);
    if (!helper) {
      const hint = blocks.includes(name) ? `write {{#${name}}}` : helperHint(name);
      throw templateErrors.unknownHelper({ name }, { place, hint });
    }
    this.checkArguments(name, helper, call);
    const [first] = params;
    if (imports.includes(name) && first?.type === 'StringLiteral') this.files.set(String(first.value), 'data');
    return helper.call ? this.helper(call, name, helper, helper.call) : this.special(call, name, place);
  }

  private checkArguments(name: string, { takes, args, named }: HelperDefinition, { params, hash, path }: Call): void {
    const [least, most] = args;
    const byName = named === undefined || named === 'any' ? '' : `; by name: ${named.join(', ')}`;
    const expected = takes + byName;
    if (params.length < least || params.length > most)
      throw templateErrors.badArguments({ name, expected }, { place: this.place(path) });
    for (const { key, loc } of hash?.pairs ?? []) {
      if (named === 'any' || named?.includes(key)) continue;
      const hint = `there is no '${key}'${named ? `: ${didYouMean(nearest(key, named)) ?? 'see the reference'}` : ''}`;
      throw templateErrors.badArguments({ name, expected }, { place: this.place({ loc }), hint });
    }
  }

  private helper(
    call: Call,
    name: string,
    { takes }: HelperDefinition,
    work: NonNullable<HelperDefinition['call']>,
  ): Get {
    const place = this.place(call.path);
    const shown = this.written(call);
    const args = call.params.map((param) => this.expression(param));
    const named = this.named(call.hash);
    return (scope) => {
      const values = args.map((get) => get(scope));
      const byName = evaluate(named, scope);
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
        const named = this.named(hash);
        return (scope) => {
          this.step(scope, place);
          const { parts, path } = find(scope);
          const emit = newEmit();
          run(parts, this.within(scope, scope.context, evaluate(named, scope), path, first as Expression), emit);
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
      const values = args.map((get) => get(scope));
      const byName = evaluate(named, scope);
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

  private expression(expression: Expression, lenient = false): Get {
    switch (expression.type) {
      case 'PathExpression':
        return this.path(expression, lenient);
      case 'SubExpression': {
        const get = this.call(expression);
        return lenient ? (scope) => orUndefined(() => get(scope)) : get;
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
          throw templateErrors.undefinedName(
            { name: name_ },
            { place, hint: didYouMean(nearest(name, known)) ?? defaultHint(original) },
          );
        }
        value = next;
      }
      if (value === undefined && !lenient) throw templateErrors.undefinedName({ name: original }, { place });
      return value;
    };
  }

  private block(block: Block): Part {
    const { path, params, program, inverse, hash } = block;
    const place = this.place(block);
    const name = path.type === 'PathExpression' ? path.original : String(path.original);
    if (name === 'raw') {
      const parts = (program?.body ?? []).flatMap((part) =>
        part.type === 'ContentStatement' ? this.content(part, true) : this.statement(part),
      );
      return (scope, emit) => run(parts, scope, emit);
    }
    if (!blocks.includes(name)) {
      const hint =
        didYouMean(nearest(name, blocks)) ??
        (helperNamed(name) ? `write {{${name} ...}}` : helperHint(name)) ??
        `there are ${blocks.map((known) => `#${known}`).join(', ')}`;
      throw templateErrors.unknownBlock({ name }, { place, hint });
    }
    if (name === 'let') return this.let(block, place);
    const [subject, ...more] = params;
    if (!subject || more.length > 0 || hash)
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
        this.step(scope, place);
        const item = entry(value, String(key));
        const loop = { index, key, first: index === 0, last: index === keys.length - 1 };
        run(then, inner(scope, item, names, [item, key], loop), emit);
      }
    };
  }

  /** `{{#let a=1 b=(add a 1)}}`: names for values; later ones may use earlier ones. */
  private let({ params, hash, program, inverse }: Block, place: Place): Part {
    if (params.length > 0 || !hash || inverse)
      throw templateErrors.badArguments({ name: '#let', expected: 'values by name: {{#let a=1 b=2}}' }, { place });
    const named = this.named(hash);
    const parts = this.program(program);
    return (scope, emit) => {
      // It is no level of its own for `../`.
      const locals = Object.assign(Object.create(null), scope.locals) as Record<string, unknown>;
      const within = { ...scope, locals };
      for (const [name, get] of named) locals[name] = get(within);
      run(parts, within, emit);
    };
  }

  private written(call: Call): string {
    const pairs = (call.hash?.pairs ?? []).map(({ key, value }) => `${key}=${this.text(value)}`);
    return [...[call.path, ...call.params].map((expression) => this.text(expression)), ...pairs].join(' ');
  }

  private text({ loc }: Located): string {
    return this.source.text.slice(this.at(loc.start), this.at(loc.end));
  }

  private offset({ loc }: Located): number {
    return this.at(loc.start);
  }

  private at({ line, column }: Located['loc']['start']): number {
    return (this.lineStarts[line - 1] ?? 0) + column;
  }

  private place({ loc }: Located): Place {
    const { line, column } = loc.start;
    const { file, text } = this.source;
    return { file, line, column: column + 1, text: lineOf(text, line) };
  }
}

function withPlace(thrown: TsaltError, place: Place): TsaltError {
  return new TsaltError(thrown.code, thrown.sentence, { place, hint: thrown.hint, cause: thrown });
}

function own(name: string, partials: Partials | undefined): Partial | undefined {
  for (let at = partials; at; at = at.outer) if (at.own.has(name)) return at.own.get(name);
  return undefined;
}

function ownNames(partials: Partials | undefined): string[] {
  return partials ? [...partials.own.keys(), ...ownNames(partials.outer)] : [];
}

function importsOf(partials: Partials | undefined): readonly Get[] {
  return partials ? [...partials.imports, ...importsOf(partials.outer)] : [];
}

/** Whether a partial's name is the path of a file. */
function isFile(name: string): boolean {
  return /[./]/.test(name);
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

function evaluate(named: NamedGets, scope: Scope): Record<string, unknown> {
  return Object.fromEntries(named.map(([key, get]) => [key, get(scope)]));
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
