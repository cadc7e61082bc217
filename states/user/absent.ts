import * as v from 'valibot';
import type { FileStep } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { foretoldLines, groupText, readGroups, readUsers } from '../../lib/system/account-files.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { readLoginDefaults } from '../../lib/system/login-defs.ts';

export default defineState({
  summary: 'A user does not exist; with `purge` his home and mail are gone, too.',
  example: `
games:
  user.absent
`,
  args: v.strictObject({
    name: accountName,
    purge: v.optional(v.boolean(), false),
    force: v.optional(v.boolean(), false),
  }),
  reads: ['accounts', 'files'],

  read({ name }, { files, accounts }) {
    const users = readUsers(files);
    const elsewhere = !users.lines.has(name) && name !== 'root' && accounts.uid(name) !== undefined;
    const problem = elsewhere
      ? `User ${name} is known here but is not in /etc/passwd: whoever keeps it has to remove it`
      : lacking(files, 'userdel', 'Managing users', 'passwd');
    return { users, groups: readGroups(files), userGroups: readLoginDefaults(files).userGroups, elsewhere, problem };
  },

  plan({ name, purge, force }, { users, groups, userGroups, elsewhere, problem }) {
    const there = users.lines.get(name);
    if (!there && !elsewhere) return alreadyRight(`User ${name} is not present`);
    if (!there || problem !== undefined) return impossible(problem ?? '');
    // userdel(8): a group of the user's own name goes with him when it is his first one, and nobody else's.
    const own = groups.lines.get(name);
    const others = own?.members.filter((member) => member !== name) ?? [];
    const isOthers = [...users.lines.values()].some((user) => user.name !== name && user.gid === own?.gid);
    const goes = userGroups && own?.gid === there.gid && others.length === 0 && (force || !isOthers);
    const changed = new Map<string, string | undefined>();
    for (const group of groups.lines.values()) {
      if (!group.members.includes(name)) continue;
      changed.set(group.name, groupText({ ...group, members: group.members.filter((member) => member !== name) }));
    }
    if (goes) changed.set(name, undefined);
    const foretells = [
      foretoldLines(users, new Map([[name, undefined]])),
      foretoldLines(groups, changed),
      ...(purge ? [{ do: 'remove', path: there.home } as const] : []),
    ].filter((step): step is FileStep => step !== undefined);
    const argv = ['userdel', ...(purge ? ['-r'] : []), ...(force ? ['-f'] : []), '--', name];
    return {
      changes: { ...(goes ? { [`${name} group`]: 'removed' } : {}), [name]: 'removed' },
      comment: `User ${name} set for removal`,
      done: `Removed user ${name}`,
      steps: [{ do: 'run', command: { argv }, must: true, foretells }],
    };
  },
});
