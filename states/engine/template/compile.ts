import { didYouMean } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { nearest } from '../../../lib/nearest.ts';
import type { Place } from '../../../lib/place.ts';
import { keysOf } from '../../../lib/yaml/maps.ts';
import { blocks, evaluate, Expressions, type Get } from './expressions.ts';
import { helperHint, helperNamed } from './helpers/registry.ts';
import { Mistakes } from './mistakes.ts';
import { scopeOfPartial, type Partials } from './partials.ts';
import { inner, put, refuseTooLong, run, step, type Emit, type Part, type Scope } from './scope.ts';
import { SourceText } from './source-text.ts';
import type { Block, Content, Decorator, DecoratorBlock, Mustache, PartialCall, Program, Statement } from './syntax.ts';
import { asText, entry, isTrue, kindOf } from './values.ts';

/*
 * Turns a template's tree into functions. Handlebars' own code generation is not used: it takes what is undefined for
 * nothing, adds up numbers that stand side by side, and knows no places. What a template means is the same.
 */

/** Helpers whose argument stands in the text as a value of its own, where a reader of the text gets values. */
const written = ['json', 'yaml', 'quote'];

export class Compiler {
  readonly expressions: Expressions;
  /** What is wrong whatever the data. */
  readonly mistakes = new Mistakes();
  /** The partials that the template itself defines. */
  readonly partials = new Map<string, { parts: readonly Part[] }>();
  private readonly text: SourceText;

  constructor(text: string, file: string) {
    this.text = new SourceText(text, file);
    this.expressions = new Expressions(this.text);
  }

  program(program: Program | undefined): Part[] {
    const { expressions } = this;
    const outer = expressions.partials;
    const body = program?.body ?? [];
    const own = outer ? new Map<string, { parts: readonly Part[] }>() : this.partials;
    const partials: Partials = { own, outer, imports: [] };
    expressions.partials = partials;
    try {
      this.define(body, partials);
      return body.flatMap((statement) => this.checked(statement));
    } finally {
      expressions.partials = outer;
    }
  }

  private checked(statement: Statement): Part[] {
    return this.mistakes.during(() => this.statement(statement)) ?? [];
  }

  /** A partial is there in all of the program that defines it, before it, too, and in itself. */
  private define(body: readonly Statement[], scope: Partials): void {
    const inlines: { readonly holder: { parts: readonly Part[] }; readonly program: Program | undefined }[] = [];
    for (const statement of body) {
      this.mistakes.during(() => {
        if (statement.type === 'Decorator') scope.imports.push(this.import(statement));
        if (statement.type !== 'DecoratorBlock') return;
        const holder = { parts: [] };
        scope.own.set(this.inlineName(statement), holder);
        inlines.push({ holder, program: statement.program });
      });
    }
    for (const { holder, program } of inlines) holder.parts = this.program(program);
  }

  private inlineName(block: DecoratorBlock): string {
    const [name, ...more] = block.params;
    const place = this.text.place(block);
    if (this.text.text(block.path) !== 'inline')
      throw templateErrors.notSupported({ what: 'decorators other than {{#*inline "name"}}' }, { place });
    if (name?.type !== 'StringLiteral' || more.length > 0 || block.hash)
      throw templateErrors.badArguments({ name: '#*inline', expected: 'a quoted name' }, { place });
    return String(name.value);
  }

  private import({ path, params, hash, ...located }: Decorator): Get {
    const [name, ...more] = params;
    const place = this.text.place(located);
    if (this.text.text(path) !== 'import')
      throw templateErrors.notSupported({ what: 'decorators other than {{*import "path"}}' }, { place });
    if (!name || more.length > 0 || hash)
      throw templateErrors.badArguments({ name: '*import', expected: 'the path of a file in the tree' }, { place });
    if (name.type === 'StringLiteral') this.expressions.files.set(String(name.value), 'template');
    return this.expressions.expression(name);
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

  private content(statement: Content): Part[] {
    const { value, original } = statement;
    const { source } = this.text;
    if (value === '') return [];
    const at = this.text.offset(statement) + Math.max(0, original.indexOf(value));
    return [(_, emit) => put(emit, value, source, at, true)];
  }

  private output(statement: Mustache): Part {
    const { source } = this.text;
    const get = this.expressions.call(statement);
    const at = this.text.offset(statement);
    const place = this.text.place(statement);
    const name = this.text.written(statement);
    const { path, params } = statement;
    const [first] = params;
    const value = first && written.includes(this.text.text(path)) ? this.expressions.expression(first) : get;
    const isText = first !== undefined && this.text.text(path) === 'quote';
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
      refuseTooLong(emit, place);
    };
  }

  /** `{{> name}}`: a partial of this template, of an imported one, or a file of the tree. */
  private partial(statement: PartialCall): Part {
    const { name, params, hash, indent = '' } = statement;
    const place = this.text.place(statement);
    const [context, ...more] = params;
    if (more.length > 0)
      throw templateErrors.badArguments({ name: '>', expected: 'one value, and values by name' }, { place });
    const shown = this.text.text(name);
    const draw = (parts: readonly Part[], scope: Scope, emit: Emit) => {
      step(scope, emit, place);
      const outer = emit.indent;
      emit.indent = outer + indent;
      emit.fresh = indent === '' ? emit.fresh : true;
      run(parts, scope, emit);
      emit.indent = outer;
    };
    if (name.type === 'PathExpression' && name.data) {
      return ({ caller }, emit) => {
        if (!caller) throw templateErrors.noPartial({ name: shown }, { place, hint: 'a block has to be given' });
        draw(caller.parts, caller.scope, emit);
      };
    }
    const find = this.expressions.finder(name, place);
    const get = context && this.expressions.expression(context);
    const named = this.expressions.named(hash);
    const body = statement.type === 'PartialBlockStatement' ? this.program(statement.program) : undefined;
    return (scope, emit) => {
      const { parts, path } = find(scope);
      const caller = body && { parts: body, scope };
      const of = get ? get(scope) : scope.context;
      const within = scopeOfPartial({ scope, name: shown, place }, of, evaluate([], named, scope)[1], path, caller);
      draw(parts, within, emit);
    };
  }

  private block(block: Block): Part {
    const { path, params, program, inverse, hash } = block;
    const place = this.text.place(block);
    const name = path.type === 'PathExpression' ? path.original : String(path.original);
    if (name === 'raw') {
      const parts = (program?.body ?? []).flatMap((part) =>
        part.type === 'ContentStatement' ? this.content(part) : this.checked(part),
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
    const get = this.expressions.expression(subject);
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
    const shown = this.text.text(subject);
    return (scope, emit) => {
      const value = get(scope);
      const isList = Array.isArray(value);
      if (!isList && (typeof value !== 'object' || value === null) && value !== false && value !== null) {
        throw templateErrors.notIterable({ name: shown, kind: kindOf(value) }, { place });
      }
      const keys: readonly (string | number)[] = isList ? [...value.keys()] : value ? keysOf(value as object) : [];
      if (keys.length === 0) return run(otherwise, scope, emit);
      for (const [index, key] of keys.entries()) {
        step(scope, emit, place);
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
    const named = this.expressions.named(hash);
    const parts = this.program(program);
    return (scope, emit) => {
      // It is no level of its own for `../`.
      const locals = Object.assign(Object.create(null), scope.locals) as Record<string, unknown>;
      const within = { ...scope, locals };
      for (const [name, get] of named) locals[name] = get(within);
      run(parts, within, emit);
    };
  }
}
