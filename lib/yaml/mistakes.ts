import { Scalar, visit, type Document, type YAMLParseError } from 'yaml';

/** A mistake of syntax in words for who wrote the file, and where to look for it. */
export interface Mistake {
  readonly problem: string;
  readonly offset: number;
  readonly hint: string | undefined;
}

/** The parser's words by the start of its message; those that say enough stay as they are. */
const sentences: readonly (readonly [start: string, problem: string, hint?: string])[] = [
  [
    'Nested mappings are not allowed in compact',
    "there is a second ': ' in this line",
    "put quotes around a value that has ': ' in it",
  ],
  ['A block sequence may not be used', 'this line is not indented as those before it'],
  ['All mapping items must start at the same column', 'this line is not indented as those before it'],
  ['All sequence items must start at the same column', 'this line is not indented as those before it'],
  ['Implicit keys need to be on a single line', "this line is neither a 'key: value' nor a '- item'"],
  ['Implicit map keys need to be followed', "this line is neither a 'key: value' nor a '- item'"],
  ['Source contains multiple documents', 'a second document begins here, and a file holds one'],
  ['Unexpected scalar at node end', 'this stands behind the end of a value', 'put quotes around the whole value'],
];

/** Says what a syntax error of the parser means. */
export function explainMistake(text: string, document: Document, { message, pos }: YAMLParseError): Mistake {
  const [offset] = pos;
  const quote = /^Missing closing (["'])quote/.exec(message)?.[1];
  const opened = quote === undefined ? undefined : lastQuote(document, offset);
  if (opened !== undefined)
    return { problem: `the ${quote} that opens here is never closed`, offset: opened, hint: undefined };
  const [, problem, hint] = sentences.find(([start]) => message.startsWith(start)) ?? [];
  return { problem: problem ?? lower(message.replace(/\.$/, '')), offset, hint: hint ?? hintFor(text, offset) };
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

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function hintFor(text: string, offset: number): string | undefined {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const end = text.indexOf('\n', start);
  const line = text.slice(start, end < 0 ? undefined : end);
  const after = text.slice(offset, end < 0 ? undefined : end);
  if (/^\s*\t/.test(line) || after.startsWith('\t')) return 'indent with blanks: YAML allows no tabs there';
  if (/[:-]\s+[%@`]/.test(line)) return 'put quotes around a value that starts with %, @ or `';
  if (/\{%/.test(line)) return '{% %} is Jinja: templates here are Handlebars, {{#if}} {{#each}}';
  return undefined;
}
