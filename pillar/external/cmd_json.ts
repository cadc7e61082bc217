import { defineExtPillar } from '../../lib/contracts/ext-pillar.ts';
import { command, outputOf } from './command.ts';
import { mapOfJson } from './data.ts';

export default defineExtPillar({
  summary: 'What a command writes as JSON; `%s` among its words is the id of the minion. No shell runs it.',
  example: `
ext_pillar:
  - cmd_json: /usr/local/bin/inventory --host %s
`,
  args: command,
  read: async (argv, context) => mapOfJson(await outputOf(argv, context)),
});
