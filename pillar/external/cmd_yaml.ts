import { defineExtPillar } from '../../lib/contracts/ext-pillar.ts';
import { command, outputOf } from './command.ts';
import { mapOfYaml } from './data.ts';

export default defineExtPillar({
  summary: 'What a command writes as YAML; `%s` among its words is the id of the minion. No shell runs it.',
  example: `
ext_pillar:
  - cmd_yaml: /usr/local/bin/inventory --host %s
`,
  args: command,
  read: async (argv, context) => mapOfYaml(await outputOf(argv, context), context),
});
