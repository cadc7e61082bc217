/*
 * Git's configuration files (git-config(1)), read and changed line by line: what is not asked for stays as it was written.
 */

interface Entry {
  /** `section.subsection.name`, the first and last part in small letters. */
  readonly key: string;
  readonly value: string;
  /** Lines `from` to `to` (not included). */
  readonly from: number;
  readonly to: number;
}

interface Section {
  readonly name: string;
  /** The line after its last one. */
  end: number;
}

export interface GitConfig {
  readonly lines: readonly string[];
  readonly entries: readonly Entry[];
  readonly sections: readonly Section[];
}

/** Reads a file's text. Lines that git would not understand are kept and mean nothing here. */
export function parseGitConfig(text: string): GitConfig {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const entries: Entry[] = [];
  const sections: Section[] = [];
  let section = '';
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at] ?? '';
    const [, name, subsection, rest = ''] =
      /^\s*\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      const inner = subsection?.replace(/\\(.)/g, '$1');
      section = inner === undefined ? name.toLowerCase() : `${name.toLowerCase()}.${inner}`;
      sections.push({ name: section, end: at + 1 });
      line = rest;
    }
    const [, key, value] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/.exec(line) ?? [];
    if (key === undefined || section === '') continue;
    const from = at;
    let raw = value ?? 'true';
    // A backslash at the end goes on.
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(raw) && at + 1 < lines.length)
      raw = `${raw.slice(0, -1)}${lines[++at] ?? ''}`;
    const last = sections.at(-1);
    if (last) last.end = at + 1;
    // What stands on the line of its section's name is not taken apart.
    if (name === undefined)
      entries.push({ key: `${section}.${key.toLowerCase()}`, value: unquote(raw), from, to: at + 1 });
  }
  return { lines, entries, sections };
}

/** A key in the spelling that is compared: `Section.Sub.Name` is `section.Sub.name`. Undefined for what is no key. */
export function gitKey(text: string): string | undefined {
  const [, section, subsection, name] = /^([A-Za-z0-9-]+)(?:\.(.+))?\.([A-Za-z][A-Za-z0-9-]*)$/.exec(text) ?? [];
  if (section === undefined || name === undefined || /[\n\0]/.test(text)) return undefined;
  return [section.toLowerCase(), ...(subsection === undefined ? [] : [subsection]), name.toLowerCase()].join('.');
}

export function valuesOf({ entries }: GitConfig, key: string): string[] {
  return entries.filter((entry) => entry.key === key).map(({ value }) => value);
}

/** The text with these values for a key, in this order, and no others; a section that it lacks comes at the end. */
export function withValues(config: GitConfig, key: string, values: readonly string[]): string {
  const own = config.entries.filter((entry) => entry.key === key);
  const dot = key.lastIndexOf('.');
  const section = config.sections.findLast(({ name }) => name === key.slice(0, dot));
  const printed = values.map((value) => `\t${key.slice(dot + 1)} = ${quote(value)}`);
  const lines = [...config.lines];
  const at = own.at(-1)?.to ?? section?.end;
  if (at === undefined) lines.push(heading(key.slice(0, dot)), ...printed);
  else lines.splice(at, 0, ...printed);
  for (const { from, to } of own.toReversed()) lines.splice(from, to - from);
  return lines.map((line) => `${line}\n`).join('');
}

/** The text without these entries. */
export function withoutEntries({ lines }: GitConfig, gone: readonly Entry[]): string {
  const left = lines.filter((_, at) => !gone.some(({ from, to }) => at >= from && at < to));
  return left.map((line) => `${line}\n`).join('');
}

function heading(section: string): string {
  const dot = section.indexOf('.');
  if (dot < 0) return `[${section}]`;
  return `[${section.slice(0, dot)} "${section.slice(dot + 1).replace(/["\\]/g, '\\$&')}"]`;
}

function quote(value: string): string {
  const escaped = value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return /^\s|\s$|[;#]/.test(value) ? `"${escaped}"` : escaped;
}

/** Blanks around and comments go, but in quotes; escapes are what they stand for. */
function unquote(raw: string): string {
  let value = '';
  let kept = 0;
  let quoted = false;
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at] ?? '';
    if (character === '"') {
      quoted = !quoted;
      kept = value.length;
    } else if (!quoted && (character === '#' || character === ';')) break;
    else if (character === '\\') {
      const next = raw[++at] ?? '';
      value += { n: '\n', t: '\t', b: '\b' }[next] ?? next;
      kept = value.length;
    } else {
      value += character;
      if (quoted || !/\s/.test(character)) kept = value.length;
    }
  }
  return value.slice(0, kept);
}
