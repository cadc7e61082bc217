import * as v from 'valibot';
import type { Step } from '../../lib/contracts/machine.ts';
import { parseLine, type Hosts, type Line } from '../../lib/system/hosts-file.ts';

export function hasPair(hosts: Hosts, ip: string, name: string): boolean {
  return hosts.lines.some(({ entry }) => entry?.ip === ip && entry.names.includes(name));
}

/** The line of an address with these names, as Salt writes it. */
export function lineOf(ip: string, names: readonly string[], comment: string): Line {
  return parseLine(`${ip}\t\t${names.join(' ')}${comment === '' ? '' : `\t\t# ${comment}`}`);
}

/** Adds a name to the address's first line, or a line. */
export function withPair(lines: readonly Line[], ip: string, name: string): readonly Line[] {
  const at = lines.findIndex(({ entry }) => entry?.ip === ip);
  const entry = lines[at]?.entry;
  if (!entry) return [...lines, lineOf(ip, [name], '')];
  return lines.with(at, lineOf(ip, [...entry.names, name], entry.comment));
}

/** Takes a name away from an address; lines without a name left go. */
export function withoutPair(lines: readonly Line[], ip: string, name: string): readonly Line[] {
  return lines.flatMap((line) => {
    const { entry } = line;
    if (entry?.ip !== ip || !entry.names.includes(name)) return [line];
    const names = entry.names.filter((other) => other !== name);
    return names.length === 0 ? [] : [lineOf(ip, names, entry.comment)];
  });
}

export function withComment(lines: readonly Line[], ip: string, comment: string): readonly Line[] {
  const at = lines.findIndex(({ entry }) => entry?.ip === ip);
  const entry = lines[at]?.entry;
  return entry ? lines.with(at, lineOf(ip, entry.names, comment)) : lines;
}

/** The step that writes the file with other lines; its owner and mode stay. */
export function writeHosts({ path }: Hosts, lines: readonly Line[]): Step {
  return { do: 'write', path, content: Buffer.from(lines.map(({ text }) => `${text}\n`).join('')) };
}

/** One word of a hosts file: no blanks, and nothing that starts a comment. */
export const word = v.pipe(v.string(), v.regex(/^[^\s#]+$/, 'a name without blanks'));

export const words = v.pipe(
  v.union([word, v.array(word)]),
  v.transform((given) => (typeof given === 'string' ? [given] : given)),
);
