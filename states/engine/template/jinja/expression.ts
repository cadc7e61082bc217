import { tokensOf, type Token } from './tokens.ts';

/** A Jinja expression. A text is as it is written between its quotes. */
export type Node =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly Node[] }
  | { readonly type: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
  | { readonly type: 'entry'; readonly of: Node; readonly key: Node }
  | { readonly type: 'slice'; readonly of: Node; readonly from: Node | undefined; readonly to: Node | undefined }
  | { readonly type: 'call'; readonly fun: Node; readonly args: Arguments }
  | { readonly type: 'filter'; readonly of: Node; readonly name: string; readonly args: Arguments }
  | { readonly type: 'test'; readonly of: Node; readonly name: string; readonly args: Arguments; readonly not: boolean }
  | { readonly type: 'operation'; readonly mark: string; readonly left: Node; readonly right: Node }
  | { readonly type: 'not'; readonly of: Node }
  | { readonly type: 'minus'; readonly of: Node }
  | { readonly type: 'choice'; readonly when: Node; readonly value: Node; readonly otherwise: Node | undefined };

/** What stands in the brackets of a call, by place and by name. */
export interface Arguments {
  readonly plain: readonly Node[];
  readonly named: readonly (readonly [string, Node])[];
}

class NoExpression extends Error {}

const none: Arguments = { plain: [], named: [] };
/** Operators, from those that bind least. */
const levels: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['not'],
  ['==', '!=', '<=', '>=', '<', '>', 'in', 'not in'],
  ['~'],
  ['+', '-'],
  ['*', '//', '/', '%'],
];
const notNames = ['if', 'else', 'and', 'or', 'not', 'in', 'is', 'for'];

/** Reads a Jinja expression; undefined where it is none. */
export function readExpression(source: string): Node | undefined {
  return read(source, (reader) => reader.choice());
}

/** Reads what stands in the brackets of a call, or of a macro where it is defined. */
export function readArguments(source: string): Arguments | undefined {
  return read(source, (reader) => reader.arguments(''));
}

function read<T>(source: string, work: (reader: Reader) => T): T | undefined {
  const tokens = tokensOf(source);
  if (!tokens) return undefined;
  try {
    const reader = new Reader(tokens);
    const made = work(reader);
    return reader.isAtEnd ? made : undefined;
  } catch (thrown) {
    if (thrown instanceof NoExpression) return undefined;
    throw thrown;
  }
}

/** As deep as expressions may be in one another. */
const deepest = 50;

