import { fnmatch } from '../../lib/fnmatch.ts';
import { translatePattern } from '../../lib/regex.ts';

type Excluded = string | Readonly<Record<string, { readonly regex: boolean }>>;

/** Whether a path is one of those that are left out: below one of them, like one with `*`, or with a pattern in it. */
export function exclusion(excluded: readonly Excluded[]): (path: string) => boolean {
  const tests = excluded.flatMap((one) => {
    if (typeof one === 'string') return [plain(one)];
    return Object.entries(one).map(([text, { regex }]) => {
      if (!regex) return plain(text);
      const pattern = translatePattern(text);
      return (path: string): boolean => pattern.test(path);
    });
  });
  return (path) => tests.some((fits) => fits(path));
}

function plain(text: string): (path: string) => boolean {
  return text.includes('*') ? fnmatch(text) : (path) => path.startsWith(text);
}
