import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { listText, type JsonMap } from '../../lib/json.ts';
import { lacking } from '../../lib/programs.ts';
import {
  foretoldLines,
  groupText,
  readGroups,
  readUsers,
  userText,
  type AccountFile,
  type GroupLine,
  type UserLine,
} from '../../lib/system/account-files.ts';
import { accountName, accountNames, accountNumber } from '../../lib/system/account-names.ts';
import { freeNumber, readLoginDefaults } from '../../lib/system/login-defs.ts';

const args = v.strictObject({
  name: accountName,
  gid: v.optional(accountNumber),
  system: v.optional(v.boolean(), false),
  addusers: v.optional(accountNames),
  delusers: v.optional(accountNames),
  members: v.optional(accountNames),
  non_unique: v.optional(v.boolean(), false),
});

type Args = v.InferOutput<typeof args>;

interface Facts {
  readonly problem?: string | undefined;
  readonly groups: AccountFile<GroupLine>;
  readonly users: AccountFile<UserLine>;
  /** The number for a new group that asks for none. */
  readonly free?: number | undefined;
}

export default defineState<typeof args, Facts>({
  summary: 'A group exists, with this number and these members.',
  example: `
deploy:
  group.present:
    - gid: 4000
    - addusers: [root]
`,
  args,
  reads: ['accounts', 'files'],

  check({ members, addusers, delusers }) {
    if (members && (addusers ?? delusers)) {
      return 'Conflicting options "members" with "addusers" and/or "delusers" can not be used together';
    }
    const both = addusers?.filter((user) => delusers?.includes(user)) ?? [];
    return both.length === 0
      ? undefined
      : `Same user(s) can not be added and deleted simultaneously: ${both.join(', ')}`;
  },

  read(given, machine) {
    const { files, accounts } = machine;
    const groups = readGroups(files);
    const there = groups.lines.has(given.name);
    const missing = (given.members ?? given.addusers ?? []).filter((user) => accounts.uid(user) === undefined);
    const problem =
      missing.length > 0
        ? `Users of group ${given.name} do not exist: ${missing.join(', ')}`
        : !there && accounts.gid(given.name) !== undefined && given.name !== 'root'
          ? `Group ${given.name} is known here but is not in /etc/group: whoever keeps it has to change it`
          : lacking(files, 'groupadd', 'Managing groups', 'passwd');
    const free = !there && given.gid === undefined ? freeGid(given, machine, groups) : undefined;
    return { problem, groups, users: readUsers(files), free };
  },

  plan(given, facts) {
    const there = facts.groups.lines.get(given.name);
    const members = wantedMembers(given, there?.members ?? []);
    const plan = there ? planChange(given, facts, there, members) : planNew(given, facts, members);
    return facts.problem !== undefined && plan.steps.length > 0 ? impossible(facts.problem) : plan;
  },
});

function freeGid({ system }: Args, { files, accounts }: Reading, groups: AccountFile<GroupLine>): number | undefined {
  const { gids, systemGids } = readLoginDefaults(files);
  const used = new Set([...groups.lines.values()].map(({ gid }) => gid));
  const isUsed = (gid: number): boolean => used.has(gid) || accounts.groupName(gid) !== String(gid);
  return freeNumber(system ? systemGids : gids, system, isUsed, used);
}

function wantedMembers({ members, addusers = [], delusers = [] }: Args, before: readonly string[]): readonly string[] {
  if (members) return sameSet(members, before) ? before : [...new Set(members)];
  return [...new Set([...before, ...addusers])].filter((user) => !delusers.includes(user));
}

function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return new Set([...some, ...others]).size === new Set(others).size && new Set(some).size === new Set(others).size;
}

function owner(groups: AccountFile<GroupLine>, gid: number): string | undefined {
  return [...groups.lines.values()].find((group) => group.gid === gid)?.name;
}

