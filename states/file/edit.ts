import type { FileFacts, FileView, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { contentDiff, isBinary } from './diff.ts';
import { lookThrough } from '../../lib/links.ts';

/** A text file that is to be edited. */
export interface Editable {
  /** Why it can't be; the rest is then empty. */
  readonly problem?: string;
  /** There is no such file. */
  readonly missing?: boolean;
  readonly path: string;
  readonly there?: FileFacts;
  readonly content: Buffer;
}

/** The file an editing state works on, through links. */
export function readEditable(files: FileView, name: string): Editable {
  const found = lookThrough(files, name);
  const nothing = { path: name, content: Buffer.alloc(0) };
  if (!found?.there) return { ...nothing, missing: true, problem: `${name}: file not found` };
  const { path, there } = found;
  if (there.kind !== 'file') return { ...nothing, problem: `${name} is not a file` };
  const content = files.read(path);
  if (isBinary(content)) {
    return { ...nothing, problem: `Cannot perform string replacements on a binary file: ${name}` };
  }
  return { path, there, content };
}

interface Comments {
  readonly right?: string;
  readonly planned: string;
  readonly done: string;
}

const usual: Comments = {
  right: 'No changes needed to be made',
  planned: 'Changes would have been made',
  done: 'Changes were made',
};

export interface EditOptions {
  readonly show: boolean;
  /** What a copy of the old file is called: its name with this at the end. */
  readonly backup?: string | undefined;
  readonly comments?: Partial<Comments> | undefined;
}

/** The plan that turns the file's text into another. */
export function planEdit(file: Editable, text: string, options: EditOptions): Plan {
  const { path, content: old, there } = file;
  const comments = { ...usual, ...options.comments };
  const content = Buffer.from(text);
  if (old.equals(content)) return alreadyRight(comments.right ?? '');
  if (!there) return impossible(file.problem ?? `${path}: file not found`);
  const steps: Step[] = [{ do: 'write', path, content }];
  if (options.backup) {
    const { mode, uid, gid } = there;
    steps.unshift({ do: 'write', path: path + options.backup, content: old, mode, uid, gid });
  }
  return {
    changes: { diff: options.show ? contentDiff(old, content) : '<show_changes=False>' },
    comment: comments.planned,
    done: comments.done,
    steps,
  };
}

/** Lines with their ends. */
export function linesWithEnds(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
