import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { commandArgs, planCommand, readCommand, reportCommand } from './command.ts';

export default defineState({
  summary: 'A command is run by a shell; it has done its work when it ends with code 0.',
  example: `
newaliases:
  cmd.run:
    - unless: test -e /etc/aliases.db
`,
  args: v.strictObject(commandArgs),
  reads: ['files', 'accounts'],
  read: readCommand,
  plan: (given, facts) => planCommand(given, facts, given.name),
  report: reportCommand,
  refresh: (given, facts) => planCommand(given, facts, given.name),
});
