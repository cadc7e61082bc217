import { isMap } from '../json.ts';
import { addEntry, keyText, newMap, type Yaml } from './maps.ts';
import { resolvePlain, type Scalar } from './scalar.ts';

/*
 * Most state files are block maps and lists of one-line values. They are read here in one pass, many times faster than by
 * a parser of all YAML. Whatever is not surely understood (flow collections over lines, anchors, tags, tabs, folded text,
 * every mistake) gives undefined, and the whole parser reads the file and says what is wrong.
 */

interface Line {
  readonly indent: number;
  /** Offset of the first character after the indent. */
  readonly start: number;
  /** Offset behind the last character. */
  readonly end: number;
}

class NotSimple extends Error {}

/** The data of simple YAML; undefined where the whole parser has to look. */
export function readSimple(text: string): { readonly data: Yaml } | undefined {
  if (/[\t\r\u0085\u2028\u2029\ufeff]/.test(text)) return undefined;
  try {
    return { data: new Reader(text).document() };
  } catch (error) {
    if (error instanceof NotSimple || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Where an entry of a block begins, its key or dash and its value; without the value where that takes more to tell. */
interface Spot {
  readonly key: number;
  readonly value: number | undefined;
}
type Spots = Map<object, Map<string | number, Spot>>;

/**
 * Finds offsets in a text that `readSimple` has read, by path as `offsetOf` does; undefined where the whole parser has to
 * look.
 */
export function simpleOffsets(text: string) {
  const spots: Spots = new Map();
  const root = new Reader(text, spots).document();
  return (path: readonly (string | number)[], what: 'key' | 'value'): number | undefined => {
    let node: unknown = root;
    let found: number | undefined;
    for (const step of path) {
      const spot = typeof node === 'object' && node !== null ? spots.get(node)?.get(step) : undefined;
      if (!spot) return undefined;
      found = what === 'key' && isMap(node) ? spot.key : spot.value;
      node = (node as Readonly<Record<string | number, unknown>>)[step];
    }
    return found;
  };
}

function giveUp(): never {
  throw new NotSimple();
}

class Reader {
  private readonly text: string;
  private position = 0;
  /** The line to be read next; undefined at the end. */
  private line: Line | undefined;
  private readonly spots: Spots | undefined;

  constructor(text: string, spots?: Spots) {
    this.text = text;
    this.spots = spots;
    this.advance();
  }

  document(): Yaml {
    if (this.line === undefined) return null;
    if (this.line.indent !== 0) giveUp();
    const data = this.block(this.line);
    return this.line === undefined ? data : giveUp();
  }

  /** Goes to the next line that is neither blank nor a comment. */
  private advance(): void {
    const { text } = this;
    while (this.position < text.length) {
      let start = this.position;
      let end = text.indexOf('\n', start);
      if (end < 0) end = text.length;
      this.position = end + 1;
      const begin = start;
      while (start < end && text.charCodeAt(start) === 32) start++;
      if (start === end || text.charCodeAt(start) === 35) continue;
      this.line = { indent: start - begin, start, end };
      return;
    }
    this.line = undefined;
  }

  private note(block: object, step: string | number, key: number, value: number | undefined): void {
    const known = this.spots?.get(block);
    if (known) known.set(step, { key, value });
    else this.spots?.set(block, new Map([[step, { key, value }]]));
  }

  private block(line: Line): Yaml {
    return this.isItem(line) ? this.list(line.indent) : this.map(line.indent);
  }

  private isItem({ start, end }: Line): boolean {
    return this.text.charCodeAt(start) === 45 && (start + 1 === end || this.text.charCodeAt(start + 1) === 32);
  }

  private list(indent: number): Yaml[] {
    const items: Yaml[] = [];
    for (let { line } = this; line !== undefined && line.indent === indent && this.isItem(line); { line } = this) {
      let start = line.start + 1;
      while (start < line.end && this.text.charCodeAt(start) === 32) start++;
      if (start === line.end || this.text.charCodeAt(start) === 35) {
        this.advance();
        this.note(items, items.length, line.start, this.below(indent, false));
        items.push(this.nested(indent, false));
        continue;
      }
      this.note(items, items.length, line.start, start);
      const inner: Line = { indent: indent + start - line.start, start, end: line.end };
      if (this.isItem(inner)) giveUp();
      if (this.keyEnd(inner) >= 0) {
        this.line = inner;
        items.push(this.map(inner.indent));
      } else items.push(this.value(start, line.end, indent));
    }
    if (this.line !== undefined && this.line.indent > indent) giveUp();
    return items;
  }

  private map(indent: number): Yaml {
    const map = newMap();
    for (let { line } = this; line !== undefined && line.indent === indent; { line } = this) {
      if (this.isItem(line)) break;
      const colon = this.keyEnd(line);
      if (colon < 0) giveUp();
      const key = this.key(line.start, colon);
      let start = colon + 1;
      while (start < line.end && this.text.charCodeAt(start) === 32) start++;
      let value: Yaml;
      if (start === line.end || (this.text.charCodeAt(start) === 35 && start > colon + 1)) {
        this.advance();
        this.note(map, keyText(key), line.start, this.below(indent, true));
        value = this.nested(indent, true);
      } else {
        this.note(map, keyText(key), line.start, start);
        value = this.value(start, line.end, indent);
      }
      if (!addEntry(map, key, value)) giveUp();
    }
    if (this.line !== undefined && this.line.indent > indent) giveUp();
    return map;
  }

  /** What stands below a key or a dash: a deeper block, or nothing. A list may stand at its key's own indent. */
  private nested(indent: number, isKey: boolean): Yaml {
    const { line } = this;
    if (line === undefined || line.indent < indent) return null;
    if (line.indent === indent) return isKey && this.isItem(line) ? this.list(indent) : null;
    if (!this.isItem(line) && this.keyEnd(line) < 0) giveUp();
    return this.block(line);
  }

  /** Where that begins; undefined for nothing. */
  private below(indent: number, isKey: boolean): number | undefined {
    const { line } = this;
    if (line === undefined || line.indent < indent) return undefined;
    return line.indent > indent || (isKey && this.isItem(line)) ? line.start : undefined;
  }

  /** The offset of the colon behind the line's key; -1 when the line has none. */
  private keyEnd({ start, end }: Line): number {
    const colon = keyLength(this.text.slice(start, end));
    return colon < 0 ? -1 : start + colon;
  }

  private key(start: number, colon: number): Scalar {
    if (colon - start > 1000) giveUp();
    const first = this.text.charCodeAt(start);
    const written = this.text.slice(start, colon);
    if (first === 34 || first === 39) {
      return /^(?:"[^"\\]*"|'[^']*')$/.test(written) ? written.slice(1, -1) : giveUp();
    }
    const trimmed = written.trimEnd();
    if (trimmed === '<<' || trimmed === '' || first === 63 || first === 58) giveUp();
    return resolvePlain(trimmed);
  }

  /** The value that stands on its key's or dash's line; goes to the next line. */
  private value(start: number, end: number, indent: number): Yaml {
    const first = this.text.charCodeAt(start);
    if (first === 124) return this.literal(start, end, indent);
    const written = withoutComment(this.text.slice(start, end));
    this.advance();
    // A deeper line would go on with this value.
    if (this.line !== undefined && this.line.indent > indent) giveUp();
    if (first === 34) return doubleQuoted(written);
    if (first === 39) return /^'(?:[^']|'')*'$/.test(written) ? written.slice(1, -1).replaceAll("''", "'") : giveUp();
    if (written === '[]') return [];
    if (written === '{}') return newMap();
    if (first === 91 || first === 123) return flow(written);
    if (isIndicator(first) || first === 45 || first === 63 || first === 58) {
      // `-5` and `-x` are values; `- x` behind a key, `? x` and `: x` are not simple.
      if (first !== 45 || written === '-' || written.startsWith('- ') || written.startsWith('---')) giveUp();
    }
    if (written.includes(': ') || written.endsWith(':') || written === '<<' || written === '=') giveUp();
    return resolvePlain(written);
  }

  /** A `|` block. */
  private literal(start: number, end: number, indent: number): string {
    const { text } = this;
    const header = text.slice(start + 1, end).trimEnd();
    if (header !== '' && header !== '-' && header !== '+') giveUp();
    const lines: string[] = [];
    let width = 0;
    while (this.position < text.length) {
      const begin = this.position;
      let stop = text.indexOf('\n', begin);
      if (stop < 0) stop = text.length;
      let content = begin;
      while (content < stop && text.charCodeAt(content) === 32) content++;
      const depth = content - begin;
      if (content === stop) {
        // A blank line that is deeper than the text is part of it, before the text it is a riddle.
        if (width === 0 && depth > 0) giveUp();
        lines.push(depth > width ? text.slice(begin + width, stop) : '');
      } else {
        if (width === 0 && depth > indent) width = depth;
        if (width === 0 || depth < width) {
          if (depth > indent) giveUp();
          break;
        }
        lines.push(text.slice(begin + width, stop));
      }
      this.position = stop + 1;
    }
    // The file's last line has an end only if it is written.
    if (!text.endsWith('\n') && this.position > text.length) giveUp();
    this.advance();
    let last = lines.length;
    while (last > 0 && lines[last - 1] === '') last--;
    if (last === 0) return header === '+' ? '\n'.repeat(lines.length) : '';
    const body = lines.slice(0, last).join('\n');
    return header === '-' ? body : header === '+' ? `${lines.join('\n')}\n` : `${body}\n`;
  }
}

function keyLength(line: string): number {
  const first = line.charCodeAt(0);
  if (first === 34 || first === 39) {
    const colon = line.indexOf(line.charAt(0), 1) + 1;
    return colon > 0 && line.charCodeAt(colon) === 58 && isBlankOrEnd(line, colon + 1) ? colon : -1;
  }
  let colon = line.indexOf(':');
  while (colon >= 0 && !isBlankOrEnd(line, colon + 1)) colon = line.indexOf(':', colon + 1);
  // A colon inside a quoted, flow or commented part is not ours to judge.
  if (colon < 0 || isIndicator(first)) return -1;
  const comment = line.indexOf(' #');
  return comment >= 0 && comment < colon ? -1 : colon;
}

function isBlankOrEnd(line: string, at: number): boolean {
  return at === line.length || line.charCodeAt(at) === 32;
}

/** Characters that a plain scalar can't start with, or that mean something at its start. */
function isIndicator(code: number): boolean {
  return indicators.has(code);
}
const indicators = new Set(Buffer.from('!&*|>%@`{}[],#"\''));

function withoutComment(written: string): string {
  if (!written.includes(' #')) return written.trimEnd();
  // Where the comment starts is plain only outside quotes and brackets.
  if (/^["'[{]/.test(written)) giveUp();
  return written.slice(0, written.indexOf(' #')).trimEnd();
}

function doubleQuoted(written: string): string {
  if (/^"[^"\\]*"$/.test(written)) return written.slice(1, -1);
  // YAML's escapes include those of JSON.
  return /^"(?:[^"\\]|\\["\\/bfnrt])*"$/.test(written) ? (JSON.parse(written) as string) : giveUp();
}

function unquoted(written: string): string {
  return written.startsWith('"') ? (JSON.parse(written) as string) : written.slice(1, -1);
}

const token = /\s*(?:([[\]{},])|("(?:[^"\\]|\\["\\/bfnrt])*"|'[^']*')\s*(:?)|([\w./+-]+)(: ?)?)\s*/y;

/** A flow collection on one line, made of brackets, commas, quoted text and harmless words. */
function flow(written: string): Yaml {
  let at = 0;
  const next = () => {
    token.lastIndex = at;
    const match = token.exec(written) ?? giveUp();
    at = token.lastIndex;
    return match;
  };
  const value = (match: RegExpExecArray, depth: number): Yaml => {
    const [, mark, quoted, quotedColon, plain, plainColon] = match;
    if (depth > 50 || quotedColon === ':' || plainColon !== undefined) giveUp();
    if (quoted !== undefined) return unquoted(quoted);
    if (plain !== undefined) return /^[-.+]+$|^-{3}|^\.{3}/.test(plain) ? giveUp() : resolvePlain(plain);
    if (mark === '[') return sequence(depth);
    return mark === '{' ? mapping(depth) : giveUp();
  };
  const sequence = (depth: number): Yaml[] => {
    const items: Yaml[] = [];
    for (let match = next(); match[1] !== ']'; match = next()) {
      items.push(value(match, depth + 1));
      const after = next()[1];
      if (after === ']') return items;
      if (after !== ',') giveUp();
    }
    return items;
  };
  const mapping = (depth: number): Yaml => {
    const map = newMap();
    for (let match = next(); match[1] !== '}'; match = next()) {
      const [, , quoted, quotedColon, plain, plainColon] = match;
      if (!(quotedColon === ':' || plainColon === ': ')) giveUp();
      const key = plain === undefined ? unquoted(quoted ?? giveUp()) : resolvePlain(plain);
      if (!addEntry(map, key, value(next(), depth + 1))) giveUp();
      const after = next()[1];
      if (after === '}') return map;
      if (after !== ',') giveUp();
    }
    return map;
  };
  const data = value(next(), 0);
  return at === written.length ? data : giveUp();
}
