import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';

interface Facts {
  readonly problem?: string;
  readonly from?: FileFacts | undefined;
  readonly there?: FileFacts | undefined;
  readonly owner: Wanted;
  readonly parent: boolean;
}

const args = v.strictObject({
  name: arg.path,
  target: arg.path,
  force: arg.flag(false),
  makedirs: arg.flag(false),
  ...arg.owner,
  dir_mode: v.optional(arg.mode),
});

export default defineState<typeof args, Facts>({
  summary: 'A hard link is one more name of this file.',
  example: `
/srv/spool/latest:
  file.hardlink:
    - target: /srv/spool/today
    - makedirs: True
`,
  args,
  reads: ['files', 'accounts'],

  read(given, { files, accounts }) {
    const owner = readOwner(accounts, given);
    if (typeof owner === 'string') return { problem: owner, owner: {}, parent: true };
    const parent = readParent(files, given.name);
    if (typeof parent === 'string') return { problem: parent, owner: {}, parent: true };
    return { from: files.follow(given.target), there: files.look(given.name), owner, parent };
  },

  plan({ name, target, force, makedirs, dir_mode }, { problem, from, there, owner, parent }) {
    if (problem !== undefined) return impossible(problem);
    if (there?.kind === 'directory') return impossible(`Unable to hard link to directory ${name}`);
    if (from?.kind === 'directory') return impossible(`Unable to hard link from directory ${target}`);
    if (!from) return impossible(`Target ${target} for hard link does not exist`);
    const outer = posix.dirname(name);
    if (!parent && !makedirs) return impossible(`Directory ${outer} for hard link is not present`);
    if (there?.identity === from.identity) {
      return alreadyRight(`Target of hard link ${name} is already pointing to ${target}`);
    }
    // Nothing is lost with one of several names.
    const isLink = there !== undefined && there.kind === 'file' && there.links > 1;
    if (there && !isLink && !force) return impossible(`File exists where the hard link ${name} should be`);
    const parents: Step = { do: 'mkdir', path: outer, parents: true, ...ownershipOf({ ...owner, mode: dir_mode }) };
    return {
      changes: { ...(there && !isLink ? { forced: 'File for hard link was forcibly replaced' } : {}), new: name },
      comment: isLink
        ? `Link ${name} target is set to be changed to ${target}`
        : `Hard link ${name} to ${target} is set for creation`,
      done: isLink ? `Set target of hard link ${name} -> ${target}` : `Created new hard link ${name} -> ${target}`,
      steps: [...(parent ? [] : [parents]), { do: 'hardlink', path: name, target }],
    };
  },
});
