import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileFacts, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { ownershipChanges, ownershipOf, readOwner, type Wanted } from './owner.ts';
import { readParent } from '../../lib/parent-directory.ts';

const number = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xfffff)), 0);

const args = v.strictObject({
  name: arg.path,
  ntype: v.picklist(['c', 'b', 'p'], "'c' (character device), 'b' (block device) or 'p' (pipe)"),
  major: number,
  minor: number,
  ...arg.owner,
  mode: v.optional(arg.mode, '0600'),
});

type Facts =
  | { readonly problem: string }
  | { readonly there: FileFacts | undefined; readonly owner: Wanted; readonly parent: boolean };

const kinds = { c: 'character device', b: 'block device', p: 'fifo pipe' } as const;

export default defineState<typeof args, Facts>({
  summary: 'A device or a named pipe is there.',
  example: `
/srv/jail/dev/null:
  file.mknod:
    - ntype: c
    - major: 1
    - minor: 3
    - mode: '0666'
`,
  args,
  reads: ['files', 'accounts'],

  read(given, { files, accounts }) {
    const owner = readOwner(accounts, given);
    if (typeof owner === 'string') return { problem: owner };
    const parent = readParent(files, given.name);
    if (typeof parent === 'string') return { problem: parent };
    return { there: files.look(given.name), owner: { ...owner, mode: given.mode }, parent };
  },

  plan({ name, ntype, major, minor }, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const { there, owner, parent } = facts;
    const kind = kinds[ntype];
    const shown = kind[0]?.toUpperCase() + kind.slice(1);
    if (!there) {
      const parents: Step = { do: 'mkdir', path: posix.dirname(name), parents: true, uid: owner.uid, gid: owner.gid };
      const numbers = ntype === 'p' ? { major: 0, minor: 0 } : { major, minor };
      return {
        changes: { new: `${shown} ${name} created.` },
        comment: `${shown} ${name} is set to be created`,
        done: `${shown} ${name} created.`,
        steps: [
          ...(parent ? [] : [parents]),
          { do: 'node', path: name, type: ntype, ...numbers, ...ownershipOf(owner) },
        ],
      };
    }
    const { node } = there;
    if (node?.type !== ntype) return impossible(`File ${name} exists and is not a ${kind}. Refusing to continue`);
    if (ntype !== 'p' && (node.major !== major || node.minor !== minor)) {
      return impossible(
        `${shown} ${name} exists and has a different major/minor ${node.major}/${node.minor}. Refusing to continue`,
      );
    }
    const changes = ownershipChanges(there, owner);
    if (Object.keys(changes).length === 0) return alreadyRight(`${shown} ${name} is in the correct state`);
    return {
      changes,
      comment: `${shown} ${name} is set to be changed`,
      done: `${shown} ${name} updated`,
      steps: [{ do: 'own', path: name, ...ownershipOf(owner) }],
    };
  },
});
