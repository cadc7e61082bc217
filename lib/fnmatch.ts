/** One element of a pattern: a literal character, any one character, any run of them, or one of a set. */
type Part =
  | string
  | typeof anyOne
  | typeof anyRun
  | { readonly set: readonly [string, string][]; readonly not: boolean };
const anyOne = Symbol('?');
const anyRun = Symbol('*');

/**
 * A test for texts by a shell-like pattern, as Python's `fnmatch.fnmatchcase` and so Salt read it: `*` (slashes too), `?`,
 * `[abc]`, `[a-z]`, `[!abc]`; the whole text must fit. Takes time in proportion to pattern times text at worst, so that no
 * pattern can stall who asks.
 */
export function fnmatch(pattern: string): (text: string) => boolean {
  const parts = partsOf(pattern);
  if (parts.every((part) => typeof part === 'string')) return (text) => text === pattern;
  return (text) => fits(parts, Array.from(text));
}

/** Whether a text is a pattern, and not a name of one thing alone. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

function partsOf(pattern: string): Part[] {
  const characters = Array.from(pattern);
  const parts: Part[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') {
      if (parts.at(-1) !== anyRun) parts.push(anyRun);
    } else if (character === '?') {
      parts.push(anyOne);
    } else if (character === '[') {
      const not = characters[at + 1] === '!';
      const first = at + (not ? 2 : 1);
      // A bracket right after the opening one is a member of the set, not its end.
      const end = characters.indexOf(']', first + 1);
      if (end < 0) {
        parts.push(character);
      } else {
        parts.push({ set: ranges(characters.slice(first, end)), not });
        at = end;
      }
    } else {
      parts.push(character);
    }
  }
  return parts;
}

function ranges(members: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < members.length; at++) {
    const from = members[at] ?? '';
    const to = members[at + 2];
    if (members[at + 1] === '-' && to !== undefined) {
      found.push([from, to]);
      at += 2;
    } else {
      found.push([from, from]);
    }
  }
  return found;
}

function fits(parts: readonly Part[], text: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  // Where to go on from when what follows the last `*` does not fit: one character further.
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted === anyRun) {
      star = part++;
      resume = at;
    } else if (wanted !== undefined && fitsOne(wanted, text[at] ?? '')) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (parts[part] === anyRun) part++;
  return part === parts.length;
}

function fitsOne(part: Part, character: string): boolean {
  if (part === anyOne) return true;
  if (typeof part === 'string') return part === character;
  if (typeof part === 'symbol') return false;
  return part.set.some(([from, to]) => from <= character && character <= to) !== part.not;
}
