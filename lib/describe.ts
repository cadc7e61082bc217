/** What a value is, in words, for a complaint. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const shown = JSON.stringify(value) ?? typeof value;
  return typeof value === 'string' ? `the text ${shown.slice(0, 60)}` : shown.slice(0, 60);
}

/** The same of a value that may be secret: what kind it is. */
export function describeKind(value: unknown): string {
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : describe(value);
}
