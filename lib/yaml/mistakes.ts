import { Scalar, visit, type Document, type YAMLError } from 'yaml';

/** A mistake of syntax in words for who wrote the file, and where to look for it. */
export interface Mistake {
  readonly problem: string;
  readonly offset: number;
  readonly hint: string | undefined;
}

const neither = "this line is neither a 'key: value' nor a '- item'";
const misplaced = 'this line is not indented as those before it';

/** The parser's words by the start of its message; those that say enough stay as they are. */
const sentences: readonly (readonly [start: string, problem: string, hint?: string])[] = [
  [
    'Nested mappings are not allowed in compact',
    "there is a second ': ' in this line",
    "put quotes around a value that has ': ' in it",
  ],
  ['A block sequence may not be used', misplaced],
  ['All mapping items must start at the same column', misplaced],
  ['All sequence items must start at the same column', misplaced],
  ['Implicit keys need to be on a single line', neither],
  ['Implicit map keys need to be followed', neither],
  ['Source contains multiple documents', 'a second document begins here, and a file holds one'],
  ['Sequence item without - indicator', misplaced],
  ['Unexpected block-seq-ind on same line', 'a list begins below its key, not beside it'],
  ['Map keys must be unique', 'this key is already above in the same map'],
];

/** Says what a syntax error of the parser means. */
export function explainMistake(text: string, document: Document, { message, pos }: YAMLError): Mistake {
  const [offset] = pos;
  const opened = unclosed(text, document, message, offset);
  if (opened !== undefined)
    return { problem: `the ${text.charAt(opened)} that opens here is never closed`, offset: opened, hint: undefined };
  const here = lineAt(text, offset);
  const column = offset - here.start;
  const isBehind = /^Unexpected .* at node end/.test(message);
  const isListInKey = message.startsWith('A block sequence may not be used');
  const above = lineAbove(text, here);
  const star = isListInKey
    ? starIn(above)
    : isBehind || message.startsWith('Alias cannot be')
      ? starIn(here)
      : undefined;
  if (star)
    return { problem: 'what begins with * is the name of an anchor', offset: star.at, hint: quoteIt(star.word) };
  if (isListInKey && !/:\s*(?:#.*)?$/.test(above.text))
    return { problem: neither, offset: above.start + indentOf(above), hint: hintFor(above, 0) };
  if (isBehind) {
    const isKey = /^[\s-]*(["']).*\1\s*$/.test(here.text.slice(0, column));
    const hint = isKey ? "put a ':' before it, if what it stands behind is a key" : 'put quotes around the whole value';
    return { problem: 'this stands behind the end of a value', offset, hint };
  }
  const [, problem, hint] = sentences.find(([start]) => message.startsWith(start)) ?? [];
  return { problem: problem ?? lower(message.replace(/\.$/, '')), offset, hint: hint ?? hintFor(here, column) };
}

/** What to write for a text that YAML takes for something else. */
export function quoteIt(word: string): string {
  return `put quotes around it: '${word}'`;
}

/** Where the quote or bracket begins that a message says is not closed. */
function unclosed(text: string, document: Document, message: string, offset: number): number | undefined {
  if (/^Missing closing ["']quote/.test(message)) return lastQuote(document, offset);
  const bracket = /^Flow (sequence|map) in block collection/.exec(message)?.[1];
  return bracket === undefined ? undefined : lastBracket(text, document, bracket === 'map' ? '{' : '[', offset);
}

/** Where the innermost list or map in brackets begins of those that reach furthest before `end`. */
function lastBracket(text: string, document: Document, bracket: string, end: number): number | undefined {
  let last: number | undefined;
  let furthest = 0;
  visit(document, {
    Collection(_, { range }) {
      if (!range || text.charAt(range[0]) !== bracket || range[0] >= end || range[1] < furthest) return;
      [last, furthest] = range;
    },
  });
  return last;
}

/** Where the last quoted text before `end` begins. */
function lastQuote(document: Document, end: number): number | undefined {
  let last: number | undefined;
  visit(document, {
    Scalar(_, { type, range }) {
      const isQuoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
      if (isQuoted && range && range[0] < end) last = range[0];
    },
  });
  return last;
}

/** A line, and the offset where it begins. */
interface Line {
  readonly text: string;
  readonly start: number;
}

function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return { text: text.slice(start, end < 0 ? undefined : end), start };
}

/** The nearest line above that says something; the line itself when there is none. */
function lineAbove(text: string, line: Line): Line {
  for (let above = line; above.start > 0;) {
    above = lineAt(text, above.start - 1);
    if (/^\s*[^\s#]/.test(above.text)) return above;
  }
  return line;
}

function indentOf({ text }: Line): number {
  return text.length - text.trimStart().length;
}

/** A word that begins with `*`, as key or as value. */
function starIn({ text, start }: Line): { readonly at: number; readonly word: string } | undefined {
  const [, before = '', word] = /^([\s-]*(?:[\w.-]+:\s+)?)(\*[^\s:]*):?(?=\s|$)/.exec(text) ?? [];
  return word === undefined ? undefined : { at: start + before.length, word };
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function hintFor({ text }: Line, column: number): string | undefined {
  if (/^\s*\t/.test(text) || text.charAt(column) === '\t') return 'indent with blanks: YAML allows no tabs there';
  if (/[:-]\s+[%@`]/.test(text)) return 'put quotes around a value that starts with %, @ or `';
  if (/\{%/.test(text)) return '{% %} is Jinja: templates here are Handlebars, {{#if}} {{#each}}';
  return undefined;
}
