import type { FileFacts, Reading, Step } from '../../lib/contracts/machine.ts';
import { decode, encode } from '../../lib/encoding.ts';
import { lookThrough } from '../../lib/links.ts';
import { readParent } from '../../lib/parent-directory.ts';

/* A file of sections with keys and values, of which single lines are changed and all others stay as they are. */

interface Line {
  /** As it is written, with lines that go on with it, without the last line end. */
  text: string;
  readonly key?: string | undefined;
  value?: string | undefined;
  /** What stands before the value: somebody's layout. */
  readonly start?: string | undefined;
}

interface Section {
  /** Empty for what stands before the first. */
  readonly name: string;
  readonly heading?: string | undefined;
  readonly lines: Line[];
}

export interface IniFile {
  readonly sections: Section[];
  readonly separator: string;
  readonly end: string;
}

/** Where an ini file is, and what is in it. */
export interface IniFacts {
  readonly path: string;
  readonly there?: FileFacts | undefined;
  readonly text: string;
}

interface FileArgs {
  readonly name: string;
  readonly encoding?: string | undefined;
}

/** The text of the file, empty for none; a sentence when it can't be read. */
export function readIniFile({ name, encoding }: FileArgs, { files }: Reading): IniFacts | string {
  const found = lookThrough(files, name);
  if (!found) return `${name} is a circle of symbolic links`;
  const { path, there } = found;
  if (!there) {
    const parent = readParent(files, path);
    return parent === true ? { path, text: '' } : parent || `the directory of ${path} is not there`;
  }
  if (there.kind !== 'file') return `${name} is not a file`;
  const decoded = decode(files.read(path), encoding);
  return typeof decoded === 'string'
    ? `Unable to open file '${name}': ${decoded}`
    : { path, there, text: decoded.text };
}

export function parseIni(text: string, separator: string): IniFile {
  const top: Section = { name: '', lines: [] };
  const sections = [top];
  // A separator of blanks is one of any number of them.
  const parting = separator.trim() === '' ? '\\s+' : `\\s*${escaped(separator.trim())}\\s*`;
  const option = new RegExp(`^(\\s*(.+?)${parting})(.*?)\\s*$`);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    const current = sections.at(-1) ?? top;
    const heading = /^\s*\[(.+?)\]\s*$/.exec(line)?.[1];
    const last = current.lines.at(-1);
    if (heading !== undefined) sections.push({ name: heading, heading: line, lines: [] });
    else if (/^\s*(?:[#;]|$)/.test(line)) current.lines.push({ text: line });
    else if (last?.key !== undefined && indentOf(line) > indentOf(last.text)) {
      last.text += `\n${line}`;
      last.value = `${last.value ?? ''}\n${line}`;
    } else {
      const [, start, key, value] = option.exec(line) ?? [];
      current.lines.push({ text: line, key, value, start });
    }
  }
  return { sections, separator, end: text.includes('\r\n') ? '\r\n' : '\n' };
}

export function hasSection({ sections }: IniFile, name: string): boolean {
  return sections.some((section) => section.name === name && (name !== '' || section.lines.length > 0));
}

/** The options of a section; of several lines with one key the last counts. */
export function optionsOf({ sections }: IniFile, name: string): ReadonlyMap<string, string> {
  const lines = sections.filter((section) => section.name === name).flatMap((section) => section.lines);
  return new Map(lines.flatMap(({ key, value }) => (key === undefined ? [] : [[key, value ?? ''] as const])));
}

/** Sets an option: in its line, in the place of one that is commented out, or at the section's end. */
export function setOption(ini: IniFile, name: string, key: string, value: string, tight: boolean): void {
  const section = sectionFor(ini, name);
  const { separator } = ini;
  const between = separator.trim() === '' ? ' ' : tight ? separator.trim() : ` ${separator.trim()} `;
  const found = ini.sections
    .filter((one) => one.name === name)
    .flatMap(({ lines }) => lines)
    .findLast((line) => line.key === key);
  const written = indentedValue(value);
  if (found) {
    found.text = (tight ? `${key}${between}` : (found.start ?? '')) + written;
    found.value = value;
    return;
  }
  const line: Line = { text: `${key}${between}${written}`, key, value };
  const commented = new RegExp(`^\\s*[#;]+\\s*${escaped(key)}\\s*${escaped(separator.trim())}`);
  const at = section.lines.findIndex((one) => one.key === undefined && commented.test(one.text));
  if (at >= 0) section.lines.splice(at, 1, line);
  else section.lines.splice(endOf(section), 0, line);
}

export function removeOption({ sections }: IniFile, name: string, key: string): void {
  for (const section of sections.filter((one) => one.name === name)) {
    section.lines.splice(0, section.lines.length, ...section.lines.filter((line) => line.key !== key));
  }
}

export function addSection(ini: IniFile, name: string): void {
  sectionFor(ini, name);
}

export function removeSection(ini: IniFile, name: string): void {
  const kept = ini.sections.filter((section) => section.name !== name || name === '');
  ini.sections.splice(0, ini.sections.length, ...kept);
}

function sectionFor({ sections }: IniFile, name: string): Section {
  const found = sections.find((section) => section.name === name);
  if (found) return found;
  const last = sections.at(-1);
  // A blank line before it, but not at the top of the file.
  if (last && (last.heading ?? last.lines[0]) !== undefined && last.lines.at(-1)?.text.trim() !== '') {
    last.lines.push({ text: '' });
  }
  const made: Section = { name, heading: `[${name}]`, lines: [] };
  sections.push(made);
  return made;
}

/** After its last line that is not blank. */
function endOf({ lines }: Section): number {
  return lines.findLastIndex(({ text }) => text.trim() !== '') + 1;
}

/** Lines that go on with a value begin with blanks. */
function indentedValue(value: string): string {
  return value.replace(/\n(?=\S)/g, '\n    ');
}

/** Whether two values mean the same: where lines begin is layout. */
export function sameValue(one: string | undefined, other: string | undefined): boolean {
  const plain = (text: string): string => text.trim().replace(/\s*\n\s*/g, '\n');
  return one !== undefined && other !== undefined ? plain(one) === plain(other) : one === other;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function indentOf(line: string): number {
  return (/^\s*/.exec(line)?.[0] ?? '').replaceAll('\t', '    ').length;
}

export function printIni({ sections, end }: IniFile): string {
  const lines = sections.flatMap(({ heading, lines: inside }) => [
    ...(heading === undefined ? [] : [heading]),
    ...inside.map(({ text }) => text),
  ]);
  return lines.map((line) => line.replaceAll('\n', end) + end).join('');
}

/** What writes the file as it is to be; a sentence when its encoding has no such character. */
export function writeSteps({ encoding }: FileArgs, { path }: IniFacts, ini: IniFile): Step[] | string {
  const content = encode(printIni(ini), { encoding, encoding_errors: 'strict' });
  return typeof content === 'string' ? content : [{ do: 'write', path, content }];
}
