import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import * as arg from './args.ts';
import { asideSteps, backupNameArg, readAside, type Aside } from './aside.ts';
import { pathMatcher } from './exclude.ts';
import { isOnTheWay, throughLinks } from '../../lib/links.ts';
import { ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';
import { keeper, namesOfFiles, removable, walk, type Entry } from './tree.ts';

interface Facts {
  readonly problem?: string;
  /** Where it really is, through links. */
  readonly place: string;
  readonly there?: FileFacts | undefined;
  readonly owner: Wanted;
  readonly parent: boolean;
  readonly aside?: Aside | undefined;
  /** What is below, when it matters. */
  readonly below: readonly Entry[];
  /** What is removed. */
  readonly surplus: readonly string[];
}

const args = v.strictObject({
  name: arg.path,
  ...arg.owner,
  mode: v.optional(arg.mode),
  dir_mode: v.optional(arg.mode),
  file_mode: v.optional(arg.mode),
  recurse: v.optional(v.array(v.picklist(['user', 'group', 'mode', 'ignore_files', 'ignore_dirs', 'silent']))),
  max_depth: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  makedirs: arg.flag(false),
  clean: arg.flag(false),
  exclude_pat: v.optional(arg.textList),
  force: arg.flag(false),
  backupname: backupNameArg,
  children_only: arg.flag(false),
  follow_symlinks: arg.flag(false),
  allow_symlink: arg.flag(true),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'A directory is there, with this owner and mode; what is in it too, if so wished.',
  example: `
/srv/data:
  file.directory:
    - user: root
    - dir_mode: '0755'
    - file_mode: '0644'
    - recurse: [user, mode]
    - makedirs: True
`,
  args,
  reads: ['files', 'accounts'],

  check({ clean, max_depth, recurse, user, group }) {
    if (clean && max_depth !== undefined) return 'Cannot specify both max_depth and clean';
    if (recurse?.includes('user') && user === undefined) {
      return 'user not specified, but configured as a target for recursive ownership management';
    }
    if (recurse?.includes('group') && group === undefined) {
      return 'group not specified, but configured as a target for recursive ownership management';
    }
    return undefined;
  },

  read(given, { files, accounts, required }) {
    const { name, recurse, clean, max_depth, exclude_pat } = given;
    const owner = readOwner(accounts, given);
    const nothing = { place: name, owner: {}, parent: true, below: [], surplus: [] };
    if (typeof owner === 'string') return { ...nothing, problem: owner };
    const there =
      given.allow_symlink || given.follow_symlinks ? (files.follow(name) ?? files.look(name)) : files.look(name);
    const isDirectory = there?.kind === 'directory';
    const below = isDirectory && (recurse || clean) ? walk(files, name, max_depth) : [];
    const others = keeper(namesOfFiles(required));
    const excluded = pathMatcher(exclude_pat);
    const leadsHere = isOnTheWay(files, name);
    const kept = (path: string): boolean => others(path) || leadsHere(path) || excluded(posix.relative(name, path));
    const parent = isDirectory || readParent(files, name);
    if (typeof parent === 'string') return { ...nothing, problem: parent };
    return {
      place: (isDirectory ? throughLinks(files, name) : undefined) ?? name,
      there,
      owner: { ...owner, mode: given.dir_mode ?? given.mode },
      parent,
      aside: readAside(files, name, given.backupname),
      below,
      surplus: clean ? removable(below, kept) : [],
    };
  },

  plan(given, facts) {
    const { name } = given;
    const { there, owner } = facts;
    if (facts.problem !== undefined) return impossible(facts.problem);
    if (there?.kind === 'directory') return planExisting(given, facts, there);
    if (there && facts.aside?.taken && !given.force) {
      return impossible(`File exists where the backup target ${facts.aside.path} should go`);
    }
    if (there && !given.force && !facts.aside) {
      return impossible(`Specified location ${name} exists and is a ${there.kind === 'symlink' ? 'symlink' : 'file'}`);
    }
    if (!facts.parent && !given.makedirs) return impossible(`No directory to create ${name} in`);
    const what = there?.kind === 'symlink' ? 'Symlink' : 'File';
    const aside = there && facts.aside;
    const forced = there && !aside ? { forced: `${what} was forcibly replaced` } : {};
    const backup = aside ? { backup: `${name} would be renamed to ${aside.path}` } : {};
    const room: Step[] = aside ? asideSteps(name, aside) : there ? [{ do: 'remove', path: name }] : [];
    return {
      changes: { [name]: { directory: 'new' }, ...forced, ...backup },
      comment: `The following files will be changed:\n${name}: directory - new\n`,
      done: `Directory ${name} updated`,
      steps: [...room, { do: 'mkdir', path: name, parents: given.makedirs, ...ownershipOf(owner) }],
    };
  },
});

function planExisting(given: Args, { place, owner, below, surplus }: Facts, there: FileFacts): Plan {
  const { name } = given;
  const changes: JsonMap = {};
  const steps: Step[] = [];
  const take = (path: string, facts: FileFacts, wanted: Wanted, at = path): void => {
    const differing = ownershipChanges(facts, facts.kind === 'symlink' ? { ...wanted, mode: undefined } : wanted);
    if (Object.keys(differing).length === 0) return;
    changes[path] = differing;
    steps.push({ do: 'own', path: at, ...ownershipOf(wanted) });
  };
  for (const { path, facts } of below) {
    if (surplus.some((removed) => path === removed || path.startsWith(`${removed}/`))) continue;
    const wanted = wantedBelow(given, owner, facts);
    if (wanted) take(path, facts, wanted);
  }
  if (!given.children_only) take(name, there, owner, place);
  for (const path of surplus) {
    steps.push({ do: 'remove', path });
    changes[path] = { removed: 'Removed due to clean' };
  }
  if (surplus.length > 0) changes['removed'] = [...surplus];
  if (steps.length === 0) return alreadyRight(`The directory ${name} is in the correct state`);
  const silent = given.recurse?.includes('silent') === true;
  return {
    changes: silent ? { recursion: 'Changes silenced' } : changes,
    comment: `The following files will be changed:\n${describe(changes)}`,
    done: surplus.length > 0 ? `Files cleaned from directory ${name}` : `Directory ${name} updated`,
    steps,
  };
}

/** How something below is to belong; undefined when it is left alone. */
function wantedBelow({ recurse, file_mode }: Args, owner: Wanted, facts: FileFacts): Wanted | undefined {
  if (!recurse) return undefined;
  const isDirectory = facts.kind === 'directory';
  if (recurse.includes(isDirectory ? 'ignore_dirs' : 'ignore_files')) return undefined;
  return {
    ...(recurse.includes('user') ? { uid: owner.uid, user: owner.user } : {}),
    ...(recurse.includes('group') ? { gid: owner.gid, group: owner.group } : {}),
    ...(recurse.includes('mode') ? { mode: isDirectory ? owner.mode : file_mode } : {}),
  };
}

function describe(changes: JsonMap): string {
  return Object.entries(changes)
    .flatMap(([path, what]) =>
      isMap(what) ? Object.entries(what).map(([key, value]) => `${path}: ${key} - ${value as string}\n`) : [],
    )
    .join('');
}
