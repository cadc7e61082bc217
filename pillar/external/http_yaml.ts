import { defineExtPillar } from '../../lib/contracts/ext-pillar.ts';
import { mapOfYaml } from './data.ts';
import { page, textOf } from './page.ts';

export default defineExtPillar({
  summary: 'What a web server answers as YAML; `%s` in the address is the id of the minion.',
  example: `
ext_pillar:
  - http_yaml:
      url: https://inventory.example.com/%s?format=yaml
      with_grains: [os, osrelease]
`,
  args: page,
  read: async (asked, context) => mapOfYaml(await textOf(asked, context), context),
});
