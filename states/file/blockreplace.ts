import * as v from 'valibot';
import { defineState, impossible } from '../../lib/contracts/state.ts';
import { asText } from '../../lib/json.ts';
import { accumulatorsFor } from './accumulators.ts';
import * as arg from './args.ts';
import { linesWithEnds, planEdit, readEditable } from './edit.ts';
import { translatePattern } from '../../lib/regex.ts';
import { readTexts, textsArgs, textsComplaint } from './texts.ts';

const args = v.strictObject({
  name: arg.path,
  marker_start: v.optional(v.pipe(v.string(), v.minLength(1)), '#-- start managed zone --'),
  marker_end: v.optional(v.pipe(v.string(), v.minLength(1)), '#-- end managed zone --'),
  content: v.optional(arg.scalar, ''),
  ...textsArgs,
  append_if_not_found: arg.flag(false),
  prepend_if_not_found: arg.flag(false),
  insert_before_match: v.optional(v.string()),
  insert_after_match: v.optional(v.string()),
  append_newline: v.optional(v.nullable(v.boolean())),
  backup: arg.backupEnding,
  show_changes: arg.flag(true),
});

type Args = Omit<v.InferOutput<typeof args>, 'content'> & { readonly content: string };

export default defineState({
  summary: 'The lines between two marker lines are these.',
  example: `
/etc/ssh/sshd_config:
  file.blockreplace:
    - marker_start: '# start of ours'
    - marker_end: '# end of ours'
    - content: PermitRootLogin no
    - append_if_not_found: True
`,
  args,
  reads: ['files'],
  check(given) {
    const ways = [
      given.append_if_not_found,
      given.prepend_if_not_found,
      given.insert_before_match,
      given.insert_after_match,
    ];
    return ways.filter(Boolean).length > 1
      ? 'Only one of append_if_not_found, prepend_if_not_found, insert_before_match, and insert_after_match is permitted'
      : textsComplaint(given);
  },
  async read(given, machine) {
    const file = readEditable(machine.files, given.name);
    const texts = await readTexts(given, machine);
    if (typeof texts === 'string') return { file: { ...file, problem: texts }, content: '' };
    const gathered = Object.values(accumulatorsFor(given.name, machine.required)).flat().map(asText);
    // Lines of their own for what was gathered, sources as they are: Salt's way to put it together.
    const before = arg.scalarText(given.content);
    return { file, content: [...(before === '' ? [] : [before]), ...gathered].join('\n') + texts.join('') };
  },
  plan(given, { file, content }) {
    if (file.problem !== undefined) return impossible(file.problem);
    const result = withBlock({ ...given, content }, linesWithEnds(file.content.toString('utf8')));
    if (typeof result === 'string') return impossible(`Encountered error managing block: ${result}`);
    return planEdit(file, result.join(''), {
      show: given.show_changes,
      backup: given.backup || undefined,
      comments: { planned: 'Changes would be made' },
    });
  },
});

/** The lines with the block in its place, or why it has none. */
function withBlock(given: Args, lines: readonly string[]): string[] | string {
  const { marker_start: start, marker_end: end } = given;
  const newline = lines[0]?.endsWith('\r\n') ? '\r\n' : '\n';
  const result: string[] = [];
  let inside = false;
  let found = false;
  for (const line of lines) {
    if (line.includes(start)) inside = true;
    else if (inside) {
      const at = line.indexOf(end);
      if (at === -1) continue;
      inside = false;
      found = true;
      result.push(...blockLines(given, newline, line.slice(at)));
      continue;
    }
    result.push(line);
  }
  if (inside) return 'Unterminated marked block. End of file reached before marker_end.';
  if (found) return result;
  const block = [start + newline, ...blockLines(given, newline, end)];
  if (given.prepend_if_not_found) return [...block, ...result];
  if (given.append_if_not_found) return [...ended(result, newline), ...block];
  const match = given.insert_before_match ?? given.insert_after_match;
  if (match === undefined) return 'Cannot edit marked block. Markers were not found in file.';
  const pattern = translatePattern(match);
  const at = lines.findIndex((line) => pattern.test(line));
  if (at === -1) return result;
  const place = given.insert_after_match === undefined ? at : at + 1;
  return [...ended(result.slice(0, place), newline), ...block, ...result.slice(place)];
}

/** The content and the marker after it. */
function blockLines({ content, append_newline }: Args, newline: string, endLine: string): string[] {
  const lines = content.split(/\r?\n/);
  const last = lines.pop() ?? '';
  const end = endLine.replace(/[\r\n]+$/, '') + newline;
  const ownLine = append_newline ?? !content.endsWith('\n');
  return [...lines.map((line) => line + newline), ...(ownLine ? [last + newline, end] : [last + end])];
}

function ended(lines: readonly string[], newline: string): string[] {
  const last = lines.at(-1);
  return last === undefined || last.endsWith('\n') ? [...lines] : [...lines.slice(0, -1), last + newline];
}
