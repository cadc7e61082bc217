import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { groupName, path, readGroup, run, type GroupFacts } from './group.ts';

const args = v.strictObject({ name: groupName, path });

export default defineState<typeof args, GroupFacts>({
  summary: 'A group of alternatives leads to this one, until somebody chooses another.',
  example: `
cat is an editor:
  alternatives.install:
    - name: editor
    - link: /usr/bin/editor
    - path: /bin/cat
    - priority: 5

editor:
  alternatives.set:
    - path: /bin/cat
`,
  args,
  reads: ['files'],
  read: (given, { files }) => readGroup(given.name, files),

  plan({ name, path: program }, { problem, ...facts }) {
    const { group } = facts;
    if (group?.current === program) return alreadyRight(`Alternative for ${name} already set to ${program}`);
    if (problem !== undefined) return impossible(problem);
    if (!group?.choices.some((choice) => choice.path === program)) {
      return impossible(`Alternative ${program} for ${name} doesn't exist`);
    }
    return {
      changes: { path: program },
      comment: `Alternative for ${name} will be set to path ${program}`,
      done: `Alternative for ${name} set to path ${program}`,
      steps: [run(['--set', name, program], facts, { ...group, auto: false, current: program })],
    };
  },
});