function planNew(given: Args, { groups, free }: Facts, members: readonly string[]): Plan {
  const { name, system, non_unique: shared } = given;
  const gid = given.gid ?? free;
  if (gid === undefined) return impossible(`Group ${name} is not present and no group number is free for it`);
  const taken = owner(groups, gid);
  if (taken !== undefined && !shared) {
    return impossible(`Group ${name} is not present but gid ${gid} is already taken by group ${taken}`);
  }
  const line: GroupLine = { name, password: 'x', gid, members };
  const options = ['-g', String(gid), ...(shared ? ['-o'] : []), ...(system ? ['-r'] : [])];
  return {
    changes: { name, passwd: 'x', gid, members: [...members] },
    comment: `Group ${name} set to be added`,
    done: `New group ${name} created`,
    steps: [
      run(groups, { ...line, members: [] }, ['groupadd', ...options, '--', name]),
      ...(members.length > 0 ? [setMembers(groups, line)] : []),
    ],
  };
}

function planChange(
  { name, gid = -1, non_unique: shared, addusers, delusers, members: exactly }: Args,
  { groups, users }: Facts,
  there: GroupLine,
  members: readonly string[],
): Plan {
  const renumbered = gid !== -1 && gid !== there.gid;
  const added = addusers?.filter((user) => !there.members.includes(user)) ?? [];
  const removed = delusers?.filter((user) => there.members.includes(user)) ?? [];
  const changes: JsonMap = {
    ...(renumbered ? { gid } : {}),
    ...(exactly && members !== there.members ? { members: [...members] } : {}),
    ...(added.length > 0 ? { addusers: added } : {}),
    ...(removed.length > 0 ? { delusers: removed } : {}),
  };
  const names = Object.entries(changes);
  if (names.length === 0) return alreadyRight(`Group ${name} is present and up to date`);
  const taken = renumbered ? owner(groups, gid) : undefined;
  if (taken !== undefined && !shared) {
    return impossible(`Group ${name} can't get gid ${gid}: it is already taken by group ${taken}`);
  }
  const line = { ...there, gid: renumbered ? gid : there.gid };
  const steps: Step[] = [];
  if (renumbered) {
    const step = run(groups, line, ['groupmod', '-g', String(gid), ...(shared ? ['-o'] : []), '--', name]);
    // Whose first group it is, follows.
    const theirs = [...users.lines.values()].filter((user) => user.gid === there.gid);
    const moved = foretoldLines(users, new Map(theirs.map((user) => [user.name, userText({ ...user, gid })])));
    steps.push({ ...step, foretells: [...step.foretells, ...(moved ? [moved] : [])] });
  }
  if (exactly && members !== there.members) steps.push(setMembers(groups, { ...line, members }));
  // One by one: the whole list would be refused for a member who is no user any more.
  let now = there.members;
  for (const user of added) {
    now = [...now, user];
    steps.push(run(groups, { ...line, members: now }, ['gpasswd', '-a', user, '--', name]));
  }
  for (const user of removed) {
    now = now.filter((member) => member !== user);
    steps.push(run(groups, { ...line, members: now }, ['gpasswd', '-d', user, '--', name]));
  }
  const told = names.map(([key, value]) => `${key}: ${listText(value)}`);
  return {
    changes,
    comment: ['The following group attributes are set to be changed:', ...told].join('\n'),
    done: `Updated group ${name}`,
    steps,
  };
}

const setMembers = (groups: AccountFile<GroupLine>, line: GroupLine): Step =>
  run(groups, line, ['gpasswd', '-M', line.members.join(','), '--', line.name]);

/** A command after which the group's line is this one. */
function run(groups: AccountFile<GroupLine>, line: GroupLine, argv: readonly string[]) {
  const foretold = foretoldLines(groups, new Map([[line.name, groupText(line)]]));
  return { do: 'run', command: { argv }, must: true, foretells: foretold ? [foretold] : [] } as const;
}
