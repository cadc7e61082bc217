import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { readCrontab, type CronJob } from '../../lib/system/crontab.ts';

const args = v.strictObject({ user: accountName });

const common = ({ cmd, identifier, comment, commented }: CronJob): object => ({
  cmd,
  identifier: identifier ?? null,
  comment: comment ?? null,
  commented,
});

/** The crontabs of users. */
export default defineModule({
  raw_cron: defineFunction({
    summary: "The text of a user's crontab; empty when there is none.",
    args,
    sync: true,
    run: ({ user }, { machine }) => readCrontab(machine.files, user).text,
  }),
  list_tab: defineFunction({
    summary: "What states manage in a user's crontab: jobs, special jobs and variables; and the lines that they don't.",
    args,
    sync: true,
    run({ user }, { machine }) {
      const { before, entries } = readCrontab(machine.files, user);
      const jobs = entries.flatMap(({ job }) => (job ? [job] : []));
      return {
        pre: before,
        crons: jobs.flatMap((job) => {
          const [minute, hour, daymonth, month, dayweek] = job.when;
          return dayweek === undefined ? [] : [{ minute, hour, daymonth, month, dayweek, ...common(job) }];
        }),
        special: jobs.flatMap((job) => (job.when.length === 1 ? [{ spec: job.when[0], ...common(job) }] : [])),
        env: entries.flatMap(({ variable }) => (variable ? [variable] : [])),
      };
    },
  }),
});
