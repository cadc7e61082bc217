import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { best } from '../../lib/system/alternatives.ts';
import { groupName, readGroup, run, type GroupFacts } from './group.ts';

const args = v.strictObject({ name: groupName });

export default defineState<typeof args, GroupFacts>({
  summary: 'A group of alternatives leads to the one of the highest priority.',
  example: `
cat is an editor:
  alternatives.install:
    - name: editor
    - link: /usr/bin/editor
    - path: /bin/cat
    - priority: 5

editor:
  alternatives.auto
`,
  args,
  reads: ['files'],
  read: (given, { files }) => readGroup(given.name, files),

  plan({ name }, { problem, ...facts }) {
    const { group } = facts;
    if (!group) return impossible(`Alternative for ${name} doesn't exist`);
    if (group.auto) return alreadyRight(`${name} already in auto mode`);
    if (problem !== undefined) return impossible(problem);
    const current = best(group.choices)?.path;
    return {
      changes: { result: current ?? '' },
      comment: `${name} will be put in auto mode`,
      done: `${name} put in auto mode`,
      steps: [run(['--auto', name], facts, { ...group, auto: true, current })],
    };
  },
});
