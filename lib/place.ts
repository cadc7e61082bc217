import { withoutSecret } from './secrets/marked.ts';

/** A spot in a file somebody wrote: lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The line itself, when it is at hand. */
  readonly text?: string;
  /** The way to it in the data that the file makes, where the spot is only near it. */
  readonly inside?: string;
}

/** The place that `offset` (counted in UTF-16 units) has in `source`; its line without what is marked as secret there. */
export function placeAt(file: string, source: string, offset: number): Place {
  let line = 1;
  let start = 0;
  for (let end = source.indexOf('\n'); end >= 0 && end < offset; end = source.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  const end = source.indexOf('\n', start);
  const text = source.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
  return { file, line, column: offset - start + 1, text: withoutSecret(source, start, text) };
}

/** The `line`th line (from 1) of `source`, without its end and without what is marked as secret there. */
export function lineOf(source: string, line: number): string {
  const lines = source.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  return withoutSecret(source, start, (lines[line - 1] ?? '').replace(/\r$/, ''));
}

/** The place alone: what stands there is nobody's to see. */
export function placeWithoutLine({ file, line, column }: Place): Place {
  return { file, line, column };
}

/** `file:line:column`, as compilers and editors write it. */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** The line with its number and a caret under the column; empty when the line is not at hand. */
export function codeFrame(place: Place): string {
  if (place.text === undefined) return '';
  const number = String(place.line);
  const gutter = ' '.repeat(number.length);
  // Tabs keep their width under the caret.
  const lead = place.text.slice(0, place.column - 1).replace(/[^\t]/g, ' ');
  return `${number} | ${place.text}\n${gutter} | ${lead}^`;
}
