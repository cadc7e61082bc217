import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { asideSteps, backupNameArg, readAside, type Aside } from './aside.ts';
import { ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';

interface Facts {
  readonly problem?: string;
  readonly there?: FileFacts | undefined;
  /** Of what is there, as `user:group`. */
  readonly belongs?: string | undefined;
  readonly owner: Wanted;
  readonly parent: boolean;
  readonly aside?: Aside | undefined;
}

const args = v.strictObject({
  name: arg.path,
  target: v.pipe(v.string(), v.minLength(1)),
  force: arg.flag(false),
  backupname: backupNameArg,
  makedirs: arg.flag(false),
  mode: v.optional(arg.mode),
  ...arg.owner,
  inherit_user_and_group: arg.flag(false),
  /** A link takes the place of a file or link in one go in any case: here it also means that it may. */
  atomic: arg.flag(false),
  // Salt's; what is at the path itself is looked at in any case.
  follow_symlinks: v.optional(v.boolean()),
});

export default defineState<typeof args, Facts>({
  summary: 'A symbolic link leads to this target.',
  example: `
/etc/localtime:
  file.symlink:
    - target: /usr/share/zoneinfo/UTC
    - force: True
`,
  args,
  reads: ['files', 'accounts'],

  read(given, { files, accounts }) {
    const owner = readOwner(accounts, given);
    if (typeof owner === 'string') return { problem: owner, owner: {}, parent: true };
    const there = files.look(given.name);
    const belongs = there && `${accounts.userName(there.uid)}:${accounts.groupName(there.gid)}`;
    const parent = readParent(files, given.name);
    if (typeof parent === 'string') return { problem: parent, owner: {}, parent: true };
    const inherited = given.inherit_user_and_group && there?.kind === 'symlink' ? there : undefined;
    const { uid = inherited?.uid, gid = inherited?.gid } = owner;
    const aside = readAside(files, given.name, given.backupname);
    return { there, belongs, owner: { ...owner, uid, gid }, parent, aside };
  },

  plan({ name, target, force, makedirs, mode, atomic }, { problem, there, belongs, owner, parent, aside }) {
    if (problem !== undefined) return impossible(problem);
    const link: Step = { do: 'symlink', path: name, target, uid: owner.uid, gid: owner.gid };
    const planned = `Symlink ${name} to ${target} is set for creation`;
    const done = `Created new symlink ${name} -> ${target}`;
    if (!there) {
      if (parent) return { changes: { new: name }, comment: planned, done, steps: [link] };
      const outer = posix.dirname(name);
      if (!makedirs) return impossible(`Directory ${outer} for symlink is not present`);
      const parents: Step = { do: 'mkdir', path: outer, parents: true, ...ownershipOf({ ...owner, mode }) };
      return { changes: { new: name }, comment: `${planned}\n${outer} will be created`, done, steps: [parents, link] };
    }
    if (there.kind === 'symlink') {
      const changes = ownershipChanges(there, owner);
      if (there.target !== target) {
        return {
          changes: { new: name },
          comment: `Link ${name} target is set to be changed to ${target}`,
          done,
          steps: [link],
        };
      }
      if (Object.keys(changes).length === 0) {
        return alreadyRight(`Symlink ${name} is present and owned by ${belongs ?? ''}`);
      }
      return {
        changes: { ownership: describe(owner) },
        comment: `Ownership of symlink ${name} would be set to ${describe(owner)}`,
        done: `Set ownership of symlink ${name} to ${describe(owner)}`,
        steps: [{ do: 'own', path: name, ...ownershipOf(owner) }],
      };
    }
    const what = there.kind === 'directory' ? 'directory' : 'file';
    if (aside) {
      if (aside.taken && !force) {
        const both = `${name} -> ${target} - backup: ${aside.path}`;
        return impossible(`Symlink & backup dest exists and Force not set. ${both}`);
      }
      return {
        changes: { new: name, backup: `${name} would be renamed to ${aside.path}` },
        comment: planned,
        done,
        steps: [...asideSteps(name, aside), link],
      };
    }
    if (!force && !(atomic && what === 'file')) {
      return impossible(
        what === 'file'
          ? `File exists where the symlink ${name} should be`
          : `Directory exists where the symlink ${name} should be`,
      );
    }
    return {
      changes: { new: name },
      comment: `The file or directory ${name} is set for removal to make way for a new symlink targeting ${target}`,
      done,
      // A link takes a file's place in one go, but never a directory's.
      steps: what === 'directory' ? [{ do: 'remove', path: name }, link] : [link],
    };
  },
});

function describe({ user, group }: Wanted): string {
  return `${user ?? 'its user'}:${group ?? 'its group'}`;
}
