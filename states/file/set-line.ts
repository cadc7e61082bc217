import { translatePattern } from '../../lib/regex.ts';

export interface LineArgs {
  readonly mode: 'ensure' | 'replace' | 'delete' | 'insert';
  readonly content: string;
  readonly match?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly location?: 'start' | 'end' | undefined;
  readonly indent: boolean;
}

/** Lines (with their ends) after the change, or why it can't be made. */
export function setLine(lines: readonly string[], args: LineArgs): readonly string[] | string {
  const { mode, content, indent } = args;
  switch (mode) {
    case 'delete':
    case 'replace': {
      const at = findLine(lines, args.match ?? content)[0];
      if (at === undefined) return lines;
      const old = lines[at] ?? '';
      // All lines that read like the first that matches.
      if (mode === 'delete') return lines.filter((line) => line !== old);
      return put(lines, at, 1, indented(old, content, indent));
    }
    case 'insert':
      if (args.location === 'start') return put(lines, 0, 0, content);
      if (args.location === 'end') return atEnd(lines, content, indent);
      return beside(lines, args);
    case 'ensure':
      return beside(lines, args);
  }
}

/** Puts the line before and after those that were named, each of which must be there once. */
function beside(lines: readonly string[], args: LineArgs): readonly string[] | string {
  const { mode, content, indent } = args;
  const after = args.after === undefined ? undefined : once(lines, args.after, 'after');
  if (typeof after === 'string') return after;
  const before = args.before === undefined ? undefined : once(lines, args.before, 'before');
  if (typeof before === 'string') return before;
  const isContent = (line: string | undefined): boolean => line !== undefined && bare(line) === bare(content);
  const isIndented = (line: string): boolean => bare(line).trimStart() === bare(content).trimStart();

  if (after !== undefined && before !== undefined) {
    if (mode === 'insert') {
      // Salt puts in one more each time; a state that never settles helps nobody.
      return lines.slice(after + 1, before).some(isIndented)
        ? lines
        : put(lines, before, 0, indented(lines[before] ?? '', content, indent));
    }
    if (lines.some(isIndented)) return lines;
    const between = before - after - 1;
    if (between !== 0 && between !== 1) return 'Found more than one line between boundaries "before" and "after".';
    return put(lines, after + 1, between, indented(lines[after] ?? '', content, indent));
  }
  if (after !== undefined) {
    const line = indented(lines[after] ?? '', content, indent);
    const next = lines[after + 1];
    return isContent(next) || next === line || (next !== undefined && bare(next) === bare(line))
      ? lines
      : put(lines, after + 1, 0, line);
  }
  const at = before ?? 0;
  const previous = lines[at - 1];
  const model = mode === 'ensure' ? (previous ?? '') : (lines[at] ?? '');
  const line = indented(model, content, indent);
  return previous !== undefined && (isContent(previous) || bare(previous) === bare(line))
    ? lines
    : put(lines, at, 0, line);
}

function atEnd(lines: readonly string[], content: string, indent: boolean): readonly string[] {
  const last = lines.at(-1);
  const line = last === undefined ? content : indented(last, content, indent);
  return last !== undefined && bare(last) === bare(line) ? lines : put(lines, lines.length, 0, line);
}

/** Numbers of the lines that a pattern matches or that hold it as it is written. */
function findLine(lines: readonly string[], wanted: string): number[] {
  let pattern: RegExp | undefined;
  try {
    pattern = translatePattern(wanted, 's');
  } catch {
    // No pattern, but it may well be a part of a line.
  }
  return lines.flatMap((line, at) => (pattern?.test(line) || line.includes(wanted) ? [at] : []));
}

function once(lines: readonly string[], wanted: string, what: string): number | string {
  const found = findLine(lines, wanted);
  const [at] = found;
  if (at !== undefined && found.length === 1) return at;
  return `Found ${at === undefined ? 'less' : 'more'} than expected occurrences in "${what}" expression`;
}

/** Puts `line` in the place of `count` lines; every line but the last keeps or gets an end. */
function put(lines: readonly string[], at: number, count: number, line: string): string[] {
  const end = lines.some((one) => one.endsWith('\r\n')) ? '\r\n' : '\n';
  const lastIsOpen = lines.length > 0 && !lines.at(-1)?.endsWith('\n');
  const result = [...lines.slice(0, at), line, ...lines.slice(at + count)];
  return result.map((one, index) => {
    const open = index === result.length - 1 && lastIsOpen && at + count >= lines.length && count > 0;
    return one.endsWith('\n') || (open && one === line) || (lastIsOpen && index === result.length - 1)
      ? one
      : bare(one) + end;
  });
}

function indented(model: string, content: string, indent: boolean): string {
  return indent ? (/^[\t ]*/.exec(model)?.[0] ?? '') + content.trimStart() : content;
}

function bare(line: string): string {
  return line.replace(/[\r\n]+$/, '');
}
