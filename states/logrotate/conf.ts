import { posix } from 'node:path';
import type { FileView } from '../../lib/contracts/machine.ts';
import { textOf } from '../../lib/text.ts';

/* A file of logrotate(8): settings, and blocks of settings for log files. */

/** Where something stands in a file: the number of its line, and for a block that of its end. */
export interface Place {
  readonly file: string;
  readonly at: number;
  readonly end?: number;
}

export interface ConfFile {
  readonly path: string;
  readonly lines: readonly string[];
}

/** The file and those that it includes. */
export function readConf(files: FileView, path: string): ConfFile[] {
  const main = readOne(files, path);
  const included = main.lines.flatMap((line) => {
    const [, target] = /^\s*include\s+(\S+)\s*$/.exec(line) ?? [];
    if (target === undefined) return [];
    if (files.follow(target)?.kind !== 'directory') return [target];
    return files.list(target).map((name) => posix.join(target, name));
  });
  const found = included.filter((one) => files.follow(one)?.kind === 'file');
  return [main, ...found.map((one) => readOne(files, one))];
}

function readOne(files: FileView, path: string): ConfFile {
  const lines = files.follow(path)?.kind === 'file' ? textOf(files.read(path), path).split('\n') : [];
  if (lines.at(-1) === '') lines.pop();
  return { path, lines };
}

interface Block {
  /** The first line of it, which may be one of names before the brace. */
  readonly start: number;
  readonly end: number;
  readonly names: readonly string[];
}

const isComment = (line: string): boolean => /^\s*(#|$)/.test(line);
const wordsOf = (text: string): string[] => text.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];

/** The blocks of a file. Scripts in a block may have braces of their own; its end stands at the beginning of a line. */
function blocksOf({ lines }: ConfFile): Block[] {
  const blocks: Block[] = [];
  let open: { start: number; names: string[] } | undefined;
  let names: string[] = [];
  let start = 0;
  let script = false;
  for (const [at, line] of lines.entries()) {
    if (isComment(line)) continue;
    const text = line.trim();
    if (open) {
      if (/^(pre|post|first|last)(rotate|action|remove)\b/.test(text)) script = true;
      else if (text === 'endscript') script = false;
      else if (!script && text.startsWith('}')) {
        blocks.push({ ...open, end: at });
        open = undefined;
      }
      continue;
    }
    const isName = /^["/~*]/.test(text);
    if (!isName && !text.startsWith('{')) {
      names = [];
      continue;
    }
    if (names.length === 0) start = at;
    names.push(...wordsOf(text.replace(/\{.*$/, '')));
    if (text.endsWith('}')) {
      blocks.push({ start, names, end: at });
      names = [];
    }
    if (!text.endsWith('{')) continue;
    open = { start, names };
    names = [];
  }
  return blocks;
}

/** The block of a log file. */
export function findBlock(files: readonly ConfFile[], name: string): (Place & { readonly file: string }) | undefined {
  for (const file of files) {
    const block = blocksOf(file).find(({ names }) => names.includes(name));
    if (block) return { file: file.path, at: block.start, end: block.end };
  }
  return undefined;
}

/** A setting inside a block (between its lines), or outside of all. */
export function findSetting(file: ConfFile, key: string, block?: Place): number {
  const blocks = blocksOf(file);
  const isInside = (at: number): boolean =>
    block ? at > block.at && at < (block.end ?? at) : !blocks.some(({ start, end }) => at >= start && at <= end);
  return file.lines.findIndex((line, at) => isInside(at) && !isComment(line) && wordsOf(line)[0] === key);
}

/** What a line sets: its words after the first; true where there are none. */
export function settingOf(line: string): string | true {
  const rest = line.trim().replace(/^\S+\s*/, '');
  return rest === '' ? true : rest;
}
