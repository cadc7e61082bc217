/** What a terminal would obey, or what turns the direction of the text after it; line ends and tabs are let be. */
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The same text with escapes (`\x1b`, `\u202e`) for all that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** The lines of a text as Python tells them: a line end at its end begins no further one, and no text has no line. */
export function linesOf(text: string): string[] {
  // oxlint-disable-next-line no-control-regex
  const lines = text.split(/\r\n|[\n\v\f\r\u001c-\u001e\u0085\u2028\u2029]/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** JSON with escapes for the control characters that JSON itself lets be. */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? 'null';
  return text.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The text on one line, cut to so many characters. */
export function brief(text: string, most: number): string {
  const line = printable(text.trim().replace(/\s+/g, ' '));
  return line.length <= most ? line : `${line.slice(0, most - 3)}...`;
}
