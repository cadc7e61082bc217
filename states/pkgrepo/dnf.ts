import { posix } from 'node:path';
import type { FileView, Reading, Step } from '../../lib/contracts/machine.ts';
import { isWanted, repoOptions, type ManagedArgs } from './args.ts';
import { nothingToDo, problem, type Wish } from './wish.ts';

/* Repositories of dnf and yum: sections of the files in /etc/yum.repos.d (dnf.conf(5)). */

const folder = '/etc/yum.repos.d';

interface Section {
  readonly file: string;
  readonly lines: readonly string[];
  /** Of its heading, and the line after its last one. */
  readonly from: number;
  readonly to: number;
  readonly values: Readonly<Record<string, string>>;
}

export function readDnfManaged(args: ManagedArgs, { files }: Reading): Wish {
  const complaint = complaintAbout(args);
  if (complaint !== undefined) return problem(complaint);
  const wanted = wantedValues(args);
  const old = findSection(files, args.name);
  const file = old?.file ?? args.file ?? `${folder}/${args.name}.repo`;
  if (!old) {
    if (!args.baseurl && !args.mirrorlist && !args.metalink)
      return problem("one of 'baseurl', 'mirrorlist' and 'metalink' is needed");
    const there = linesOf(files, file);
    const gap = there.length > 0 && there.at(-1) !== '' ? [''] : [];
    const lines = [...there, ...gap, ...print(args, { name: args.name, ...wanted })];
    return {
      changes: { repo: args.name },
      steps: [{ do: 'mkdir', path: posix.dirname(file), parents: true }, writeLines(file, lines)],
    };
  }
  const differing = Object.entries(wanted).filter(([key, value]) => !isSame(old.values[key], value, key));
  if (differing.length === 0) return nothingToDo;
  const section = print(args, { ...old.values, ...wanted });
  return {
    changes: Object.fromEntries(differing.map(([key, value]) => [key, { new: value, old: old.values[key] ?? null }])),
    steps: [writeLines(file, old.lines.toSpliced(old.from, old.to - old.from, ...section))],
  };
}

export function readDnfAbsent(name: string, { files }: Reading): Wish {
  const old = findSection(files, name);
  if (!old) return nothingToDo;
  const left = old.lines.toSpliced(old.from, old.to - old.from);
  const step: Step = left.every((line) => line.trim() === '')
    ? { do: 'remove', path: old.file }
    : writeLines(old.file, left);
  return { changes: { repo: name }, steps: [step] };
}

function complaintAbout(args: ManagedArgs): string | undefined {
  if (!/^[A-Za-z0-9_.:-]+$/.test(args.name))
    return `${JSON.stringify(args.name)} is no repository id: no blanks, letters, digits and -_.: only`;
  const apt = (['comps', 'dist', 'keyid', 'key_text', 'key_url'] as const).find((key) => args[key] !== undefined);
  return apt === undefined ? undefined : `'${apt}' is for apt; for dnf a key is named with 'gpgkey'`;
}

/** Settings as they are written: lists over several lines, truth as 1 and 0. */
function wantedValues(args: ManagedArgs): Record<string, string> {
  const given = Object.keys(repoOptions).flatMap((key) => {
    const value = args[key as keyof typeof repoOptions];
    if (value === undefined) return [];
    return [
      [
        key,
        [value]
          .flat()
          .map((one) => (typeof one === 'boolean' ? String(Number(one)) : String(one)))
          .join('\n'),
      ],
    ];
  });
  return {
    ...(args.humanname === undefined ? {} : { name: args.humanname }),
    ...(Object.fromEntries(given) as Record<string, string>),
    enabled: isWanted(args) ? '1' : '0',
  };
}

/** Enabled goes without saying. */
function isSame(there: string | undefined, wanted: string, key: string): boolean {
  const truth: Record<string, string> = { true: '1', yes: '1', on: '1', false: '0', no: '0', off: '0' };
  const plain = (text: string): string => truth[text.toLowerCase()] ?? text.split(/\s+/).join('\n');
  return plain(there ?? (key === 'enabled' ? '1' : '\0')) === plain(wanted);
}

function print(args: ManagedArgs, values: Readonly<Record<string, string>>): string[] {
  return [
    `[${args.name}]`,
    ...(args.comments ?? []).map((comment) => `# ${comment}`),
    ...Object.entries(values).flatMap(([key, value]) => `${key}=${value.replaceAll('\n', '\n  ')}`.split('\n')),
  ];
}

function findSection(files: FileView, name: string): Section | undefined {
  if (files.follow(folder)?.kind !== 'directory') return undefined;
  for (const file of files.list(folder).filter((one) => one.endsWith('.repo'))) {
    const lines = linesOf(files, `${folder}/${file}`);
    const from = lines.findIndex((line) => line.trim() === `[${name}]`);
    if (from < 0) continue;
    const next = lines.findIndex((line, at) => at > from && /^\s*\[/.test(line));
    let to = next < 0 ? lines.length : next;
    // Empty lines between sections stay between them.
    while (to > from + 1 && lines[to - 1]?.trim() === '') to--;
    return { file: `${folder}/${file}`, lines, from, to, values: valuesOf(lines.slice(from + 1, to)) };
  }
  return undefined;
}

function valuesOf(lines: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  let last = '';
  for (const line of lines) {
    const [, key, value = ''] = /^([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (/^\s*[#;]/.test(line)) continue;
    if (key !== undefined) values[(last = key)] = value;
    else if (last !== '' && /^\s+\S/.test(line)) values[last] = `${values[last] ?? ''}\n${line.trim()}`;
  }
  return values;
}

function linesOf(files: FileView, file: string): string[] {
  if (files.follow(file)?.kind !== 'file') return [];
  const text = files.read(file).toString().replace(/\n$/, '');
  return text === '' ? [] : text.split('\n');
}

function writeLines(path: string, lines: readonly string[]): Step {
  return { do: 'write', path, content: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}
