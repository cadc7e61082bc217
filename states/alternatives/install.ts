import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { best, type Group } from '../../lib/system/alternatives.ts';
import { groupName, path, readGroup, run, type GroupFacts } from './group.ts';

const args = v.strictObject({ name: groupName, link: path, path, priority: v.pipe(v.number(), v.integer()) });

export default defineState<typeof args, GroupFacts & { readonly exists: boolean }>({
  summary: 'A program is one of the alternatives of a group.',
  example: `
editor:
  alternatives.install:
    - link: /usr/bin/editor
    - path: /bin/cat
    - priority: 5
`,
  args,
  reads: ['files'],
  read: (given, { files }) => ({
    ...readGroup(given.name, files),
    exists: files.follow(given.path) !== undefined,
  }),

  plan({ name, link, path: program, priority }, { problem, exists, ...facts }) {
    const { group } = facts;
    const now = group?.choices.find((choice) => choice.path === program);
    if (now?.priority === priority) return alreadyRight(`Alternative ${program} for ${name} is already registered`);
    if (problem !== undefined) return impossible(problem);
    if (!exists) return impossible(`Alternative for ${name} not installed: there is no ${program}`);
    const others = group?.choices.filter((choice) => choice !== now) ?? [];
    const followers = group?.followers ?? [];
    const choices = [...others, { path: program, priority, followers: now?.followers ?? followers.map(() => '') }];
    const auto = group?.auto ?? true;
    const current = auto ? best(choices)?.path : group?.current;
    const next: Group = { name, auto, link, followers, choices, current };
    // What goes along with it would go when it is not named again.
    const keeping = followers.flatMap(([follower, from], at) => {
      const to = now?.followers[at];
      return to ? ['--slave', from, follower, to] : [];
    });
    return {
      changes: { name, link, path: program, priority },
      comment: `Alternative will be set for ${name} to ${program} with priority ${priority}`,
      done:
        current === program
          ? `Alternative for ${name} set to path ${program} with priority ${priority}`
          : `Alternative ${program} for ${name} registered with priority ${priority} and not set to default`,
      steps: [run(['--install', link, name, program, String(priority), ...keeping], facts, next)],
    };
  },
});
