import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { readAtJobs, type AtJob } from '../../lib/system/at-jobs.ts';

const number = v.optional(v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer(), v.minValue(0)));

const args = v.strictObject({
  name: v.string(),
  jobid: number,
  tag: v.optional(v.string()),
  runas: v.optional(accountName),
  queue: v.optional(v.string()),
  /** Of the time it would run at, in the machine's zone. */
  hour: number,
  minute: number,
  day: number,
  month: number,
  /** Two or four digits. */
  year: number,
});

type Args = v.InferOutput<typeof args>;

interface Facts {
  readonly problem?: string | undefined;
  readonly jobs: readonly AtJob[];
}

export default defineState<typeof args, Facts>({
  summary: 'Commands that wait for their time are not run: those that all the arguments fit, so without any, all.',
  example: `
no more greetings:
  at.absent:
    - tag: hello
`,
  args,
  reads: ['files', 'accounts'],
  read: (given, { files, accounts }) => ({
    problem: lacking(files, 'atrm', 'Jobs for later', 'at'),
    jobs: readAtJobs(files, (uid) => accounts.userName(uid)).filter((job) => fits(job, given)),
  }),

  plan({ jobid }, { problem, jobs }) {
    if (jobs.length === 0) {
      return alreadyRight(jobid === undefined ? 'removed 0 job(s)' : `job with id ${jobid} not present`);
    }
    if (problem !== undefined) return impossible(problem);
    const removed = jobs.map(({ job }) => String(job));
    return {
      changes: { removed },
      comment: `${removed.length} job(s) would be removed`,
      done: jobid === undefined ? `removed ${removed.length} job(s)` : `job with id ${jobid} was removed`,
      steps: [
        {
          do: 'run',
          command: { argv: ['atrm', ...removed] },
          must: true,
          foretells: jobs.map(({ path }) => ({ do: 'remove', path })),
        },
      ],
    };
  },
});

function fits({ job, tag, user, queue, minutes }: AtJob, given: Args): boolean {
  if (given.jobid !== undefined) return job === given.jobid;
  const time = new Date(minutes * 60_000);
  const year = given.year !== undefined && given.year < 100 ? given.year + 2000 : given.year;
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [given.tag, tag],
    [given.runas, user],
    [given.queue, queue],
    [given.hour, time.getHours()],
    [given.minute, time.getMinutes()],
    [given.day, time.getDate()],
    [given.month, time.getMonth() + 1],
    [year, time.getFullYear()],
  ];
  return pairs.every(([asked, is]) => asked === undefined || asked === is);
}
