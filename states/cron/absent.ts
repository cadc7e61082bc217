import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { isJob } from '../../lib/system/crontab.ts';
import { command, identifier, planTab, readTab, rightTab, user, type TabFacts } from './tab.ts';
import { timeArgs } from './time.ts';

const args = v.strictObject({
  name: command,
  user,
  identifier,
  /** Only a job that has this in place of a time. */
  special: v.optional(v.pipe(v.string(), v.regex(/^@[a-z]+$/i, 'a word such as @daily'))),
  // So that `present` can be made `absent` without more ado; they mean nothing here.
  ...timeArgs,
  comment: v.optional(v.string()),
  commented: v.optional(v.boolean()),
});

export default defineState<typeof args, TabFacts>({
  summary: "A job does not stand in a user's crontab.",
  example: `
/usr/local/bin/backup --quiet:
  cron.absent:
    - identifier: backup
`,
  args,
  reads: ['files', 'accounts'],
  read: readTab,
  plan(given, facts) {
    const { name, special } = given;
    const { entries, exists } = facts.tab;
    const asked = given.identifier ?? name;
    const others = entries.filter(
      ({ job }) =>
        !job ||
        !isJob(job, name, asked === '' ? undefined : asked) ||
        (special !== undefined && job.when[0] !== special),
    );
    if (others.length === entries.length) {
      const comment = `Cron ${name} already absent`;
      // Where there is no crontab, no cron is needed to know that.
      return exists ? rightTab(facts, comment) : rightTab({ ...facts, problem: undefined }, comment);
    }
    return planTab(given, facts, others, {
      comment: `Cron ${name} is set to be removed`,
      done: `Cron ${name} removed from ${given.user}'s crontab`,
    });
  },
});
