import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { describeGroup, readGroups } from '../../lib/system/account-files.ts';

/** The groups of /etc/group. */
export default defineModule({
  info: defineFunction({
    summary: 'Number and members of a group; empty when there is none.',
    args: v.strictObject({ name: v.pipe(v.string(), v.minLength(1)) }),
    sync: true,
    run({ name }, { machine }) {
      const line = readGroups(machine.files).lines.get(name);
      return line ? describeGroup(line) : {};
    },
  }),
  getent: defineFunction({
    summary: 'What group.info tells, of all groups.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) => [...readGroups(machine.files).lines.values()].map(describeGroup),
  }),
});
