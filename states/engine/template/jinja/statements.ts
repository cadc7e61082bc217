import { readArguments, readExpression, type Node } from './expression.ts';
import type { Macros, Printer } from './print.ts';

/** A block that is open: how it ends here, and what may be said of what stands in it. */
interface Open {
  readonly word: string;
  readonly end: string;
  /** Of an `if`: what the branch that is open goes by, in Handlebars. */
  condition?: string | undefined;
  /** The branch that is open is the one for all else. */
  otherwise?: boolean;
}

const NAMES = /^[\w\s,]+$/;

/** Says Jinja's statements in Handlebars, one after another: an end is that of the block that is open. */
export class Statements {
  private readonly open: Open[] = [];
  private readonly printer: Printer;
  private readonly macros: Macros;

  constructor(printer: Printer, macros: Macros) {
    this.printer = printer;
    this.macros = macros;
  }

  /** What to write for a statement; undefined where nothing is sure to say the same. */
  hint(inside: string): string | undefined {
    const [, word = '', rest = ''] = /^(\w+)\s*([^]*)$/.exec(inside) ?? [];
    if (word.startsWith('end')) return this.close(word.slice(3));
    switch (word) {
      case 'if':
        return this.if(rest);
      case 'elif':
      case 'else':
        return this.branch(rest);
      case 'for':
        return this.for(rest);
      case 'set':
        return this.set(rest);
      case 'do':
        return this.do(rest);
      case 'with':
        return this.with(rest);
      case 'macro':
        return this.macro(rest);
      case 'call':
        return this.call(rest);
      case 'from':
      case 'import':
        return this.import(rest);
      case 'include':
        return `write {{> ${this.path(rest)}}}`;
      case 'import_yaml':
      case 'import_json':
      case 'import_text':
        return this.importData(word, rest);
      case 'load_yaml':
      case 'load_json':
        return this.inline(word, rest.replace(/^as\s+/, ''), (name) => `(${word} (render "${name}"))`);
      case 'filter':
        return this.inline(word, 'text', (name) => this.filtered(rest, name));
      case 'raw':
        this.open.push({ word, end: '{{{{/raw}}}}' });
        return 'write {{{{raw}}}}';
      case 'block':
      case 'extends':
        return 'a template takes in others as {{> "path/of/file"}}, and what it gives them by name: {{> "path/of/file" title="x"}}';
      case 'break':
      case 'continue':
        return 'a loop has no way out: put what follows in {{#if x}} ... {{/if}}';
      default:
        return undefined;
    }
  }

  private value(source: string): string {
    const node = readExpression(source);
    return (node && this.printer.value(node)) ?? '...';
  }

  /** The path of a template, which is no Jinja any more. */
  private path(source: string): string {
    const bare = source.replace(/\s+(?:ignore missing|with(?:out)? context)\b/g, '');
    return this.value(bare).replace(/\.(?:jinja2?|j2)\b/g, '.hbs');
  }

  private close(word: string): string {
    // `endload` ends `load_yaml` and `load_json`.
    const index = this.open.findLastIndex((one) => one.word === word || (word === 'load' && one.word.startsWith(word)));
    const [found] = index < 0 ? [] : this.open.splice(index);
    return found ? `write ${found.end}` : 'nothing is open that ends here: leave it out';
  }

  private if(rest: string): string {
    const condition = this.value(rest);
    this.open.push({ word: 'if', end: '{{/if}}', condition });
    return `write {{#if ${condition}}}`;
  }

  /** `else` of an `if` or of a `for`, or `elif`. */
  private branch(rest: string): string {
    const top = this.open.at(-1);
    if (rest === '') {
      if (top) top.otherwise = true;
      return 'write {{else}}';
    }
    const condition = this.value(rest);
    if (top) top.condition = condition;
    return `write {{else if ${condition}}}`;
  }

  private for(rest: string): string {
    const [, names = '', source = ''] = /^([\w\s,]+?)\s+in\s+([^]*?)(?:\s+recursive)?$/.exec(rest) ?? [];
    const [over, condition] = splitFilter(source);
    const targets = names.split(',').map((name) => name.trim());
    const node = readExpression(over);
    const [tag, end] = this.each(targets, node);
    const [filter, after] =
      condition === undefined
        ? ['', '']
        : [`, and below it {{#if ${this.value(condition)}}}`, '{{/if}}, and below it '];
    this.open.push({ word: 'for', end: after + end });
    return `write ${tag}${filter}`;
  }

