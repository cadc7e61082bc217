import { posix } from 'node:path';
import type { FileView, Step } from '../../lib/contracts/machine.ts';
import { parseLine, printLine, type Placed, type Source } from './source.ts';
import { parseStanzas, printStanza } from './stanza.ts';

/** Files that apt reads sources from, and their lines. */
export interface SourceFiles {
  readonly lines: Readonly<Record<string, readonly string[]>>;
  readonly sources: readonly Placed[];
}

const main = '/etc/apt/sources.list';
const folder = '/etc/apt/sources.list.d';

export const isStanzaFile = (file: string): boolean => file.endsWith('.sources');

/** All sources that are configured, those that are switched off too. `also` is read wherever it is. */
export function readSourceFiles(files: FileView, also: string | undefined): SourceFiles {
  const below = files.follow(folder)?.kind === 'directory' ? files.list(folder) : [];
  const names = [main, ...below.filter((name) => /\.(list|sources)$/.test(name)).map((name) => `${folder}/${name}`)];
  const lines: Record<string, string[]> = {};
  for (const name of new Set([...names, ...(also === undefined ? [] : [also])])) {
    if (files.follow(name)?.kind !== 'file') continue;
    const text = files.read(name).toString();
    lines[name] = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  }
  return { lines, sources: Object.entries(lines).flatMap(([file, own]) => parseFile(file, own)) };
}

function parseFile(file: string, lines: readonly string[]): Placed[] {
  if (isStanzaFile(file)) return parseStanzas(file, lines);
  return lines.flatMap((line, from) => {
    const source = parseLine(line);
    return source ? [{ ...source, place: { file, from, to: from + 1 } }] : [];
  });
}

/** What becomes of a place: another source, other lines, or nothing. */
export interface Edit {
  readonly of: Placed;
  readonly source?: Source;
  readonly lines?: readonly string[];
}

/** The steps that write a source at the end of a file; `clean`: in place of all that is in it. */
export function appendSource({ lines }: SourceFiles, file: string, source: Source, clean: boolean): Step[] {
  const there = clean ? [] : (lines[file] ?? []);
  const gap = isStanzaFile(file) && there.length > 0 && there.at(-1)?.trim() !== '' ? [''] : [];
  const make: Step[] = lines[file] ? [] : [{ do: 'mkdir', path: posix.dirname(file), parents: true }];
  return [...make, writeLines(file, [...there, ...gap, ...print(file, source)])];
}

/** The steps that make all edits, one a file; a file of the folder that then holds nothing goes. */
export function editPlaces({ lines }: SourceFiles, edits: readonly Edit[]): Step[] {
  const files = [...new Set(edits.map(({ of }) => of.place.file))];
  return files.map((file) => {
    const own = edits.filter(({ of }) => of.place.file === file);
    const left = (lines[file] ?? []).flatMap((line, at) => {
      const edit = own.find(({ of }) => at >= of.place.from && at < of.place.to);
      if (!edit) return [line];
      if (at !== edit.of.place.from) return [];
      return edit.source ? print(file, edit.source) : (edit.lines ?? []);
    });
    const isEmpty = left.every((line) => line.trim() === '');
    return isEmpty && file.startsWith(`${folder}/`) ? { do: 'remove', path: file } : writeLines(file, left);
  });
}

function print(file: string, source: Source): string[] {
  return isStanzaFile(file) ? printStanza(source) : [printLine(source)];
}

function writeLines(path: string, lines: readonly string[]): Step {
  return { do: 'write', path, content: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}

export const defaultFile = main;
