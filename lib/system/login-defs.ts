import type { FileView } from '../contracts/machine.ts';
import { textOf } from '../text.ts';

/** What useradd(8) and groupadd(8) go by where they are told nothing. */
export interface LoginDefaults {
  readonly uids: Range;
  readonly gids: Range;
  readonly systemUids: Range;
  readonly systemGids: Range;
  /** A new user gets a group of his own name. */
  readonly userGroups: boolean;
  /** The group of new users otherwise, by name or number. */
  readonly group: string;
  /** Where new homes are. */
  readonly homes: string;
  readonly shell: string;
  readonly skeleton: string;
  /** Of a new home. */
  readonly homeMode: number;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** From login.defs(5) and /etc/default/useradd, with the values of shadow 4.13 where they say nothing. */
export function readLoginDefaults(files: FileView): LoginDefaults {
  const login = readWords(files, '/etc/login.defs', /^\s*([A-Z_]+)\s+"?([^"\s]*)/);
  const useradd = readWords(files, '/etc/default/useradd', /^\s*([A-Z_]+)=(.*?)\s*$/);
  const number = (name: string, otherwise: number): number => {
    const text = login.get(name);
    // The tools of shadow take octal (modes) and plain numbers.
    const value = text === undefined ? otherwise : /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
    return Number.isInteger(value) ? value : otherwise;
  };
  const uids = { min: number('UID_MIN', 1000), max: number('UID_MAX', 60000) };
  const gids = { min: number('GID_MIN', 1000), max: number('GID_MAX', 60000) };
  return {
    uids,
    gids,
    systemUids: { min: number('SYS_UID_MIN', 101), max: number('SYS_UID_MAX', uids.min - 1) },
    systemGids: { min: number('SYS_GID_MIN', 101), max: number('SYS_GID_MAX', gids.min - 1) },
    userGroups: login.get('USERGROUPS_ENAB')?.toLowerCase() === 'yes',
    group: useradd.get('GROUP') || '100',
    homes: useradd.get('HOME') || '/home',
    shell: useradd.get('SHELL') || '/bin/sh',
    skeleton: useradd.get('SKEL') || '/etc/skel',
    homeMode: number('HOME_MODE', 0o777 & ~number('UMASK', 0o022)),
  };
}

function readWords(files: FileView, path: string, pattern: RegExp): Map<string, string> {
  if (files.follow(path)?.kind !== 'file') return new Map();
  const lines = textOf(files.read(path), path).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = pattern.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/**
 * The number that useradd and groupadd would take: the one after the highest that is used in the range, for system accounts the one
 * before the lowest; where that leads out of it, the first free one. Undefined when the range is full.
 */
export function freeNumber(
  { min, max }: Range,
  system: boolean,
  isUsed: (number: number) => boolean,
  used: Iterable<number>,
): number | undefined {
  const within = [...used].filter((number) => number >= min && number <= max);
  const next = system ? Math.min(max + 1, ...within) - 1 : Math.max(min - 1, ...within) + 1;
  if (next >= min && next <= max && !isUsed(next)) return next;
  for (let tries = 0; tries <= max - min; tries++) {
    const candidate = system ? max - tries : min + tries;
    if (!isUsed(candidate)) return candidate;
  }
  return undefined;
}
