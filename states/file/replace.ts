import * as v from 'valibot';
import { messageOf } from '../../lib/errors/error.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { linesWithEnds, planEdit, readEditable } from './edit.ts';
import { escapeRegExp, substitute, translateFlags, translatePattern, translateReplacement } from '../../lib/regex.ts';

const MULTILINE = 8;

const args = v.strictObject({
  name: arg.path,
  pattern: arg.scalar,
  repl: arg.scalar,
  count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  flags: v.optional(v.union([v.number(), v.string(), v.array(v.string())]), MULTILINE),
  append_if_not_found: arg.flag(false),
  prepend_if_not_found: arg.flag(false),
  not_found_content: v.optional(arg.scalar),
  ignore_if_missing: arg.flag(false),
  backslash_literal: arg.flag(false),
  backup: arg.backupEnding,
  show_changes: arg.flag(true),
  // Salt's; a file is read whole in any case.
  bufsize: v.optional(v.union([v.number(), v.literal('file')])),
});

type Args = v.InferOutput<typeof args>;

export default defineState({
  summary: 'What matches a pattern in a text file is replaced.',
  example: `
/etc/login.defs:
  file.replace:
    - pattern: '^UMASK.*'
    - repl: UMASK 027
    - append_if_not_found: True
`,
  args,
  reads: ['files'],
  check(given) {
    if (given.append_if_not_found && given.prepend_if_not_found) {
      return 'Only one of append and prepend_if_not_found is permitted';
    }
    try {
      compile(given);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  },
  read: ({ name }, { files }) => readEditable(files, name),
  plan(given, file) {
    if (file.missing && given.ignore_if_missing) return alreadyRight('No changes needed to be made');
    if (file.problem !== undefined) return impossible(file.problem);
    return planEdit(file, replaced(given, file.content.toString('utf8')), {
      show: given.show_changes,
      backup: given.backup || undefined,
    });
  },
});

function compile({ pattern, repl, flags, backslash_literal }: Args): {
  readonly pattern: RegExp;
  readonly flags: string;
  readonly replacement: (match: RegExpExecArray) => string;
} {
  const letters = translateFlags(flags);
  const text = arg.scalarText(repl);
  return {
    pattern: translatePattern(arg.scalarText(pattern), letters),
    flags: letters,
    replacement: backslash_literal ? () => text : translateReplacement(text),
  };
}

function replaced(given: Args, text: string): string {
  const { pattern, flags, replacement } = compile(given);
  const result = substitute(text, pattern, replacement, given.count);
  const { append_if_not_found: append, prepend_if_not_found: prepend } = given;
  if (result.matches > 0 || !(append || prepend)) return result.text;
  const content = arg.scalarText(given.not_found_content ?? given.repl);
  // An earlier run may have put it there already.
  if (new RegExp(`^${escapeRegExp(content)}($|(?=\r\n))`, flags).test(text)) return text;
  if (prepend) return `${content}\n${text}`;
  return `${withEnd(text)}${content}\n`;
}

function withEnd(text: string): string {
  const last = linesWithEnds(text).at(-1);
  return last === undefined || last.endsWith('\n') ? text : `${text}\n`;
}
