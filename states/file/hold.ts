import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Reading, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import * as arg from './args.ts';
import { attributeChanges, attrsArg, changeAttributes, readAttributes, unlock, withoutLocks } from './attributes.ts';
import { backupArg, backupPath, backupSteps } from './backup.ts';
import { checkArgs, checkSteps, readShell, type CheckArgs } from './check-cmd.ts';
import type { WantedContent } from './content.ts';
import { contentDiff } from '../../lib/diff.ts';
import { lookThrough } from '../../lib/links.ts';
import { directoryModeFor, ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';
import { changeContext, contextChanges, readContext, selinuxArg, type Context } from './selinux.ts';

/* A file that is to hold given bytes, and belong to somebody: what `file.managed` and its like do. */

export const holdArgs = {
  name: arg.path,
  ...arg.owner,
  makedirs: arg.flag(false),
  dir_mode: v.optional(arg.mode),
  create: arg.flag(true),
  backup: backupArg,
  show_changes: v.optional(v.boolean()),
  attrs: attrsArg,
  selinux: selinuxArg,
  ...checkArgs,
};

export interface HoldArgs extends CheckArgs {
  readonly name: string;
  readonly user?: string | number | undefined;
  readonly group?: string | number | undefined;
  readonly makedirs: boolean;
  readonly dir_mode?: number | undefined;
  readonly create: boolean;
  readonly backup?: 'minion' | 'both' | '' | false | undefined;
  readonly attrs?: string | undefined;
  readonly selinux?: Context | undefined;
}

/** The place a file is to be at. */
export interface Place {
  /** Where it really is, when the name is a link that is followed. */
  readonly path: string;
  readonly there?: FileFacts | undefined;
  readonly old?: Buffer | undefined;
  readonly owner: Wanted;
  readonly parent: boolean;
  readonly backup?: string | undefined;
  /** The attributes it has, where some are wanted. */
  readonly attributes?: string | undefined;
  readonly context?: Context | undefined;
  readonly shell: string;
}

/** What is at the place, and what stands in the way as a sentence. `wantsContent`: its content matters. */
export async function readPlace(
  given: HoldArgs,
  machine: Reading,
  { follow = true, wantsContent }: { readonly follow?: boolean; readonly wantsContent: boolean },
): Promise<Place | string> {
  const { files } = machine;
  const owner = readOwner(machine.accounts, given);
  if (typeof owner === 'string') return owner;
  const found = follow ? lookThrough(files, given.name) : { path: given.name, there: files.look(given.name) };
  if (!found) return `${given.name} is a circle of symbolic links`;
  const { path, there } = found;
  const shell = readShell(machine);
  if (!there && !given.create) return { path, owner, parent: true, shell };
  const { check_cmd, tmp_dir } = given;
  if (check_cmd !== undefined && tmp_dir && files.follow(tmp_dir)?.kind !== 'directory') {
    return `tmp_dir ${tmp_dir} is not a directory`;
  }
  const parent = there !== undefined || readParent(files, path);
  if (typeof parent === 'string') return parent;
  const old = wantsContent && there?.kind === 'file' ? files.read(path) : undefined;
  const attributes =
    given.attrs === undefined || there?.kind !== 'file' ? { letters: '' } : await readAttributes(machine, path);
  if (typeof attributes === 'string') return attributes;
  const context = given.selinux && (await readContext(machine, path, there?.kind === 'file'));
  if (typeof context === 'string') return context;
  return {
    path,
    there,
    old,
    owner,
    parent,
    backup: given.backup && there ? backupPath(machine, path, there) : undefined,
    attributes: attributes.letters,
    context: context?.context,
    shell,
  };
}

export interface HoldComments {
  readonly planned: string;
  readonly right: string;
  readonly done: string;
}

/** The plan for a file that is to hold `wanted`; only owner, mode and the like matter when that is undefined. */
export function planHold(
  given: HoldArgs,
  place: Place,
  wanted: WantedContent | undefined,
  { comments, show }: { readonly comments: HoldComments; readonly show: boolean },
): Plan {
  const { path, there, owner } = place;
  const { name } = given;
  if (!there) return planNew(given, place, wanted, comments);
  if (there.kind === 'directory') return impossible(`Specified target ${name} is a directory`);
  if (there.kind === 'other') return impossible(`Specified target ${name} is not a regular file`);
  const same = !wanted || place.old?.equals(wanted.content) === true;
  const isLink = there.kind === 'symlink';
  const ownership = same
    ? ownershipChanges(there, isLink ? { ...owner, mode: undefined } : owner)
    : ownershipChanges(isLink ? undefined : there, owner);
  const belongs = Object.keys(ownership).length === 0;
  const more = moreChanges(given, place, same ? (belongs ? 'kept' : 'owned') : 'written');
  if (same && belongs && more.steps.length === 0) return alreadyRight(comments.right);
  const own: Step[] = [];
  if (!same) own.push(...writeSteps(given, place, wanted, there));
  else if (!belongs) own.push({ do: 'own', path, ...ownershipOf(owner) });
  return {
    changes: { ...(same ? {} : { diff: shownDiff(place.old, wanted.content, show) }), ...ownership, ...more.changes },
    comment: comments.planned,
    done: comments.done,
    steps: [...more.before, ...own, ...more.steps],
  };
}

function planNew(given: HoldArgs, place: Place, wanted: WantedContent | undefined, comments: HoldComments): Plan {
  const { path, owner, parent } = place;
  const { name } = given;
  if (!given.create) return alreadyRight(`File ${name} is not present and is not set for creation`);
  if (!parent && !given.makedirs) return impossible('Parent directory not present');
  const more = moreChanges(given, place, 'written');
  const steps: Step[] = [];
  if (!parent) {
    const mode = given.dir_mode ?? directoryModeFor(owner.mode);
    steps.push({ do: 'mkdir', path: posix.dirname(path), parents: true, ...ownershipOf({ ...owner, mode }) });
  }
  steps.push(...writeSteps(given, place, wanted ?? { content: Buffer.alloc(0) }), ...more.steps);
  const what: JsonMap = wanted ? { diff: 'New file' } : { new: `file ${name} created` };
  return {
    changes: { ...what, ...ownershipChanges(undefined, owner), ...more.changes },
    comment: comments.planned,
    done: wanted ? comments.done : 'Empty file',
    steps,
  };
}

/** Checked, copied away, written. */
function writeSteps(given: HoldArgs, place: Place, { content, keep = [] }: WantedContent, there?: FileFacts): Step[] {
  const { path, old, owner, backup, shell } = place;
  return [
    ...checkSteps(given, content, shell),
    ...(backup !== undefined && old && there ? backupSteps(backup, old, there) : []),
    ...keep,
    { do: 'write', path, content, ...ownershipOf(owner) },
  ];
}

interface More {
  readonly changes: JsonMap;
  /** Before anything else, and after it. */
  readonly before: readonly Step[];
  readonly steps: readonly Step[];
}

/**
 * What is not in `Ownership`: attributes and SELinux's context, for a file that is written (it loses the old ones), that
 * gets another owner or mode, or is kept. One that is locked is unlocked for any of that, and locked again.
 */
function moreChanges(given: HoldArgs, place: Place, fate: 'written' | 'owned' | 'kept'): More {
  const { path, attributes: has = '' } = place;
  const wrong = given.attrs === undefined ? undefined : attributeChanges(has, given.attrs);
  const label = given.selinux && contextChanges(place.context, given.selinux);
  const isTouched = fate !== 'kept' || label !== undefined;
  const left = fate === 'written' ? '' : isTouched ? withoutLocks(has) : has;
  const missing = given.attrs === undefined ? undefined : attributeChanges(left, given.attrs);
  return {
    changes: {
      ...(wrong ? { attrs: given.attrs ?? '' } : {}),
      ...(label ? { selinux: { ...label } as JsonMap } : {}),
    },
    before: isTouched ? unlock(path, has) : [],
    steps: [
      ...(given.selinux && (label ?? fate === 'written') ? [changeContext(path, given.selinux)] : []),
      ...(missing ? changeAttributes(path, missing) : []),
    ],
  };
}

function shownDiff(old: Buffer | undefined, content: Buffer, show: boolean): string {
  if (!show) return '<show_changes=False>';
  return old ? contentDiff(old, content) : 'Replace symbolic link with regular file';
}
