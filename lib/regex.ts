/* Patterns as Salt's users write them (Python's re), in terms of JavaScript. */

const flagBits: readonly (readonly [number, string, string])[] = [
  [2, 'i', 'IGNORECASE I'],
  [8, 'm', 'MULTILINE M'],
  [16, 's', 'DOTALL S'],
  // What these ask for is what JavaScript does, or makes no difference to a text file.
  [4, '', 'LOCALE L'],
  [32, '', 'UNICODE U'],
  [256, '', 'ASCII A'],
];

/** JavaScript's flags for Python's: a name, names, or the number of their bits; raises RangeError for others. */
export function translateFlags(flags: number | string | readonly string[]): string {
  if (typeof flags === 'number') {
    const known = flagBits.reduce((sum, [bit]) => sum | bit, 0);
    if ((flags & ~known) !== 0) throw new RangeError(`flags: ${flags} has a flag that is not supported here`);
    return flagBits.flatMap(([bit, letter]) => ((flags & bit) === 0 ? [] : [letter])).join('');
  }
  const names = typeof flags === 'string' ? [flags] : flags;
  return [...new Set(names.map(flagLetter))].join('');
}

function flagLetter(name: string): string {
  const found = flagBits.find(([, , names]) => names.split(' ').includes(name.toUpperCase()));
  if (!found) throw new RangeError(`flags: ${name} is not one of IGNORECASE, MULTILINE, DOTALL`);
  return found[1];
}

/**
 * A pattern of Python's as one of JavaScript's: named groups, `\A`, `\Z`, `(?i)` in front, comments. Raises SyntaxError,
 * with the idiom to use, for what JavaScript has no word for.
 */
export function translatePattern(pattern: string, flags = ''): RegExp {
  const [inFront = '', letters = ''] = /^\(\?([a-zA-Z]+)\)/.exec(pattern) ?? [];
  const all = new Set(flags);
  for (const letter of letters) {
    if (letter === 'x') throw new SyntaxError(`(?x) is not supported: write ${pattern} on one line without blanks`);
    const translated = flagLetter(letter);
    if (translated) all.add(translated);
  }
  const source = pattern
    .slice(inFront.length)
    .replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\(\?P<|\(\?P=(\w+)\)|\(\?#[^)]*\)/g, (found, name?: string) => {
      if (found === '\\A') return '(?<![\\s\\S])';
      if (found === '\\Z') return '(?![\\s\\S])';
      if (found === '(?P<') return '(?<';
      if (name !== undefined) return `\\k<${name}>`;
      if (found.startsWith('(?#')) return '';
      // Python takes a bracket that comes first as itself, JavaScript as the end.
      return found.startsWith('[') ? found.replace(/^(\[\^?)\](?=.)/s, '$1\\]') : found;
    });
  return new RegExp(source, [...all].join(''));
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const controls: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  f: '\f',
  v: '\v',
  b: '\b',
  '\\': '\\',
};

/** What replaces a match, from Python's template of it: `\1`, `\g<1>`, `\g<name>`, `\n`. Raises SyntaxError for others. */
export function translateReplacement(template: string): (match: RegExpExecArray) => string {
  const parts = [...template.matchAll(/\\g<(\w+)>|\\(\d{1,2})|\\([\s\S])|([^\\]+)|\\/g)].map(
    ([whole, named, number, escape, plain]) => {
      const group = named ?? number;
      if (group !== undefined) {
        return (match: RegExpExecArray): string => {
          const found = /^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group];
          return found ?? '';
        };
      }
      if (plain !== undefined) return (): string => plain;
      const control = escape === undefined ? undefined : controls[escape];
      if (control === undefined && (escape === undefined || /[a-zA-Z]/.test(escape))) {
        throw new SyntaxError(`${whole} in ${JSON.stringify(template)} stands for nothing: write \\\\ for a backslash`);
      }
      return (): string => control ?? whole;
    },
  );
  return (match) => parts.map((part) => part(match)).join('');
}

/** Replaces the first `count` matches (all for 0); also says how many there were. */
export function substitute(
  text: string,
  pattern: RegExp,
  replacement: (match: RegExpExecArray) => string,
  count: number,
): { readonly text: string; readonly matches: number } {
  const all = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
  let result = '';
  let end = 0;
  let matches = 0;
  for (const match of text.matchAll(all)) {
    if (count > 0 && matches === count) break;
    matches++;
    result += text.slice(end, match.index) + replacement(match);
    end = match.index + match[0].length;
  }
  return { text: result + text.slice(end), matches };
}
