import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type ExecFunction } from '../../lib/contracts/execution.ts';
import { describeUser, groupsOf, readGroups, readUsers } from '../../lib/system/account-files.ts';

const name = v.pipe(v.string(), v.minLength(1));

/** A function of one user, read from the machine's own files. */
function about(summary: string, answer: (user: string, context: ExecContext) => unknown): ExecFunction {
  return defineFunction({
    summary,
    args: v.strictObject({ name }),
    sync: true,
    run: (given, context) => answer(given.name, context),
  });
}

/** The users of /etc/passwd. */
export default defineModule({
  info: about('Numbers, groups, home, shell and names of a user; empty when there is none.', (user, { machine }) => {
    const line = readUsers(machine.files).lines.get(user);
    return line ? describeUser(line, readGroups(machine.files)) : {};
  }),
  list_groups: about('The groups a user is in, sorted.', (user, { machine }) => {
    const line = readUsers(machine.files).lines.get(user);
    return line ? groupsOf(line, readGroups(machine.files)) : [];
  }),
  primary_group: about("The name of a user's first group; empty when there is no such user.", (user, { machine }) => {
    const line = readUsers(machine.files).lines.get(user);
    return line ? machine.accounts.groupName(line.gid) : '';
  }),
  list_users: defineFunction({
    summary: 'The names of all users, sorted.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) => [...readUsers(machine.files).lines.keys()].sort(),
  }),
  getent: defineFunction({
    summary: 'What user.info tells, of all users.',
    args: v.strictObject({}),
    sync: true,
    run(_, { machine }) {
      const groups = readGroups(machine.files);
      return [...readUsers(machine.files).lines.values()].map((line) => describeUser(line, groups));
    },
  }),
});
