import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { variableEntry } from '../../lib/system/crontab.ts';
import { planTab, readTab, rightTab, user, type TabFacts } from './tab.ts';
import { variableName } from './variable.ts';

const args = v.strictObject({
  name: variableName,
  value: v.optional(
    v.pipe(
      v.union([v.string(), v.number(), v.boolean()]),
      v.transform(String),
      v.trim(),
      v.regex(/^[^\r\n\0]*$/, 'one line'),
    ),
    '',
  ),
  user,
});

export default defineState<typeof args, TabFacts>({
  summary: "A variable of the environment is set for the jobs of a user's crontab.",
  example: `
MAILTO:
  cron.env_present:
    - value: admin@example.org
`,
  args,
  reads: ['files', 'accounts'],
  read: readTab,
  plan(given, facts) {
    const { name, value } = given;
    const { entries } = facts.tab;
    const at = entries.findIndex(({ variable }) => variable?.name === name);
    const entry = variableEntry({ name, value });
    if (at === -1) {
      // It is for the jobs after it, so for all.
      const last = entries.findLastIndex(({ variable }) => variable !== undefined) + 1;
      return planTab(given, facts, entries.toSpliced(last, 0, entry), {
        comment: `Cron env ${name} is set to be added`,
        done: `Cron env ${name} added to ${given.user}'s crontab`,
      });
    }
    if (entries[at]?.variable?.value === value) return rightTab(facts, `Cron env ${name} already present`);
    return planTab(given, facts, entries.with(at, entry), {
      comment: `Cron env ${name} is set to be updated`,
      done: `Cron env ${name} updated`,
    });
  },
});
