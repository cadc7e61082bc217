import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { best, type Group } from '../../lib/system/alternatives.ts';
import { groupName, path, readGroup, run, type GroupFacts } from './group.ts';

const args = v.strictObject({ name: groupName, path });

export default defineState<typeof args, GroupFacts>({
  summary: 'A program is none of the alternatives of a group.',
  example: `
editor:
  alternatives.remove:
    - path: /usr/bin/ed
`,
  args,
  reads: ['files'],
  read: (given, { files }) => readGroup(given.name, files),

  plan({ name, path: program }, { problem, ...facts }) {
    const { group } = facts;
    const choices = group?.choices.filter((choice) => choice.path !== program) ?? [];
    if (!group || choices.length === group.choices.length) {
      return alreadyRight(
        group?.current === undefined
          ? `Alternative for ${name} doesn't exist`
          : `Alternative for ${name} is set to it's default path ${group.current}`,
      );
    }
    if (problem !== undefined) return impossible(problem);
    // Who chose what is gone, has chosen nothing.
    const auto = group.auto || group.current === program;
    const current = auto ? best(choices)?.path : group.current;
    const next: Group | undefined = current === undefined ? undefined : { ...group, auto, choices, current };
    return {
      changes: { path: current ?? '' },
      comment: `Alternative for ${name} will be removed`,
      done: `Alternative for ${name} removed${current === undefined ? '' : `. Falling back to path ${current}`}`,
      steps: [run(['--remove', name, program], facts, next)],
    };
  },
});