  private each(targets: readonly string[], node: Node | undefined): readonly [string, string] {
    const [first = 'item', second] = targets;
    if (second === undefined) return [`{{#each ${this.printed(node)} as |${first}|}}`, '{{/each}}'];
    const map = node && mapOf(node);
    if (map && targets.length === 2) {
      const value = this.printed(map.node);
      const of = map.sorted ? `(dictsort ${value})` : value;
      return [`{{#each ${of} as |${second} ${first}|}}`, '{{/each}}'];
    }
    const names = targets.map((name, index) => `${name}=(lookup row ${index})`).join(' ');
    return [
      `{{#each ${this.printed(node)} as |row|}}, and below it {{#let ${names}}}`,
      '{{/let}}, and below it {{/each}}',
    ];
  }

  private printed(node: Node | undefined): string {
    return (node && this.printer.value(node)) ?? '...';
  }

  private set(rest: string): string {
    const [, name = '', source] = /^([\w.\s,]+?)\s*(?:=\s*([^]*))?$/.exec(rest) ?? [];
    if (source === undefined) return this.inline('set', name, (inline) => `(render "${inline}")`);
    if (name.includes('.') || /^namespace\s*\(/.test(source))
      return 'what a loop changes does not outlive it: say at once what is looked for, (select list "helper" ...), (selectattr list "path" ...), (map list "helper")';
    // `set _ = x.append(y)` is an old way to say `do`.
    const done = /\.(?:append|extend|update)\s*\([^]*\)$/.test(source) ? this.do(source) : undefined;
    if (done !== undefined) return done;
    const value = this.value(source);
    if (name.includes(',')) {
      const names = name.split(',').map((one, index) => `${one.trim()}=(lookup row ${index})`);
      return `write {{#let row=${value} ${names.join(' ')}}} ... {{/let}} around all that uses them`;
    }
    const top = this.open.at(-1);
    if (top?.word === 'if' && top.condition !== undefined) {
      const [then, otherwise] = top.otherwise === true ? ['...', value] : [value, '...'];
      return `a block's names end with it: write {{#let ${name}=(if ${top.condition} ${then} ${otherwise})}} ... {{/let}} around all that uses it`;
    }
    return `write {{#let ${name}=${value}}} ... {{/let}} around all that uses it`;
  }

  /** `x.append(y)` and its like: nothing here changes a value, so that a new one is named. */
  private do(rest: string): string | undefined {
    const node = readExpression(rest);
    if (node?.type !== 'call' || node.fun.type !== 'entry' || node.fun.key.type !== 'text') return undefined;
    const { of, key } = node.fun;
    const [value] = node.args.plain;
    const name = this.printed(of);
    const given = this.printed(value);
    const top = this.open.at(-1);
    if (this.open.some(({ word }) => word === 'for'))
      return `nothing changes a value here: what a loop makes is said at once, (select list "helper" ...), (map (selectattr list "path") attribute="name"), (keys map) where '${name}' is named`;
    const when = (added: string, nothing: string): string =>
      top?.word === 'if' && top.condition !== undefined
        ? `(if ${top.condition} ${top.otherwise === true ? `${nothing} ${added}` : `${added} ${nothing}`})`
        : added;
    const made: Readonly<Record<string, string>> = {
      append: `(concat ${name} ${when(`(list ${given})`, '(list)')})`,
      extend: `(concat ${name} ${when(given, '(list)')})`,
      update: `(merge ${name} ${when(given, '(dict)')})`,
      insert: `(concat (list ${this.printed(node.args.plain[1])}) ${name})`,
      remove: `(difference ${name} (list ${given}))`,
      pop: `(omit ${name} ${given})`,
    };
    const whole = made[key.text];
    const [last = name] = /\w+$/.exec(name) ?? [];
    const instead = last === name ? '' : `, as ${last}`;
    return whole === undefined
      ? undefined
      : `nothing changes a value here: write {{#let ${last}=${whole}}} ... {{/let}} around all that uses it${instead}`;
  }

  private with(rest: string): string {
    const named = readArguments(rest)?.named ?? [];
    this.open.push({ word: 'with', end: '{{/let}}' });
    return `write {{#let ${named.map(([name, node]) => `${name}=${this.printed(node)}`).join(' ')}}}`;
  }

  private macro(rest: string): string {
    const [, name = '', list = ''] = /^(\w+)\s*\(([^]*)\)$/.exec(rest) ?? [];
    const named = readArguments(list)?.named ?? [];
    this.open.push({ word: 'macro', end: '{{/inline}}' });
    const defaults = named.map(([key, node]) => `${key}=(default ${key} ${this.printed(node)})`);
    const start = `write {{#*inline "${name}"}}`;
    return defaults.length === 0 ? start : `${start}{{#let ${defaults.join(' ')}}}, and {{/let}} at its end`;
  }

  private call(rest: string): string {
    const [, name = 'name'] = /(\w+)\s*\(/.exec(rest) ?? [];
    const node = readExpression(rest.replace(/^\([^)]*\)\s*/, ''));
    const tag = node && this.printer.tag(node);
    this.open.push({ word: 'call', end: `{{/${name}}}` });
    return `write ${tag?.startsWith('{{>') === true ? tag.replace('{{>', '{{#>') : `{{#> ${name}}}`}`;
  }

  /** What is imported may be a macro, or a value, which only data can give to others here. */
  private import(rest: string): string {
    const [, file = '', names = ''] =
      /^([^]*?)\s+(?:import|as)\s+([^]*?)(?:\s+with(?:out)? context)?$/.exec(rest) ?? [];
    const path = this.path(file);
    const wanted = NAMES.test(names) ? names.split(',').map((one) => one.trim().split(/\s+as\s+/)) : [];
    const values = wanted.map((one) => one.at(-1) ?? '').filter((name) => name !== '' && !this.macros.has(name));
    if (values.length === 0) return `write {{*import ${path}}}`;
    const [first = '', ...more] = values;
    const text = `(load_yaml (render ${path}))`;
    const [name, printed] = more.length === 0 ? [first, 'it'] : ['map', values.join(', ')];
    const use = more.length === 0 ? '' : ` with map.${first} for ${first}`;
    return `write {{#let ${name}=${text}}} ... {{/let}} around all that uses it${use}; that file has to print ${printed} as {{json x}}. For macros of it: {{*import ${path}}}`;
  }

  private importData(word: string, rest: string): string {
    const [, file = '', name = 'x'] = /^([^]*?)\s+as\s+(\w+)/.exec(rest) ?? [];
    return `write {{#let ${name}=(${word} ${this.value(file)})}} ... {{/let}} around all that uses it`;
  }

  /** A block whose text is used as a value. */
  private inline(word: string, name: string, use: (name: string) => string): string {
    this.open.push({ word, end: '{{/inline}}' });
    return `write {{#*inline "${name}"}}, and ${use(name)} where it is used`;
  }

  private filtered(filter: string, name: string): string {
    const node = readExpression(`${name} | ${filter}`);
    return (node && this.printer.tag(node))?.replace(new RegExp(`\\b${name}\\b`), `(render "${name}")`) ?? '...';
  }
}

/** What a loop goes over, and which of it. */
function splitFilter(source: string): readonly [string, string | undefined] {
  const node = readExpression(source);
  const at = node?.type === 'choice' && node.otherwise === undefined ? source.lastIndexOf(' if ') : -1;
  return at < 0 ? [source, undefined] : [source.slice(0, at), source.slice(at + 4)];
}

/** The map whose keys and values are gone over. */
function mapOf(node: Node): { readonly node: Node; readonly sorted: boolean } | undefined {
  if (node.type === 'call' && node.fun.type === 'entry' && node.fun.key.type === 'text')
    return /^(?:iter)?items$/.test(node.fun.key.text) ? { node: node.fun.of, sorted: false } : undefined;
  if (node.type !== 'filter') return undefined;
  if (node.name === 'dictsort') return { node: node.of, sorted: true };
  if (node.name === 'dictitems' || node.name === 'items') return { node: node.of, sorted: false };
  const inner = mapOf(node.of);
  return inner && (node.name === 'sort' || node.name === 'list')
    ? { ...inner, sorted: inner.sorted || node.name === 'sort' }
    : undefined;
}
