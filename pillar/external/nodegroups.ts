import * as v from 'valibot';
import { defineExtPillar } from '../../lib/contracts/ext-pillar.ts';

const args = v.union(
  [
    v.pipe(
      v.null(),
      v.transform(() => ({ pillar_name: 'nodegroups' })),
    ),
    v.strictObject({ pillar_name: v.optional(v.string(), 'nodegroups') }),
  ],
  'nothing, or a map with `pillar_name`',
);

export default defineExtPillar({
  summary: 'The nodegroups that the minion is in, as a list under `nodegroups` or the name that is given.',
  example: `
ext_pillar:
  - nodegroups:
      pillar_name: my_nodegroups
`,
  args,
  read: ({ pillar_name: name }, { nodegroups }) => ({ [name]: [...nodegroups] }),
});
