import type { FileStep, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import { listText, type Json, type JsonMap } from '../../lib/json.ts';
import {
  foretoldLines,
  gecosText,
  groupText,
  groupsOf,
  parseGecos,
  userText,
  type UserLine,
} from '../../lib/system/account-files.ts';
import { agingSteps, planAging } from './aging.ts';
import type { UserArgs } from './args.ts';
import type { UserFacts } from './facts.ts';
import { passwordSteps, planPassword, redacted } from './password.ts';

/** The plan of a user who is there. */
export function planChange(given: UserArgs, facts: UserFacts, there: UserLine): Plan {
  const { name } = given;
  const { shadow, hasHome, defaults } = facts;
  const wanted = wantedLine(given, facts, there);
  if (typeof wanted === 'string') return impossible(wanted);
  const refused = refusals(given, there, wanted);
  if (refused.length > 0) return impossible(refused.join('\n'));
  const groups = planGroups(given, facts, there, wanted);
  const password = planPassword(given, shadow.lines.get(name)?.hash ?? '', facts.samePassword);
  const aging = planAging(given, shadow.lines.get(name));
  const makesHome = given.createhome && !hasHome;

  const lineChanges = differences(there, wanted);
  const changes: JsonMap = {
    ...lineChanges,
    ...(groups ? { groups: groups.all } : {}),
    ...(makesHome ? { home: wanted.home } : {}),
    ...(password.set || password.empty ? { passwd: redacted } : {}),
    ...(password.lock === undefined ? {} : { password_lock: password.lock }),
    ...Object.fromEntries(aging.map(({ key, value }) => [key, value])),
  };
  if (Object.keys(changes).length === 0) return alreadyRight(`User ${name} is present and up to date`);

  const told: JsonMap = {
    ...lineChanges,
    ...(groups ? { groups: groups.supplementary } : {}),
    ...(makesHome ? { homeDoesNotExist: wanted.home } : {}),
    ...(password.set ? { passwd: redacted } : {}),
    ...(password.empty ? { empty_password: true } : {}),
    ...(password.lock === undefined ? {} : { password_lock: password.lock }),
    ...Object.fromEntries(aging.map(({ argument, value }) => [argument, value])),
  };
  const { uid, gid } = wanted;
  const home: Step[] = makesHome ? [{ do: 'mkdir', path: wanted.home, mode: defaults.homeMode, uid, gid }] : [];
  return {
    changes,
    comment: ['The following user attributes are set to be changed:', ...lines(told)].join('\n'),
    done: `Updated user ${name}`,
    steps: [
      ...usermod(given, facts, there, wanted, groups),
      ...home,
      ...passwordSteps(given, password),
      ...agingSteps(name, aging),
    ],
  };
}

function lines(told: JsonMap): string[] {
  return Object.entries(told).map(([key, value]) => `${key}: ${listText(value)}`);
}

/** His line of /etc/passwd as it is to be; a sentence where that can't be told. */
function wantedLine(given: UserArgs, { groups }: UserFacts, there: UserLine): UserLine | string {
  const old = parseGecos(there.gecos);
  const fresh = { ...old };
  for (const field of ['fullname', 'roomnumber', 'workphone', 'homephone', 'other'] as const) {
    fresh[field] = given[field] ?? old[field];
  }
  const same = Object.entries(fresh).every(([field, value]) => old[field as keyof typeof old] === value);
  // With `usergroup`, a group of his own name is his first.
  const group = given.usergroup && groups.lines.has(given.name) ? given.name : given.gid;
  const gid = group === undefined ? there.gid : (groups.lines.get(String(group))?.gid ?? Number(group));
  if (Number.isNaN(gid)) return `User ${given.name} can't get the group ${group}: it does not exist`;
  return {
    ...there,
    uid: given.uid ?? there.uid,
    gid,
    gecos: same ? there.gecos : gecosText(fresh),
    home: given.home ?? there.home,
    shell: given.shell ?? there.shell,
  };
}

function refusals(given: UserArgs, there: UserLine, wanted: UserLine): string[] {
  return (['uid', 'gid'] as const).flatMap((key) =>
    wanted[key] === there[key] || given[`allow_${key}_change`]
      ? []
      : [
          `Changing ${key} (${there[key]} -> ${wanted[key]}) not permitted, set allow_${key}_change to True to force this change`,
        ],
  );
}

function differences(there: UserLine, wanted: UserLine): JsonMap {
  const flat = ({ uid, gid, home, shell, gecos }: UserLine): [string, Json][] =>
    Object.entries({ uid, gid, home, shell, ...parseGecos(gecos) });
  const old = Object.fromEntries(flat(there));
  return Object.fromEntries(flat(wanted).filter(([key, value]) => old[key] !== value));
}

/** His groups after a change. */
interface Groups {
  /** Those beside his first. */
  readonly supplementary: string[];
  readonly all: string[];
}

/** Undefined when he is in the right ones. */
function planGroups(given: UserArgs, { groups }: UserFacts, there: UserLine, wanted: UserLine): Groups | undefined {
  const { name, groups: asked, optional_groups: optional = [], remove_groups: exactly } = given;
  const isFirst = (group: string): boolean => groups.lines.get(group)?.gid === wanted.gid;
  const firsts = groupsOf({ ...wanted, name: '' }, groups);
  const now = [...groups.lines.values()].filter(({ members }) => members.includes(name)).map((group) => group.name);
  const told = [...new Set([...(asked ?? []), ...optional.filter((group) => groups.lines.has(group))])];
  const list = (supplementary: readonly string[]): Groups => {
    const sorted = [...supplementary].sort();
    return { supplementary: sorted, all: [...new Set([...firsts, ...sorted])].sort() };
  };
  if (asked === undefined && told.length === 0) return wanted.gid === there.gid ? undefined : list(now);
  // He stays in the group of his own name, and being in his first one is no matter of membership.
  const kept = exactly ? now.filter((group) => group === name || isFirst(group)) : now;
  const next = list([...new Set([...kept, ...told.filter((group) => !isFirst(group))])]);
  const right = next.supplementary.length === now.length && next.supplementary.every((group) => now.includes(group));
  return right && wanted.gid === there.gid ? undefined : next;
}

/** One usermod for all that it can do. */
function usermod(
  { name, unique }: UserArgs,
  { users, groups: all }: UserFacts,
  there: UserLine,
  wanted: UserLine,
  groups: Groups | undefined,
): Step[] {
  const before = [...all.lines.values()].filter(({ members }) => members.includes(name));
  const next = new Set(groups?.supplementary ?? before.map((group) => group.name));
  const joins = before.length !== next.size || before.some((group) => !next.has(group.name));
  const options = [
    ...(wanted.uid === there.uid ? [] : ['-u', String(wanted.uid), ...(unique ? [] : ['-o'])]),
    ...(wanted.gid === there.gid ? [] : ['-g', String(wanted.gid)]),
    ...(wanted.gecos === there.gecos ? [] : ['-c', wanted.gecos]),
    ...(wanted.home === there.home ? [] : ['-d', wanted.home]),
    ...(wanted.shell === there.shell ? [] : ['-s', wanted.shell]),
    ...(joins ? ['-G', [...next].join(',')] : []),
  ];
  if (options.length === 0) return [];
  const members = new Map<string, string>();
  for (const group of all.lines.values()) {
    const isIn = group.members.includes(name);
    if (isIn === next.has(group.name)) continue;
    const others = group.members.filter((member) => member !== name);
    members.set(group.name, groupText({ ...group, members: isIn ? others : [...others, name] }));
  }
  const foretells = [
    foretoldLines(users, wanted === there ? new Map() : new Map([[name, userText(wanted)]])),
    foretoldLines(all, members),
  ].filter((step): step is FileStep => step !== undefined);
  return [{ do: 'run', command: { argv: ['usermod', ...options, '--', name] }, must: true, foretells }];
}
