import { elsewhere, helperNamed } from '../helpers/registry.ts';
import type { Arguments, Node } from './expression.ts';
import { filters, methods, tests, type Said } from './words.ts';

/** There is no Handlebars for it that is sure to say the same. */
class NoWords extends Error {}

function attempt(work: () => string): string | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof NoWords) return undefined;
    throw thrown;
  }
}

/** What the values of a macro are called, where its definition is at hand. */
export type Macros = ReadonlyMap<string, readonly string[] | undefined>;

/** Says Jinja's expressions in Handlebars. */
export class Printer {
  private readonly macros: Macros;

  constructor(macros: Macros = new Map()) {
    this.macros = macros;
  }

  /** As an argument of a helper or a block; undefined where there is no Handlebars for it. */
  value(node: Node): string | undefined {
    return attempt(() => this.print(node));
  }

  /** As a whole tag: `{{helper x}}`, a partial where it calls a macro. */
  tag(node: Node): string | undefined {
    if (node.type === 'call' && node.fun.type === 'name') {
      if (node.fun.name === 'caller') return '{{> @partial-block}}';
      const named = this.macros.has(node.fun.name) ? attempt(() => this.macroCall(node)) : undefined;
      if (named !== undefined) return `{{> ${named}}}`;
    }
    if (node.type === 'text') return node.text;
    const value = this.value(node);
    if (value === undefined) return undefined;
    return `{{${value.startsWith('(') ? value.slice(1, -1) : value}}}`;
  }

  private print(node: Node): string {
    switch (node.type) {
      case 'name':
        return constants.get(node.name.toLowerCase()) ?? node.name;
      case 'number':
        return node.text;
      case 'text':
        return quoted(node.text);
      case 'list':
        return call('list', node.items.map(this.each));
      case 'map':
        return this.map(node.entries);
      case 'entry':
        return this.entry(node.of, node.key);
      case 'slice':
        return call('slice', [
          this.print(node.of),
          node.from ? this.print(node.from) : '0',
          ...(node.to ? [this.print(node.to)] : []),
        ]);
      case 'call':
        return this.call(node.fun, node.args);
      case 'filter':
        return this.worded(node.name, filters, node.of, node.args);
      case 'test': {
        const said = this.worded(node.name, tests, node.of, node.args);
        return node.not ? call('not', [said]) : said;
      }
      case 'operation':
        return this.operation(node.mark, node.left, node.right);
      case 'not':
        return call('not', [this.print(node.of)]);
      case 'minus':
        return node.of.type === 'number' ? `-${node.of.text}` : call('sub', ['0', this.print(node.of)]);
      case 'choice':
        return call('if', [node.when, node.value, ...(node.otherwise ? [node.otherwise] : [])].map(this.each));
    }
  }

  private readonly each = (node: Node): string => this.print(node);

  private map(entries: readonly (readonly [Node, Node])[]): string {
    const pairs = entries.map(([key, value]) => {
      if (key.type !== 'text') throw new NoWords();
      return `${isWord(key.text) ? key.text : `[${key.text}]`}=${this.print(value)}`;
    });
    return call('dict', pairs);
  }

