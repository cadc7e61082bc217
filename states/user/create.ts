import type { FileStep, Step } from '../../lib/contracts/machine.ts';
import { impossible, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import {
  describeUser,
  foretoldLines,
  gecosText,
  groupText,
  groupsOf,
  userText,
  type GroupLine,
  type UserLine,
} from '../../lib/system/account-files.ts';
import { agingSteps, planAging } from './aging.ts';
import type { UserArgs } from './args.ts';
import { foretoldHome, type UserFacts } from './facts.ts';
import { passwordSteps, planPassword, redacted } from './password.ts';

/** The first group of a new user: one that is there, or one of his own that has to be made. */
interface FirstGroup {
  readonly gid: number;
  readonly made?: GroupLine;
}

/**
 * The plan of a new user. What useradd would choose by itself is chosen here by the same rules and told to it, so that
 * what is reported, and what test mode foretells, is what comes about.
 */
export function planNew(given: UserArgs, facts: UserFacts): Plan {
  const { name, system, unique } = given;
  const { users, groups, defaults, freeUid: uid } = facts;
  if (uid === undefined) return impossible(`User ${name} can't be added: no user number is free`);
  const owner = [...users.lines.values()].find((user) => user.uid === uid)?.name;
  if (owner !== undefined && unique) {
    return impossible(`User ${name} can't be added: uid ${uid} is already taken by user ${owner}`);
  }
  const first = firstGroup(given, facts, uid);
  if (typeof first === 'string') return impossible(first);
  const { fullname = '', roomnumber = '', workphone = '', homephone = '', other = '' } = given;
  const user: UserLine = {
    name,
    password: 'x',
    uid,
    gid: first.gid,
    gecos: gecosText({ fullname, roomnumber, workphone, homephone, other }),
    home: given.home ?? `${defaults.homes}/${name}`,
    shell: given.shell ?? defaults.shell,
  };
  const wanted = [...new Set([...(given.groups ?? []), ...(given.optional_groups ?? [])])];
  const joined = wanted.filter((group) => groups.lines.has(group) && groups.lines.get(group)?.gid !== user.gid);
  const password = planPassword(given, '!', false);
  const aging = planAging(given, undefined);
  const options = [
    '-u',
    String(uid),
    '-g',
    String(user.gid),
    '-d',
    user.home,
    '-s',
    user.shell,
    ...(unique ? [] : ['-o']),
    ...(user.gecos === '' ? [] : ['-c', user.gecos]),
    ...(joined.length > 0 ? ['-G', joined.join(',')] : []),
    given.createhome ? '-m' : '-M',
    ...(system ? ['-r'] : []),
    ...(given.nologinit ? ['-l'] : []),
  ];
  const steps: Step[] = [];
  if (first.made) {
    const argv = ['groupadd', '-g', String(first.gid), ...(system ? ['-r'] : []), '--', name];
    steps.push({ do: 'run', command: { argv }, must: true });
  }
  const members = new Map<string, string>();
  if (first.made) members.set(name, groupText(first.made));
  for (const group of joined) {
    const line = groups.lines.get(group);
    if (line) members.set(group, groupText({ ...line, members: [...line.members, name] }));
  }
  steps.push({
    do: 'run',
    command: { argv: ['useradd', ...options, '--', name] },
    must: true,
    foretells: [
      foretoldLines(groups, members),
      foretoldLines(users, new Map([[name, userText(user)]])),
      ...(given.createhome && !facts.hasHome ? foretoldHome(user, facts) : []),
    ].filter((step): step is FileStep => step !== undefined),
  });
  const own = first.made ? [name] : groupsOf(user, groups);
  const changes: JsonMap = {
    ...describeUser(user, groups),
    groups: [...new Set([...own, ...joined])].sort(),
    ...(given.createhome ? {} : { home: '' }),
    ...(password.set ? { password: redacted } : password.empty ? { password: '' } : {}),
    ...Object.fromEntries(aging.map(({ argument, value }) => [argument, value])),
  };
  return {
    changes,
    comment: `User ${name} set to be added`,
    done: `New user ${name} created`,
    steps: [...steps, ...passwordSteps(given, password), ...agingSteps(name, aging)],
  };
}

function firstGroup(given: UserArgs, { groups, defaults, freeGid }: UserFacts, uid: number): FirstGroup | string {
  const { name, gid, usergroup } = given;
  const numbered = (wanted: string | number): GroupLine | undefined =>
    groups.lines.get(String(wanted)) ?? [...groups.lines.values()].find((group) => group.gid === Number(wanted));
  if (gid !== undefined) {
    const found = numbered(gid);
    return found ?? `User ${name} can't be added: group ${gid} does not exist`;
  }
  if (!(usergroup ?? defaults.userGroups)) {
    return numbered(defaults.group) ?? `User ${name} can't be added: group ${defaults.group} does not exist`;
  }
  const there = groups.lines.get(name);
  if (there) return there;
  // His own number, where that is one for groups, too, and free.
  const range = given.system ? defaults.systemGids : defaults.gids;
  const same = uid >= range.min && uid <= range.max && numbered(uid) === undefined;
  const free = same ? uid : freeGid;
  if (free === undefined) return `User ${name} can't be added: no group number is free`;
  return { gid: free, made: { name, password: 'x', gid: free, members: [] } };
}
