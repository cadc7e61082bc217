import { builtin } from '../../../../lib/builtin.ts';
import { messageOf } from '../../../../lib/errors/error.ts';
import { escapeRegExp, substitute, translatePattern, translateReplacement } from '../../../../lib/regex.ts';
import { flag, refuse, text, whole, type Helpers, type Named } from './definition.ts';

/*
 * Patterns as Salt's users write them, Python's. One that could go back and forth over its text for long runs under a
 * watch, which ends it: the text may come from where nobody vouches for it.
 */

const longestPattern = 1_000;
const longestText = 1_000_000;
/** Steps that are done before one could measure them. */
const fewSteps = 1_000_000;
const mostMs = 1_000;

function patternOf(value: unknown, { ignorecase, multiline }: Named): RegExp {
  const source = text(value);
  if (source.length > longestPattern) refuse(`a pattern of at most ${longestPattern} characters`);
  try {
    return translatePattern(source, (flag(ignorecase) ? 'i' : '') + (flag(multiline) ? 'm' : ''));
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof RangeError) refuse(`a pattern: ${messageOf(thrown)}`);
    throw thrown;
  }
}

/** Whether no text of that length keeps the pattern busy: repetitions and choices multiply, one within another without end. */
function isQuick({ source }: RegExp, length: number): boolean {
  const count = (pattern: RegExp) => plain.match(pattern)?.length ?? 0;
  const plain = source.replace(/\\[^\dk]/gs, 'x');
  const isNested = /\)[*+{]/.test(plain) || plain.includes('\\');
  const steps = (length + 1) ** (count(/[*+{]/g) + 1) * 2 ** count(/[|]|(?<!\()\?/g);
  return !isNested && steps <= fewSteps;
}

let watch: ((work: () => void) => void) | undefined;

function underWatch<T>(work: () => T): T {
  if (!watch) {
    const { createContext, Script } = builtin('node:vm');
    const script = new Script('work()');
    const place: { work: (() => void) | undefined } = { work: undefined };
    const context = createContext(place);
    watch = (job) => {
      place.work = job;
      try {
        script.runInContext(context, { timeout: mostMs });
      } finally {
        place.work = undefined;
      }
    };
  }
  let result: { readonly value: T } | undefined;
  try {
    watch(() => void (result = { value: work() }));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw thrown;
  }
  return (result ?? refuse('a pattern that is done with its text within a second')).value;
}

function over<T>(of: unknown, pattern: RegExp, work: (subject: string) => T): T {
  const subject = text(of);
  if (subject.length > longestText) refuse(`a text of at most ${longestText} characters`);
  return isQuick(pattern, subject.length) ? work(subject) : underWatch(() => work(subject));
}

/** What the groups matched; the whole match where there are none. */
function groups(match: RegExpExecArray | null): (string | null)[] | null {
  if (!match) return null;
  return match.length === 1 ? [match[0]] : match.slice(1).map((group: string | undefined) => group ?? null);
}

const asked = { takes: 'a text and a pattern', args: [2, 2], named: ['ignorecase', 'multiline'] } as const;

export const patterns = (): Helpers => ({
  regex_match: {
    summary:
      'A list of what the groups of a pattern matched at the start of a text (the match, where it has none), else null.',
    ...asked,
    jinja: "x | regex_match('^web(\\d+)')",
    example: '{{json (regex_match id "web(\\d+)")}}',
    gives: '["1"]',
    call: ([of, given], named) => {
      const pattern = patternOf(given, named);
      const sticky = new RegExp(pattern.source, `${pattern.flags}y`);
      return over(of, pattern, (subject) => groups(sticky.exec(subject)));
    },
  },
  regex_search: {
    summary: 'The same, wherever in the text it matches first.',
    ...asked,
    jinja: "x | regex_search('(\\d+)')",
    example: '{{#if (regex_search grains.os "^deb" ignorecase=true)}}apt{{/if}}',
    gives: 'apt',
    call: ([of, given], named) => {
      const pattern = patternOf(given, named);
      return over(of, pattern, (subject) => groups(pattern.exec(subject)));
    },
  },
  regex_replace: {
    summary:
      'With every match of a pattern replaced, or the first `count`; `\\1` and `\\g<name>` are what groups matched.',
    takes: 'a text, a pattern and a replacement',
    args: [3, 3],
    named: ['ignorecase', 'multiline', 'count'],
    jinja: "x | regex_replace('a(.)', '\\\\1')",
    example: '{{regex_replace "eth0 eth1" "eth(\\d)" "lan\\1"}}',
    gives: 'lan0 lan1',
    call: ([of, given, by], named) => {
      const pattern = patternOf(given, named);
      const replacement = translateReplacement(text(by));
      const count = whole(named['count'] ?? 0, 0);
      return over(of, pattern, (subject) => substitute(subject, pattern, replacement, count).text);
    },
  },
  regex_findall: {
    summary: 'A list of all that a pattern matches: its first group, or the match where it has none.',
    ...asked,
    jinja: 'no filter; loops over regex_search',
    example: '{{join (regex_findall "a1 b22" "\\d+") " "}}',
    gives: '1 22',
    call: ([of, given], named) => {
      const pattern = patternOf(given, named);
      const all = new RegExp(pattern.source, `${pattern.flags}g`);
      return over(of, pattern, (subject) => Array.from(subject.matchAll(all), ([match, first]) => first ?? match));
    },
  },
  regex_escape: {
    summary: 'A text with its special characters escaped, for a pattern that is to match just it.',
    takes: 'a text',
    args: [1, 1],
    jinja: 'x | regex_escape',
    example: '{{regex_escape "a.b"}}',
    gives: 'a\\.b',
    call: ([of]) => escapeRegExp(text(of)),
  },
});
