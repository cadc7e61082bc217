import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';

interface Facts {
  readonly problem?: string;
  readonly there?: FileFacts | undefined;
  /** Of what is there, as `user:group`. */
  readonly belongs?: string | undefined;
  readonly owner: Wanted;
  readonly parent: boolean;
}

const args = v.strictObject({
  name: arg.path,
  target: v.pipe(v.string(), v.minLength(1)),
  force: arg.flag(false),
  makedirs: arg.flag(false),
  mode: v.optional(arg.mode),
  ...arg.owner,
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
    return { there, belongs, owner, parent };
  },

  plan({ name, target, force, makedirs, mode }, { problem, there, belongs, owner, parent }) {
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
    if (!force) {
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
