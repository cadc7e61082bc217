import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { commandArgs, planCommand, readCommand, reportCommand } from './command.ts';

export default defineState({
  summary: 'A command is run by a shell when something that is watched has changed.',
  example: `
/etc/aliases:
  file.append:
    - text: 'root: anna'

newaliases:
  cmd.wait:
    - watch:
      - file: /etc/aliases
`,
  args: v.strictObject(commandArgs),
  reads: ['files', 'accounts'],
  read: readCommand,
  plan: () => alreadyRight(''),
  report: reportCommand,
  refresh: (given, facts) => planCommand(given, facts, given.name),
});
