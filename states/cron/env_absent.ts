import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { planTab, readTab, rightTab, user, type TabFacts } from './tab.ts';
import { variableName } from './variable.ts';

const args = v.strictObject({ name: variableName, user });

export default defineState<typeof args, TabFacts>({
  summary: "A variable of the environment is not set in a user's crontab.",
  example: `
MAILTO:
  cron.env_absent
`,
  args,
  reads: ['files', 'accounts'],
  read: readTab,
  plan(given, facts) {
    const { name } = given;
    const { entries, exists } = facts.tab;
    const others = entries.filter(({ variable }) => variable?.name !== name);
    if (others.length === entries.length) {
      const comment = `Cron env ${name} already absent`;
      return exists ? rightTab(facts, comment) : rightTab({ ...facts, problem: undefined }, comment);
    }
    return planTab(given, facts, others, {
      comment: `Cron env ${name} is set to be removed`,
      done: `Cron env ${name} removed from ${given.user}'s crontab`,
    });
  },
});
