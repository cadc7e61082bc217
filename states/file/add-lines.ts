import { posix } from 'node:path';
import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { impossible, type Plan } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { splitLines } from './content.ts';
import { contentDiff } from '../../lib/diff.ts';
import { planEdit, readEditable, type Editable } from './edit.ts';
import { readParent } from '../../lib/parent-directory.ts';
import { escapeRegExp } from '../../lib/regex.ts';
import { readTexts, textsArgs, textsComplaint } from './texts.ts';

/* What `file.append` and `file.prepend` have in common. */

export const addLinesArgs = {
  name: arg.path,
  text: v.optional(arg.text),
  ...textsArgs,
  makedirs: arg.flag(false),
  ignore_whitespace: arg.flag(true),
};

const schema = v.strictObject(addLinesArgs);

type Args = v.InferOutput<typeof schema>;

interface Facts {
  readonly file: Editable;
  readonly parent: boolean | string;
  readonly texts: readonly string[];
}

export async function readAddable(given: Args, machine: Reading): Promise<Facts> {
  const { files } = machine;
  const file = readEditable(files, given.name);
  const found = await readTexts(given, machine);
  const parent = readParent(files, given.name);
  if (typeof found === 'string') return { file: { ...file, missing: false, problem: found }, parent, texts: [] };
  return { file, parent, texts: [...[given.text ?? []].flat().map(arg.scalarText), ...found] };
}

/** What is wrong with the arguments as they are written. */
export function addableComplaint(given: Args): string | undefined {
  const ways = [given.text, given.source, given.sources].filter((one) => one !== undefined).length;
  return ways === 1 ? textsComplaint(given) : "one of 'text', 'source' and 'sources' is needed";
}

/** Each text that is not in the file yet goes to one end of it; as a `header` all of them do, if they are not there. */
export function addLines(
  given: Args & { readonly header?: boolean },
  { file, parent, texts }: Facts,
  where: 'start' | 'end',
): Plan {
  const { name, makedirs } = given;
  if (file.problem !== undefined && !file.missing) return impossible(file.problem);
  if (file.missing && typeof parent === 'string') return impossible(parent);
  if (file.missing && !parent && !makedirs) return impossible(`Directory not present to touch file ${name}`);
  const old = file.content.toString('utf8');
  const added = given.header
    ? missingHeader(old, texts.flatMap(splitLines))
    : texts.filter((text) => !holds(old, text, given.ignore_whitespace)).flatMap(splitLines);
  const lines = added.map((line) => `${line}\n`).join('');
  const separator = where === 'end' && old !== '' && !old.endsWith('\n') && lines !== '' ? '\n' : '';
  const text = where === 'end' ? old + separator + lines : lines + old;
  const right = `File ${name} is in correct state`;
  const planned = `File ${name} is set to be updated`;
  const done = `${where === 'end' ? 'Appended' : 'Prepended'} ${added.length} lines`;
  if (!file.missing) return planEdit(file, text, { show: true, comments: { right, planned, done } });
  const steps: Step[] = parent ? [] : [{ do: 'mkdir', path: posix.dirname(name), parents: true }];
  const content = Buffer.from(text);
  return {
    changes: { diff: content.length === 0 ? 'New file' : contentDiff(Buffer.alloc(0), content) },
    comment: `File ${name} is set to be created`,
    done: added.length === 0 ? right : done,
    steps: [...steps, { do: 'write', path: name, content }],
  };
}

function missingHeader(file: string, lines: readonly string[]): readonly string[] {
  const first = splitLines(file).slice(0, lines.length);
  return first.length === lines.length && first.every((line, at) => line === lines[at]) ? [] : lines;
}

/** Whether the text's lines stand in the file one after the other; blanks between words may differ, if so wished. */
function holds(file: string, text: string, ignoreBlanks: boolean): boolean {
  const lines = splitLines(text);
  if (lines.length === 0) return true;
  const pattern = lines.map((line) =>
    ignoreBlanks ? `[^\\S\\n]*${words(line).map(escapeRegExp).join('[^\\S\\n]*')}[^\\S\\n]*` : escapeRegExp(line),
  );
  return new RegExp(`(?:^|\\n)${pattern.join('\\r?\\n')}\\r?(?=\\n|$)`).test(file);
}

function words(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== '');
}
