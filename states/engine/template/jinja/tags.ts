/** What stands between braces in a source. */
export interface Tag {
  readonly kind: 'statement' | 'comment' | 'output';
  /** Where its first brace is. */
  readonly at: number;
  readonly end: number;
  /** What is in it, without the dashes at its braces. */
  readonly inside: string;
  /** Its braces have dashes, which take the blanks beside it away. */
  readonly dashes: readonly [before: boolean, after: boolean];
}

/** Handlebars' own: text that is as it is, notes, blocks and partials; and where Jinja's own begins that is as it is. */
const skipped =
  /\{\{\{\{[^]*?\{\{\{\{\/[^]*?\}\}\}\}|\{\{~?!--[^]*?--~?\}\}|\{\{(?:~|\{(?!\s)|[!#/>*^&])[^]*?\}\}|\{%[-+]?\s*raw\s*[-+]?%\}/y;
const closings = { '{%': '%}', '{#': '#}', '{{': '}}' } as const;
const kinds = { '{%': 'statement', '{#': 'comment', '{{': 'output' } as const;
type Opening = keyof typeof closings;

/** Every tag of a source, in its order, but for what Jinja or Handlebars is told to leave alone. */
export function tagsOf(source: string): readonly Tag[] {
  const tags: Tag[] = [];
  for (let at = source.indexOf('{'); at >= 0; at = source.indexOf('{', at)) {
    const opening = source.slice(at, at + 2);
    skipped.lastIndex = at;
    const skip = skipped.exec(source)?.[0];
    if (skip?.startsWith('{%')) {
      tags.push({ kind: 'statement', at, end: at + skip.length, inside: 'raw', dashes: [false, false] });
      at = endOfRaw(source, at + skip.length);
    } else if (skip !== undefined) at += skip.length;
    else if (isOpening(opening)) {
      const end = endOf(source, at + 2, closings[opening]);
      if (end !== undefined) tags.push(tagOf(source, opening, at, end));
      // A statement that has no end is one all the same.
      else if (opening === '{%') tags.push({ kind: 'statement', at, end: at + 2, inside: '', dashes: [false, false] });
      at = end ?? at + 2;
    } else at++;
  }
  return tags;
}

/** As many characters as a tag may have. */
const longest = 20_000;

function isOpening(text: string): text is Opening {
  return Object.hasOwn(closings, text);
}

function endOfRaw(source: string, from: number): number {
  const end = /\{%[-+]?\s*endraw/.exec(source.slice(from));
  return end ? from + end.index : source.length;
}

function tagOf(source: string, opening: Opening, at: number, end: number): Tag {
  const all = source.slice(at + 2, end - 2);
  const inside = all
    .replace(/^[-+](?=\s|$)|^-/, '')
    .replace(/[-+]$/, '')
    .trim();
  return { kind: kinds[opening], at, end, inside, dashes: [all.startsWith('-'), all.endsWith('-')] };
}

/** Where a tag ends that is open at `from`: what is quoted in it, and the braces of maps, do not end it. */
function endOf(source: string, from: number, closing: string): number | undefined {
  if (closing === '#}') {
    const end = source.indexOf(closing, from);
    return end < 0 ? undefined : end + 2;
  }
  let depth = 0;
  let quote = '';
  const last = Math.min(source.length, from + longest);
  for (let at = from; at < last; at++) {
    const character = source.charAt(at);
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (depth === 0 && source.startsWith(closing, at)) return at + 2;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '{') depth++;
    else if (character === '}' && depth > 0) depth--;
  }
  return undefined;
}
