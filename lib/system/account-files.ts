import type { FileStep, FileView } from '../contracts/machine.ts';
import type { JsonMap } from '../json.ts';
import { textOf } from '../text.ts';

/* Users and groups as they stand in the files of a machine: passwd(5), group(5), shadow(5). */

/** A line of /etc/passwd. */
export interface UserLine {
  readonly name: string;
  readonly password: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
}

/** Somebody whom a command can be run as. */
export type User = Omit<UserLine, 'password' | 'gecos'>;

/** A line of /etc/group. */
export interface GroupLine {
  readonly name: string;
  readonly password: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** A line of /etc/shadow; days since 1970, -1 where nothing is given. */
export interface ShadowLine {
  readonly name: string;
  readonly hash: string;
  readonly changed: number;
  readonly min: number;
  readonly max: number;
  readonly warn: number;
  readonly inactive: number;
  readonly expire: number;
}

/** A file of accounts: its text, and what its lines say, by name. The first line of a name counts. */
export interface AccountFile<Line> {
  readonly path: string;
  readonly text: string;
  readonly lines: ReadonlyMap<string, Line>;
}

export const readUsers = (files: FileView): AccountFile<UserLine> => read(files, '/etc/passwd', parseUser);
export const readGroups = (files: FileView): AccountFile<GroupLine> => read(files, '/etc/group', parseGroup);
/** Raises `EACCES` for whoever is not root. */
export const readShadow = (files: FileView): AccountFile<ShadowLine> => read(files, '/etc/shadow', parseShadow);

function read<Line extends { readonly name: string }>(
  files: FileView,
  path: string,
  parse: (fields: readonly string[]) => Line | undefined,
): AccountFile<Line> {
  // A tree without the file has no accounts.
  const text = files.follow(path)?.kind === 'file' ? textOf(files.read(path), path) : '';
  const lines = new Map<string, Line>();
  for (const line of text.split('\n')) {
    const found = /^[#+-]/.test(line) ? undefined : parse(line.split(':'));
    if (found && !lines.has(found.name)) lines.set(found.name, found);
  }
  return { path, text, lines };
}

function parseUser([name, password, uid, gid, gecos, home, shell]: readonly string[]): UserLine | undefined {
  if (!name || !uid || gid === undefined) return undefined;
  return {
    name,
    password: password ?? '',
    uid: Number(uid),
    gid: Number(gid),
    gecos: gecos ?? '',
    home: home ?? '',
    shell: shell ?? '',
  };
}

function parseGroup([name, password, gid, members]: readonly string[]): GroupLine | undefined {
  if (!name || !gid) return undefined;
  return { name, password: password ?? '', gid: Number(gid), members: (members ?? '').split(',').filter(Boolean) };
}

function parseShadow([name, hash, ...days]: readonly string[]): ShadowLine | undefined {
  if (!name) return undefined;
  const day = (at: number): number => (days[at] ? Number(days[at]) : -1);
  return {
    name,
    hash: hash ?? '',
    changed: day(0),
    min: day(1),
    max: day(2),
    warn: day(3),
    inactive: day(4),
    expire: day(5),
  };
}

export function userText({ name, password, uid, gid, gecos, home, shell }: UserLine): string {
  return [name, password, uid, gid, gecos, home, shell].join(':');
}

export function groupText({ name, password, gid, members }: GroupLine): string {
  return [name, password, gid, members.join(',')].join(':');
}

/**
 * What a file of accounts is foretold to be: `changed` maps names to their new lines, or to undefined for those that go. New names
 * stand at the end. Undefined when nothing changes.
 */
export function foretoldLines(
  { path, text, lines }: AccountFile<unknown>,
  changed: ReadonlyMap<string, string | undefined>,
): FileStep | undefined {
  if (changed.size === 0) return undefined;
  const old = text.split('\n').filter((line) => line !== '');
  const kept = old.flatMap((line) => {
    const name = line.slice(0, line.indexOf(':'));
    if (!changed.has(name)) return [line];
    const next = changed.get(name);
    return next === undefined ? [] : [next];
  });
  const fresh = [...changed].flatMap(([name, line]) => (lines.has(name) || line === undefined ? [] : [line]));
  const content = [...kept, ...fresh].map((line) => `${line}\n`).join('');
  return { do: 'write', path, content: Buffer.from(content) };
}

/** The groups that a user is in, his own first group among them, sorted by name. */
export function groupsOf(user: UserLine, groups: AccountFile<GroupLine>): string[] {
  return [...groups.lines.values()]
    .filter(({ gid, members }) => gid === user.gid || members.includes(user.name))
    .map(({ name }) => name)
    .sort();
}

/** The five fields of an account's comment (Salt's names for them). */
export interface Gecos {
  readonly fullname: string;
  readonly roomnumber: string;
  readonly workphone: string;
  readonly homephone: string;
  readonly other: string;
}

export function parseGecos(text: string): Gecos {
  const [fullname = '', roomnumber = '', workphone = '', homephone = '', ...other] = text.split(',');
  return { fullname, roomnumber, workphone, homephone, other: other.join(',') };
}

export function gecosText({ fullname, roomnumber, workphone, homephone, other }: Gecos): string {
  return [fullname, roomnumber, workphone, homephone, other].join(',').replace(/,+$/, '');
}

/** A user as Salt's `user.info` tells of him. */
export function describeUser(user: UserLine, groups: AccountFile<GroupLine>): JsonMap {
  const { name, password, uid, gid, gecos, home, shell } = user;
  return { name, passwd: password, uid, gid, groups: groupsOf(user, groups), home, shell, ...parseGecos(gecos) };
}

/** A group as Salt's `group.info` tells of it. */
export function describeGroup({ name, password, gid, members }: GroupLine): JsonMap {
  return { name, passwd: password, gid, members: [...members] };
}
