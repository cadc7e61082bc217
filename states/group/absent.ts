import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { foretoldLines, readGroups, readUsers } from '../../lib/system/account-files.ts';
import { accountName } from '../../lib/system/account-names.ts';

export default defineState({
  summary: 'A group does not exist.',
  example: `
games:
  group.absent
`,
  args: v.strictObject({ name: accountName }),
  reads: ['accounts', 'files'],
  read: (_, { files }) => ({
    groups: readGroups(files),
    users: readUsers(files),
    problem: lacking(files, 'groupdel', 'Managing groups', 'passwd'),
  }),
  plan({ name }, { groups, users, problem }) {
    const there = groups.lines.get(name);
    if (!there) return alreadyRight('Group not present');
    if (problem !== undefined) return impossible(problem);
    const user = [...users.lines.values()].find(({ gid }) => gid === there.gid)?.name;
    // What groupdel says, known before.
    if (user !== undefined)
      return impossible(`Failed to remove group ${name}: it is the primary group of user ${user}`);
    const foretold = foretoldLines(groups, new Map([[name, undefined]]));
    return {
      changes: { [name]: '' },
      comment: `Group ${name} is set for removal`,
      done: `Removed group ${name}`,
      steps: [
        { do: 'run', command: { argv: ['groupdel', '--', name] }, must: true, foretells: foretold ? [foretold] : [] },
      ],
    };
  },
});
