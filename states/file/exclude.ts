import { fnmatch } from '../../lib/fnmatch.ts';
import { translatePattern } from '../../lib/regex.ts';

/**
 * Whether a path (relative to the directory that is worked on) is meant by some pattern: a glob where `*` also matches
 * `/`, or a regular expression after `E@`. As Salt's `exclude_pat` and `include_pat`. Raises SyntaxError.
 */
export function pathMatcher(patterns: readonly string[] | undefined): (path: string) => boolean {
  const tests = (patterns ?? []).map(matcher);
  return (path) => tests.some((fits) => fits(path));
}

function matcher(text: string): (path: string) => boolean {
  if (!text.startsWith('E@')) return fnmatch(text);
  const pattern = translatePattern(text.slice(2));
  return (path) => pattern.test(path);
}
