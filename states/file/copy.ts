import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, FileView, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { overlap, throughLinks } from '../../lib/links.ts';
import * as arg from './args.ts';
import { directoryModeFor, ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';
import { walk } from './tree.ts';

/** A thing to copy: what it is, and what is in it. */
interface Thing {
  /** Relative to the source; empty for itself. */
  readonly path: string;
  readonly facts: FileFacts;
  readonly content?: Buffer | undefined;
}

interface Facts {
  readonly problem?: string;
  /** The name, or what it is to be called in the directory of that name. */
  readonly target: string;
  readonly things: readonly Thing[];
  readonly there?: FileFacts | undefined;
  /** All of it is there already, as it is to be. */
  readonly same: boolean;
  readonly owner: Wanted;
  readonly parent: boolean;
}

const args = v.strictObject({
  name: arg.path,
  source: arg.path,
  force: arg.flag(false),
  makedirs: arg.flag(false),
  preserve: arg.flag(false),
  ...arg.owner,
  mode: v.optional(arg.mode),
  dir_mode: v.optional(arg.mode),
  subdir: arg.flag(false),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'A copy of a file or directory of this machine is there.',
  example: `
/etc/app.conf:
  file.copy:
    - source: /usr/share/doc/app/app.conf.example
    - mode: '0640'
`,
  args,
  reads: ['files', 'accounts'],

  read(given, { files, accounts }) {
    const { name, source } = given;
    const nothing = { target: name, things: [], same: false, owner: {}, parent: true };
    const top = files.follow(source);
    if (!top) return { ...nothing, problem: `Source file "${source}" is not present` };
    const owner = given.preserve ? {} : readOwner(accounts, given);
    if (typeof owner === 'string') return { ...nothing, problem: owner };
    const target =
      given.subdir && files.follow(name)?.kind === 'directory' ? posix.join(name, posix.basename(source)) : name;
    const there = files.look(target);
    // Nothing is looked at that will not be copied.
    if (there && !given.force) return { ...nothing, target, there };
    if ([source, throughLinks(files, source) ?? source].some((from) => overlap(files, from, target))) {
      return { ...nothing, problem: `Failed to copy "${source}" to "${target}": one of them is in the other` };
    }
    const things = readThings(files, source, top);
    if (typeof things === 'string') return { ...nothing, problem: things };
    const parent = readParent(files, target);
    if (typeof parent === 'string') return { ...nothing, problem: parent };
    const wanted = { ...owner, mode: given.preserve ? undefined : given.mode };
    const same = there !== undefined && isSame(files, target, things, (thing) => wantedOf(thing, wanted, given));
    return { target, things, there, same, owner: wanted, parent };
  },

  plan(given, { problem, target, things, there, same, owner, parent }) {
    const { source } = given;
    if (problem !== undefined) return impossible(problem);
    if (there && !given.force) return alreadyRight(`The target file "${target}" exists and will not be overwritten`);
    if (same) return alreadyRight(`Copied "${source}" to "${target}" - files are identical but force flag is set`);
    const outer = posix.dirname(target);
    if (!parent && !given.makedirs) return impossible(`The target directory ${outer} is not present`);
    const steps: Step[] = [];
    if (!parent) {
      const mode = given.dir_mode ?? directoryModeFor(owner.mode ?? things[0]?.facts.mode);
      steps.push({ do: 'mkdir', path: outer, parents: true, ...ownershipOf({ ...owner, mode }) });
    }
    if (there && (there.kind === 'directory' || things[0]?.facts.kind === 'directory')) {
      steps.push({ do: 'remove', path: target });
    }
    return {
      changes: { [target]: source },
      comment: `File "${source}" is set to be copied to "${target}"`,
      done: `Copied "${source}" to "${target}"`,
      steps: [...steps, ...things.flatMap((thing) => copySteps(target, thing, wantedOf(thing, owner, given)))],
    };
  },
});

/** The source, through a link, and what is in it, links as they are; a sentence when something of it can't be copied. */
function readThings(files: FileView, source: string, top: FileFacts): readonly Thing[] | string {
  const inside = top.kind === 'directory' ? walk(files, source) : [];
  const all = [{ path: source, facts: top }, ...inside];
  const odd = all.find(({ facts }) => facts.kind === 'other');
  if (odd) return `Failed to copy "${source}": ${odd.path} is neither a file, a link nor a directory`;
  return all.map(({ path, facts }) => ({
    path: path === source ? '' : posix.relative(source, path),
    facts,
    content: facts.kind === 'file' ? files.read(path) : undefined,
  }));
}

/** How a copy is to belong: the mode given is that of the file itself, or of the directory itself. */
function wantedOf({ path, facts }: Thing, owner: Wanted, { preserve }: Args): Wanted {
  const mode = facts.kind === 'symlink' ? undefined : path === '' ? (owner.mode ?? facts.mode) : facts.mode;
  return preserve ? { uid: facts.uid, gid: facts.gid, mode } : { ...owner, mode };
}

function isSame(files: FileView, target: string, things: readonly Thing[], wanted: (thing: Thing) => Wanted): boolean {
  const isTree = things[0]?.facts.kind === 'directory';
  if (isTree && (files.look(target)?.kind !== 'directory' || walk(files, target).length !== things.length - 1))
    return false;
  return things.every((thing) => {
    const { path, facts, content } = thing;
    const place = posix.join(target, path);
    const there = files.look(place);
    return (
      there?.kind === facts.kind &&
      there.target === facts.target &&
      Object.keys(ownershipChanges(there, wanted(thing))).length === 0 &&
      (content === undefined || (there.size === facts.size && files.read(place).equals(content)))
    );
  });
}

function copySteps(target: string, { path, facts, content }: Thing, owner: Wanted): Step[] {
  const place = posix.join(target, path);
  if (facts.target !== undefined)
    return [{ do: 'symlink', path: place, target: facts.target, uid: owner.uid, gid: owner.gid }];
  if (content === undefined) return [{ do: 'mkdir', path: place, ...ownershipOf(owner) }];
  return [{ do: 'write', path: place, content, ...ownershipOf(owner) }];
}
