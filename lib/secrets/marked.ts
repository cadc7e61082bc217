/** How a value of a pillar file is marked. */
export const MARK = '!secret';

/**
 * The line of a source that begins at this offset, as it may be shown: without what is marked as secret in it. A line of a
 * longer secret is known by the lines above it that are indented less, which lead to the mark.
 */
export function withoutSecret(source: string, start: number, line: string): string {
  if (!source.includes(MARK)) return line;
  const marked = line.indexOf(MARK);
  if (marked >= 0) return `${line.slice(0, marked)}${MARK} ...`;
  return isInSecret(source, start, line) ? '...' : line;
}

function isInSecret(source: string, start: number, line: string): boolean {
  // A line without anything in it tells nothing.
  let indent = line.trim() === '' ? 0 : indentOf(line);
  for (let end = start - 1; end > 0 && indent > 0;) {
    const begin = source.lastIndexOf('\n', end - 1) + 1;
    const above = source.slice(begin, end);
    if (above.trim() !== '' && indentOf(above) < indent) {
      if (above.includes(MARK)) return true;
      indent = indentOf(above);
    }
    end = begin - 1;
  }
  return false;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