class Reader {
  private at = 0;
  private depth = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.next.kind === 'end';
  }

  private get next(): Token {
    return this.tokens[this.at] ?? { kind: 'end', text: '' };
  }

  /** Whether these words come next, which no text is; they are taken then. */
  private took(...words: readonly string[]): boolean {
    const are = words.every((word, index) => {
      const token = this.tokens[this.at + index];
      return token !== undefined && token.kind !== 'text' && token.text === word;
    });
    if (are) this.at += words.length;
    return are;
  }

  private expect(word: string): void {
    if (!this.took(word)) throw new NoExpression();
  }

  private name(): string {
    const { kind, text } = this.next;
    if (kind !== 'name') throw new NoExpression();
    this.at++;
    return text;
  }

  choice(): Node {
    return this.deeper(() => this.chosen());
  }

  private deeper(work: () => Node): Node {
    if (++this.depth > deepest) throw new NoExpression();
    const node = work();
    this.depth--;
    return node;
  }

  private chosen(): Node {
    const value = this.binary(0);
    if (!this.took('if')) return value;
    const when = this.binary(0);
    return { type: 'choice', when, value, otherwise: this.took('else') ? this.choice() : undefined };
  }

  private binary(level: number): Node {
    const marks = levels[level];
    if (!marks) return this.unary();
    if (marks[0] === 'not')
      return this.took('not') ? { type: 'not', of: this.deeper(() => this.binary(level)) } : this.binary(level + 1);
    let left = this.binary(level + 1);
    for (;;) {
      const mark = marks.find((one) => this.took(...one.split(' ')));
      if (mark === undefined) return left;
      left = { type: 'operation', mark, left, right: this.binary(level + 1) };
    }
  }

  private unary(): Node {
    if (this.took('-')) return { type: 'minus', of: this.deeper(() => this.unary()) };
    return this.after(this.value());
  }

  private value(): Node {
    const { kind, text } = this.next;
    if (kind === 'name' && !notNames.includes(text)) return { type: 'name', name: this.name() };
    if (kind === 'number' || kind === 'text') {
      this.at++;
      return { type: kind, text };
    }
    if (this.took('(')) return this.bracketed();
    if (this.took('[')) return { type: 'list', items: this.items(']') };
    if (this.took('{')) return { type: 'map', entries: this.entries() };
    throw new NoExpression();
  }

  /** An expression in brackets, or a tuple, which is a list. */
  private bracketed(): Node {
    if (this.took(')')) return { type: 'list', items: [] };
    const first = this.choice();
    if (this.took(')')) return first;
    this.expect(',');
    return { type: 'list', items: [first, ...this.items(')')] };
  }

  private items(end: string): Node[] {
    const items: Node[] = [];
    while (!this.took(end)) {
      items.push(this.choice());
      if (this.took(end)) break;
      this.expect(',');
    }
    return items;
  }

  private entries(): (readonly [Node, Node])[] {
    const entries: (readonly [Node, Node])[] = [];
    while (!this.took('}')) {
      const key = this.choice();
      this.expect(':');
      entries.push([key, this.choice()]);
      if (this.took('}')) break;
      this.expect(',');
    }
    return entries;
  }

  /** What follows a value: entries of it, calls, filters and tests. */
  private after(start: Node): Node {
    let node = start;
    for (;;) {
      if (this.took('.')) node = { type: 'entry', of: node, key: this.member() };
      else if (this.took('[')) node = this.subscript(node);
      else if (this.took('(')) node = { type: 'call', fun: node, args: this.arguments(')') };
      else if (this.took('|')) node = { type: 'filter', of: node, name: this.dotted(), args: this.bracketsOrNone() };
      else if (this.took('is')) node = this.test(node);
      else return node;
    }
  }

  /** `x.name`, or `x.0` of a list. */
  private member(): Node {
    const { kind, text } = this.next;
    if (kind !== 'number') return { type: 'text', text: this.name() };
    this.at++;
    return { type: 'number', text };
  }

  private subscript(of: Node): Node {
    const from = this.took(':') ? undefined : this.choice();
    if (from && this.took(']')) return { type: 'entry', of, key: from };
    if (from) this.expect(':');
    const to = this.took(']') ? undefined : this.choice();
    if (to) this.expect(']');
    return { type: 'slice', of, from, to };
  }

  private dotted(): string {
    let name = this.name();
    while (this.took('.')) name += `.${this.name()}`;
    return name;
  }

  private bracketsOrNone(): Arguments {
    return this.took('(') ? this.arguments(')') : none;
  }

  private test(of: Node): Node {
    const not = this.took('not');
    const name = this.name();
    const { kind, text } = this.next;
    const hasBare = kind === 'text' || kind === 'number' || (kind === 'name' && !notNames.includes(text));
    const args = hasBare ? { plain: [this.value()], named: [] } : this.bracketsOrNone();
    return { type: 'test', of, name, args, not };
  }

  /** Up to the bracket that ends them, or to the end. */
  arguments(end: string): Arguments {
    const plain: Node[] = [];
    const named: (readonly [string, Node])[] = [];
    const isOver = (): boolean => (end === '' ? this.isAtEnd : this.took(end));
    while (!isOver()) {
      const [first, second] = this.tokens.slice(this.at);
      if (first?.kind === 'name' && second?.kind === 'mark' && second.text === '=') {
        this.at += 2;
        named.push([first.text, this.choice()]);
      } else plain.push(this.choice());
      if (isOver()) break;
      this.expect(',');
    }
    return { plain, named };
  }
}
