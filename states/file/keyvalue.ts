import { posix } from 'node:path';
import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { linesWithEnds, planEdit, readEditable } from './edit.ts';
import { readParent } from '../../lib/parent-directory.ts';

const value = v.nullable(arg.scalar);

const args = v.strictObject({
  name: arg.path,
  key: v.optional(v.union([v.string(), v.number()])),
  value: v.optional(value),
  key_values: v.optional(v.record(v.string(), value)),
  separator: v.optional(v.pipe(v.string(), v.minLength(1)), '='),
  append_if_not_found: arg.flag(false),
  prepend_if_not_found: arg.flag(false),
  show_changes: arg.flag(true),
  ignore_if_missing: arg.flag(false),
  count: v.optional(v.pipe(v.number(), v.integer()), 1),
  uncomment: v.optional(v.string()),
  key_ignore_case: arg.flag(false),
  value_ignore_case: arg.flag(false),
  create_if_missing: arg.flag(false),
});

type Args = v.InferOutput<typeof args>;

export default defineState({
  summary: 'Lines of keys and values in a text file have these values.',
  example: `
/etc/ssh/sshd_config:
  file.keyvalue:
    - key_values:
        PermitRootLogin: 'no'
        PasswordAuthentication: 'no'
    - separator: ' '
    - uncomment: '# '
    - append_if_not_found: True
`,
  args,
  reads: ['files'],
  check({ key, value: given, key_values }) {
    const isPair = key !== undefined && given !== undefined;
    if (isPair && key_values) return 'file.keyvalue can not combine key_values with key and value';
    if (isPair || Object.keys(key_values ?? {}).length > 0) return undefined;
    return 'file.keyvalue key and value not supplied and key_values is empty';
  },
  read: ({ name }, { files }) => ({ file: readEditable(files, name), parent: readParent(files, name) }),
  plan(given, { file, parent }) {
    const { name } = given;
    if (file.missing && !given.create_if_missing) {
      return given.ignore_if_missing ? alreadyRight(`unable to open ${name}`) : impossible(`unable to open ${name}`);
    }
    if (file.problem !== undefined && !file.missing) return impossible(file.problem);
    const { text, changed } = withValues(given, linesWithEnds(file.content.toString('utf8')), file.missing === true);
    const planned = `File ${name} is set to be changed (${changed} lines)`;
    const done = `Changed ${changed} lines`;
    if (!file.missing)
      return planEdit(file, text, { show: given.show_changes, comments: { right: '', planned, done } });
    if (typeof parent === 'string') return impossible(parent);
    if (!parent) return impossible(`unable to open ${name}: ${posix.dirname(name)} is not there`);
    return {
      changes: { diff: 'New file' },
      comment: planned,
      done,
      steps: [{ do: 'write', path: name, content: Buffer.from(text) }],
    };
  },
});

interface Pair {
  readonly key: string;
  readonly value: string;
  /** How many lines are still to be of this key: one after that goes. Below zero: any number. */
  left: number;
}

/** The lines with each key's value in its place: Salt's rules for comment signs, further lines of a key, and missing ones. */
function withValues(
  given: Args,
  lines: readonly string[],
  isNew: boolean,
): { readonly text: string; readonly changed: number } {
  const pairs = pairsOf(given);
  let changed = 0;
  const kept = lines.flatMap((line) => {
    const result = pairs.reduce(
      (at, pair) => (at === undefined ? at : withValue(given, pair, at)),
      line as string | undefined,
    );
    if (result !== line) changed++;
    return result === undefined ? [] : [result];
  });
  // Salt adds one more at each run where there are fewer lines than `count`; not found is not found.
  const missing = pairs
    .filter(({ left }) => left > 0 && left === given.count)
    .map(({ key, value: one }) => `${key}${given.separator}${one}\n`);
  const last = kept.at(-1);
  if (given.append_if_not_found || isNew) {
    changed += missing.length;
    const open = missing.length > 0 && last !== undefined && !last.endsWith('\n');
    return { text: [...kept, ...(open ? ['\n'] : []), ...missing].join(''), changed };
  }
  if (given.prepend_if_not_found) {
    changed += missing.length;
    return { text: [...missing.reverse(), ...kept].join(''), changed };
  }
  return { text: kept.join(''), changed };
}

function pairsOf({ key, value: given, key_values, count }: Args): Pair[] {
  const pairs = key_values ?? { [String(key)]: given ?? null };
  return Object.entries(pairs).map(([name, one]) => ({
    key: name,
    value: one === null ? 'None' : arg.scalarText(one),
    left: count,
  }));
}

/** A line with the pair's value, if it is about its key; undefined for one too many. */
function withValue(given: Args, pair: Pair, line: string): string | undefined {
  const { separator } = given;
  const plain = stripStart(line, given.uncomment);
  const wasComment = plain.length < line.length;
  const at = plain.indexOf(separator);
  if (at < 0) return line;
  const found = plain.slice(0, at);
  const same = (a: string, b: string, ignoreCase: boolean): boolean =>
    ignoreCase ? a.toLowerCase() === b.toLowerCase() : a === b;
  if (!same(found, pair.key, given.key_ignore_case)) return line;
  const isRight = same(plain.slice(at + separator.length).trim(), pair.value.trim(), given.value_ignore_case);
  const isToo = pair.left === 0;
  // A comment stays one when there are lines enough.
  const change = wasComment ? pair.left > 0 : isToo || !isRight;
  const written = isToo ? undefined : `${found}${separator}${pair.value}\n`;
  if (pair.left > 0) pair.left--;
  return change ? written : line;
}

/** Python's `lstrip`: without the characters at its start, blanks where none are named. */
function stripStart(line: string, characters: string | undefined): string {
  if (characters === undefined) return line.trimStart();
  let at = 0;
  while (at < line.length && characters.includes(line[at] ?? '')) at++;
  return line.slice(at);
}
