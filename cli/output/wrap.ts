/**
 * The text as one paragraph of lines of at most `width` characters, each begun with `indent` blanks; broken at blanks and
 * after the hyphens of words, as Python's `textwrap` does, and within a word that is longer than a line.
 */
export function wrapped(text: string, width: number, indent: number): string {
  const room = width - indent;
  const chunks = text
    .replace(/\s/g, ' ')
    .split(/( +)|(?<=[A-Za-z]{2}-)(?=[A-Za-z]{2})/)
    .filter((chunk): chunk is string => chunk !== undefined && chunk !== '');
  const lines: string[] = [];
  let line = '';
  for (let chunk of chunks) {
    if (line.length + chunk.length > room && chunk.trim() !== '') {
      // A word that fits on no line fills what is left of this one.
      while (chunk.length > room) {
        const left = line.length >= room ? 0 : room - line.length;
        line += chunk.slice(0, left);
        chunk = chunk.slice(left);
        lines.push(line);
        line = '';
      }
      if (line.length + chunk.length > room) {
        lines.push(line);
        line = '';
      }
    }
    if (chunk.trim() !== '' || line !== '' || lines.length === 0) line += chunk;
  }
  return [...lines, line]
    .map((each) => each.trimEnd())
    .filter((each) => each !== '')
    .map((each) => ' '.repeat(indent) + each)
    .join('\n');
}
