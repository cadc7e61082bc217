import type { FileView } from '../contracts/machine.ts';
import { textOf } from '../text.ts';

/* Groups of programs that do the same, update-alternatives(1), as its own files tell of them. */

export interface Choice {
  readonly path: string;
  readonly priority: number;
  /** Where those that go along lead, in the order of the group; empty for those that this one has not. */
  readonly followers: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly auto: boolean;
  /** The link that people use, such as /usr/bin/editor. */
  readonly link: string;
  /** Names and links of those that go along: manual pages, say. */
  readonly followers: readonly (readonly [string, string])[];
  readonly choices: readonly Choice[];
  /** Where it leads now; undefined when the link is not there. */
  readonly current: string | undefined;
}

export interface Alternatives {
  /** Where the groups are kept: Debian's place, or that of others. */
  readonly folder: string;
  /** Undefined when there is none of that name. */
  readonly group: Group | undefined;
}

export const groupLink = (name: string): string => `/etc/alternatives/${name}`;

export function readAlternatives(files: FileView, name: string): Alternatives {
  const debian = '/var/lib/dpkg/alternatives';
  const folder = files.follow(debian)?.kind === 'directory' ? debian : '/var/lib/alternatives';
  const path = `${folder}/${name}`;
  if (files.follow(path)?.kind !== 'file') return { folder, group: undefined };
  return { folder, group: parse(name, textOf(files.read(path), path), files.look(groupLink(name))?.target) };
}

function parse(name: string, text: string, current: string | undefined): Group {
  const lines = text.split('\n');
  const next = (): string => lines.shift() ?? '';
  const status = next();
  const link = next();
  const followers: [string, string][] = [];
  for (let line = next(); line !== ''; line = next()) followers.push([line, next()]);
  const choices: Choice[] = [];
  for (let path = next(); path !== ''; path = next()) {
    const priority = Number(next());
    choices.push({ path, priority, followers: followers.map(next) });
  }
  return { name, auto: status === 'auto', link, followers, choices, current };
}

/** The choice that is taken when nobody chooses: the first of the highest priority. */
export function best(choices: readonly Choice[]): Choice | undefined {
  return choices.reduce<Choice | undefined>((top, one) => (top && top.priority >= one.priority ? top : one), undefined);
}

/** The text of a group's file. */
export function groupText({ auto, link, followers, choices }: Group): string {
  const lines = [
    auto ? 'auto' : 'manual',
    link,
    ...followers.flat(),
    '',
    ...choices.flatMap((one) => [one.path, String(one.priority), ...one.followers]),
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}
