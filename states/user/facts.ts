import { posix } from 'node:path';
import type { FileStep, FileView, Reading } from '../../lib/contracts/machine.ts';
import { lacking } from '../../lib/programs.ts';
import {
  readGroups,
  readShadow,
  readUsers,
  type AccountFile,
  type GroupLine,
  type ShadowLine,
  type UserLine,
} from '../../lib/system/account-files.ts';
import { freeNumber, readLoginDefaults, type LoginDefaults } from '../../lib/system/login-defs.ts';
import type { UserArgs } from './args.ts';
import { isSamePassword } from './password.ts';

/** What user.present knows of the machine. */
export interface UserFacts {
  /** Why it can't be brought about. */
  readonly problem?: string | undefined;
  readonly users: AccountFile<UserLine>;
  readonly groups: AccountFile<GroupLine>;
  /** Read only where an argument is about it; else nothing is in it. */
  readonly shadow: AccountFile<ShadowLine>;
  readonly there: UserLine | undefined;
  readonly defaults: LoginDefaults;
  /** For a new user, the number that is free for him, and for a new group of his. */
  readonly freeUid?: number | undefined;
  readonly freeGid?: number | undefined;
  /** Whether there is a directory at his home, or at the one he is to have. */
  readonly hasHome: boolean;
  /** The password given in clear is the one that he has. */
  readonly samePassword: boolean;
  /** What a new home gets, for test mode. */
  readonly skeleton: readonly { readonly name: string; readonly content: Buffer; readonly mode: number }[];
}

const notRead: AccountFile<ShadowLine> = { path: '/etc/shadow', text: '', lines: new Map() };

export async function readUser(given: UserArgs, machine: Reading): Promise<UserFacts> {
  const { files, accounts } = machine;
  const { name } = given;
  const users = readUsers(files);
  const groups = readGroups(files);
  const there = users.lines.get(name);
  const defaults = readLoginDefaults(files);
  const shadow = isAboutShadow(given) ? readShadow(files) : notRead;
  const home = given.home ?? there?.home ?? `${defaults.homes}/${name}`;
  const hasHome = files.follow(home)?.kind === 'directory';
  const missing = (given.groups ?? []).filter((group) => !groups.lines.has(group));
  let problem = lacking(files, 'useradd', 'Managing users', 'passwd');
  if (missing.length > 0) problem = `The following group(s) are not present: ${missing.join(',')}`;
  if (there && given.createhome && !hasHome && files.follow(posix.dirname(home))?.kind !== 'directory') {
    problem = `Home directory ${home} can't be made: there is no directory ${posix.dirname(home)}`;
  }
  if (!there && accounts.uid(name) !== undefined && name !== 'root') {
    problem = `User ${name} is known here but is not in /etc/passwd: whoever keeps it has to change it`;
  }
  const uids = new Set([...users.lines.values()].map(({ uid }) => uid));
  const gids = new Set([...groups.lines.values()].map(({ gid }) => gid));
  const free = (range: 'uids' | 'gids', used: Set<number>, nameOf: (id: number) => string): number | undefined => {
    const system = range === 'uids' ? defaults.systemUids : defaults.systemGids;
    const isUsed = (id: number): boolean => used.has(id) || nameOf(id) !== String(id);
    return there ? undefined : freeNumber(given.system ? system : defaults[range], given.system, isUsed, used);
  };
  return {
    problem,
    users,
    groups,
    shadow,
    there,
    defaults,
    freeUid: given.uid ?? free('uids', uids, (uid) => accounts.userName(uid)),
    freeGid: free('gids', gids, (gid) => accounts.groupName(gid)),
    hasHome,
    samePassword: await isSamePassword(given, shadow.lines.get(name)?.hash, machine),
    skeleton: there || hasHome || !given.createhome ? [] : readSkeleton(files, defaults.skeleton),
  };
}

function isAboutShadow({ password, empty_password: empty, password_lock: lock, ...given }: UserArgs): boolean {
  const { date, mindays, maxdays, inactdays, warndays, expire } = given;
  const days = [date, mindays, maxdays, inactdays, warndays, expire];
  return password !== undefined || empty || lock !== undefined || days.some((day) => day !== undefined);
}

function readSkeleton(files: FileView, folder: string): UserFacts['skeleton'] {
  if (files.follow(folder)?.kind !== 'directory') return [];
  return files.list(folder).flatMap((name) => {
    const facts = files.look(`${folder}/${name}`);
    return facts?.kind === 'file' ? [{ name, content: files.read(`${folder}/${name}`), mode: facts.mode }] : [];
  });
}

/** A new home with what useradd puts into it. */
export function foretoldHome(user: UserLine, { defaults, skeleton }: UserFacts): FileStep[] {
  const { uid, gid, home } = user;
  return [
    { do: 'mkdir', path: home, parents: true, mode: defaults.homeMode, uid, gid },
    ...skeleton.map(({ name, ...file }): FileStep => ({ do: 'write', path: `${home}/${name}`, ...file, uid, gid })),
  ];
}
