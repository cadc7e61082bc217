import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { defineState } from '../../lib/contracts/state.ts';
import { isJob, jobEntry, type CronJob } from '../../lib/system/crontab.ts';
import { command, identifier, planTab, readTab, rightTab, user, type TabFacts } from './tab.ts';
import { fieldNames, fieldText, timeArgs } from './time.ts';

const args = v.strictObject({
  name: command,
  user,
  ...timeArgs,
  special: v.optional(v.pipe(v.string(), v.regex(/^@[a-z]+$/i, 'a word such as @daily'))),
  comment: v.optional(v.pipe(v.string(), v.regex(/^[^\r\0]*$/))),
  commented: v.optional(v.boolean(), false),
  identifier,
});

type Args = v.InferOutput<typeof args>;

interface Facts extends TabFacts {
  /** Chosen times differ from machine to machine. */
  readonly id: string;
}

export default defineState<typeof args, Facts>({
  summary: "A job stands in a user's crontab.",
  example: `
/usr/local/bin/backup --quiet:
  cron.present:
    - identifier: backup
    - user: root
    - minute: random
    - hour: 3
`,
  args,
  reads: ['files', 'accounts'],
  read: (given: Args, machine: Reading) => ({ ...readTab(given, machine), id: machine.id }),

  plan(given, facts) {
    const { name } = given;
    const { entries } = facts.tab;
    const asked = given.identifier ?? name;
    const at = entries.findIndex(({ job }) => job && isJob(job, name, asked === '' ? undefined : asked));
    const now = entries[at]?.job;
    const wanted = jobOf(given, asked, now, facts.id);
    if (!now) {
      return planTab(given, facts, [...entries, jobEntry(wanted)], {
        comment: `Cron ${name} is set to be added`,
        done: `Cron ${name} added to ${given.user}'s crontab`,
      });
    }
    if (isSame(now, wanted)) return rightTab(facts, `Cron ${name} already present`);
    return planTab(given, facts, entries.with(at, jobEntry(wanted)), {
      comment: `Cron ${name} is set to be updated`,
      done: `Cron ${name} updated`,
    });
  },
});

function jobOf(given: Args, identifier: string, now: CronJob | undefined, id: string): CronJob {
  const seed = `${id} ${given.user} ${identifier}`;
  // A job may become one of the other kind.
  const times = now?.when.length === 5 ? now.when : [];
  const when =
    given.special === undefined
      ? fieldNames.map((field, at) => fieldText(field, given[field], times[at], seed))
      : [given.special];
  return {
    when,
    cmd: given.name,
    identifier: identifier === '' ? now?.identifier : identifier,
    comment: given.comment ?? now?.comment,
    commented: given.commented,
  };
}

function isSame(one: CronJob, other: CronJob): boolean {
  return jobEntry(one).text.join('\n') === jobEntry(other).text.join('\n');
}
