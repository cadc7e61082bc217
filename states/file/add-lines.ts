import { posix } from 'node:path';
import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { impossible, type Plan } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { splitLines } from './content.ts';
import { contentDiff } from './diff.ts';
import { planEdit, readEditable, type Editable } from './edit.ts';
import { readParent } from './parent.ts';
import { escapeRegExp } from '../../lib/regex.ts';

/* What `file.append` and `file.prepend` have in common. */

export const addLinesArgs = v.strictObject({
  name: arg.path,
  text: arg.text,
  makedirs: arg.flag(false),
  ignore_whitespace: arg.flag(true),
});

type Args = v.InferOutput<typeof addLinesArgs>;

interface Facts {
  readonly file: Editable;
  readonly parent: boolean | string;
}

export function readAddable({ name }: Args, { files }: Reading): Facts {
  return { file: readEditable(files, name), parent: readParent(files, name) };
}

/** Each text that is not in the file yet goes to one end of it. */
export function addLines(given: Args, { file, parent }: Facts, where: 'start' | 'end'): Plan {
  const { name, makedirs } = given;
  if (file.problem !== undefined && !file.missing) return impossible(file.problem);
  if (file.missing && typeof parent === 'string') return impossible(parent);
  if (file.missing && !parent && !makedirs) return impossible(`Directory not present to touch file ${name}`);
  const old = file.content.toString('utf8');
  const texts = (Array.isArray(given.text) ? given.text : [given.text]).map(arg.scalarText);
  const added = texts.filter((text) => !holds(old, text, given.ignore_whitespace)).flatMap(splitLines);
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
