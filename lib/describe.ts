import type * as v from 'valibot';

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

/** What a schema wanted, in words that go after "has to be". A message that is not valibot's own is the schema's: it says more. */
export function expectedOf(issue: v.BaseIssue<unknown>): string {
  return issue.message.startsWith('Invalid ') ? expectation(issue) : issue.message;
}

/** What valibot expected (`(string | number)`, `"a"`), in words. */
function expectation({ expected }: v.BaseIssue<unknown>): string {
  const words: Record<string, string> = {
    string: 'text',
    number: 'a number',
    boolean: 'true or false',
    Array: 'a list',
    Object: 'a map',
    null: 'nothing',
    undefined: 'nothing',
  };
  const parts = (expected ?? 'something else').replace(/[()]/g, '').split(' | ');
  return parts
    .map((part) => words[part] ?? part)
    .filter((part) => part !== 'nothing')
    .join(' or ');
}
