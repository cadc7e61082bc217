import { defineExtPillar } from '../../lib/contracts/ext-pillar.ts';
import { mapOfJson } from './data.ts';
import { page, textOf } from './page.ts';

export default defineExtPillar({
  summary: 'What a web server answers as JSON; `%s` in the address is the id of the minion.',
  example: `
ext_pillar:
  - http_json:
      url: https://inventory.example.com/%s?format=json
      with_grains: [os, osrelease]
`,
  args: page,
  read: async (asked, context) => mapOfJson(await textOf(asked, context)),
});