  private entry(of: Node, key: Node): string {
    if (of.type === 'name' && of.name === 'loop' && key.type === 'text') {
      const said = Object.hasOwn(ofLoop, key.text) ? ofLoop[key.text] : undefined;
      if (said === undefined) throw new NoWords();
      return said;
    }
    const holder = this.print(of);
    if (key.type === 'text' && isWord(key.text) && !/[(")]/.test(holder)) return `${holder}.${key.text}`;
    if (key.type === 'minus' && this.print(key) === '-1') return call('last', [holder]);
    return call('lookup', [holder, this.print(key)]);
  }

  private call(fun: Node, args: Arguments): string {
    const executed = executionFunction(fun);
    if (executed !== undefined) return this.execution(executed, args);
    if (fun.type === 'name') {
      if (this.macros.has(fun.name)) return call('render', [this.macroCall({ fun, args }, true)]);
      if (fun.name === 'dict') return call('dict', this.named(args));
      const helper = functions.get(fun.name);
      if (helper !== undefined) return call(helper, args.plain.map(this.each));
      throw new NoWords();
    }
    if (fun.type !== 'entry' || fun.key.type !== 'text') throw new NoWords();
    const isData = fun.of.type === 'name' && ['pillar', 'grains', 'opts'].includes(fun.of.name);
    if (isData && fun.key.text === 'get') return this.path(this.print(fun.of), args, 'null');
    if (fun.of.type === 'name' && fun.of.name === 'loop') throw new NoWords();
    return this.worded(fun.key.text, methods, fun.of, args);
  }

  private execution(fun: string, args: Arguments): string {
    const [first] = args.plain;
    if (/^(?:pillar|grains|config)\.get$/.test(fun)) {
      const named = new Map(args.named);
      const other = named.get('default');
      const found = { plain: [...args.plain, ...(other ? [other] : [])], named: [] };
      if (!named.has('merge')) return this.path(fun.slice(0, -4), found, '""');
      const laid = this.path(fun.slice(0, -4), { plain: found.plain.slice(0, 1), named: [] }, '(dict)');
      return call('merge', [...found.plain.slice(1).map(this.each), laid]);
    }
    if (fun === 'grains.filter_by' && first) {
      const [, grain, merge, other] = args.plain;
      const named = Object.entries({ grain, merge, default: other }).flatMap(([name, node]) =>
        node ? [[name, node] as const] : [],
      );
      return call('filter_by', [this.print(first), ...this.named({ plain: [], named: [...named, ...args.named] })]);
    }
    return call('salt', [quoted(fun), ...args.plain.map(this.each), ...this.named(args)]);
  }

  /** `(pillar "a:b" other)`. */
  private path(helper: string, { plain: [first, other], named }: Arguments, otherwise: string): string {
    if (!first || named.length > 0) throw new NoWords();
    return call(helper, [this.print(first), other ? this.print(other) : otherwise]);
  }

  private named({ named }: Arguments): string[] {
    return named.map(([name, node]) => `${name}=${this.print(node)}`);
  }

  private macroCall({ fun, args }: { readonly fun: Node; readonly args: Arguments }, quotes = false): string {
    if (fun.type !== 'name') throw new NoWords();
    const names = this.macros.get(fun.name);
    const plain = args.plain.map((node, index) => `${names?.[index] ?? `NAME${index + 1}`}=${this.print(node)}`);
    return [quotes ? quoted(fun.name) : fun.name, ...plain, ...this.named(args)].join(' ');
  }

  /** A filter, test or method: by a rule of its own, under its name here, or the same name. */
  private worded(name: string, rules: Readonly<Record<string, Said>>, of: Node, args: Arguments): string {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const said = {
      of: this.print(of),
      plain: args.plain.map(this.each),
      named: Object.fromEntries(args.named.map(([key, node]) => [key, this.print(node)])),
    };
    if (rule) {
      const words = rule(said);
      if (words === undefined) throw new NoWords();
      return words;
    }
    const pattern = Object.hasOwn(elsewhere, name) ? (elsewhere[name] ?? '') : '';
    if (/^\((?:[a-z_]+|[0-2]|[ ()])*\)$/.test(pattern) && !pattern.includes('default')) {
      const [second] = said.plain;
      if (/\by\b/.test(pattern) && second === undefined) throw new NoWords();
      return pattern.replace(/\b[xy]\b/g, (letter) => (letter === 'x' ? said.of : (second ?? '')));
    }
    return sameName(name, said);
  }

  private operation(mark: string, left: Node, right: Node): string {
    const both = [this.print(left), this.print(right)] as const;
    const [first, second] = both;
    if (mark === 'not in') return call('not', [call('in', both)]);
    if (mark === '+') return joined(isTextOrList(left) || isTextOrList(right) ? 'concat' : 'add', first, second);
    if (mark === '*' && left.type === 'text') return call('repeat', both);
    if (mark === '%' && left.type === 'text')
      return call('format', right.type === 'list' ? [first, ...right.items.map(this.each)] : both);
    if (mark === '//') return call('div', [...both, 'whole=true']);
    const helper = operators[mark];
    if (helper === undefined) throw new NoWords();
    return ['and', 'or', 'concat'].includes(helper) ? joined(helper, first, second) : call(helper, both);
  }
}

/** Functions that are helpers. */
const functions = new Map([
  ['range', 'range'],
  ['raise', 'fail'],
  ['zip', 'zip'],
]);

const constants = new Map([
  ['none', 'null'],
  ['true', 'true'],
  ['false', 'false'],
]);

const ofLoop: Readonly<Record<string, string>> = {
  index: '(add @index 1)',
  index0: '@index',
  first: '@first',
  last: '@last',
};

const operators: Readonly<Record<string, string>> = {
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '~': 'concat',
  and: 'and',
  or: 'or',
  in: 'in',
};

function call(helper: string, words: readonly string[]): string {
  return `(${[helper, ...words].join(' ')})`;
}

/** A call that takes any number of values takes those of the same call at its start. */
function joined(helper: string, first: string, second: string): string {
  const start = `(${helper} `;
  return first.startsWith(start) ? `${first.slice(0, -1)} ${second})` : call(helper, [first, second]);
}

function sameName(name: string, { of, plain, named }: Parameters<Said>[0]): string {
  const helper = helperNamed(name);
  if (!helper) throw new NoWords();
  const [least, most] = helper.args;
  const count = plain.length + 1;
  const known = (key: string): boolean => helper.named === 'any' || helper.named?.includes(key) === true;
  if (count < least || count > most || !Object.keys(named).every(known)) throw new NoWords();
  return call(name, [of, ...plain, ...Object.entries(named).map(([key, value]) => `${key}=${value}`)]);
}

/** The execution function that `salt['mod.fun']` or `salt.mod.fun` names. */
function executionFunction(node: Node): string | undefined {
  if (node.type !== 'entry' || node.key.type !== 'text') return undefined;
  if (node.of.type === 'name') return node.of.name === 'salt' ? node.key.text : undefined;
  const before = executionFunction(node.of);
  return before === undefined ? undefined : `${before}.${node.key.text}`;
}

function isTextOrList(node: Node): boolean {
  if (node.type === 'operation')
    return node.mark === '~' || (node.mark === '+' && (isTextOrList(node.left) || isTextOrList(node.right)));
  return node.type === 'text' || node.type === 'list';
}

function isWord(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}

/** A text of Python's in the quotes of Handlebars, which knows no other escape than that of its quote. */
function quoted(written: string): string {
  const text = written.replace(/\\([\\'"])/g, (_, character: string) => (character === '\\' ? '\0' : character));
  const escapes = /\\[nrt]/.test(text);
  const whole = text.replaceAll('\0', escapes ? '\\\\' : '\\');
  const said = whole.includes('"') && !whole.includes("'") ? `'${whole}'` : `"${whole.replaceAll('"', '\\"')}"`;
  return escapes ? call('unescape', [said]) : said;
}
