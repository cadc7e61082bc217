import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { readAtJobs, tagMark } from '../../lib/system/at-jobs.ts';

const args = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  /** The command; the name when it is not given. */
  job: v.optional(v.pipe(v.string(), v.minLength(1))),
  // Without quotes YAML makes a number of 9:09, and nobody can tell of which time.
  timespec: v.pipe(
    v.string("a time as at(1) takes it, in quotes, such as '9:09'"),
    v.trim(),
    v.regex(/^[A-Za-z0-9][A-Za-z0-9:.,/+ -]*$/, 'a time as at(1) takes it, such as now + 1 hour'),
    v.check((text) => !/\s-/.test(text), 'a time as at(1) takes it: no part of it starts with -'),
  ),
  tag: v.optional(v.pipe(v.string(), v.regex(/^[^\s][^\r\n]*$/, 'one line'))),
  user: v.optional(accountName),
  unique_tag: v.optional(v.boolean(), false),
});

interface Facts {
  readonly problem?: string | undefined;
  /** A job that is this one waits already. */
  readonly waits: boolean;
  /** There is one with the tag. */
  readonly hasTag: boolean;
}

export default defineState<typeof args, Facts>({
  summary: 'A command waits for its time to be run once; one that waits already is not added again.',
  example: `
echo hello > /root/hello:
  at.present:
    - timespec: now + 2 hours
    - tag: hello
`,
  args,
  reads: ['files', 'accounts'],
  check: ({ unique_tag: unique, tag }) =>
    unique && tag === undefined ? 'no tag provided and unique_tag is set to True' : undefined,

  read({ name, job = name, user, tag }, { files, accounts }) {
    const problem =
      user !== undefined && accounts.uid(user) === undefined
        ? `user ${user} does not exists`
        : lacking(files, 'at', 'Jobs for later', 'at');
    const jobs = readAtJobs(files, (uid) => accounts.userName(uid));
    const owner = user ?? 'root';
    return {
      problem,
      waits: jobs.some((one) => one.command === job.trim() && one.tag === (tag ?? '') && one.user === owner),
      hasTag: tag !== undefined && jobs.some((one) => one.tag === tag),
    };
  },

  plan({ name, job = name, timespec, tag, user, unique_tag: unique }, { problem, waits, hasTag }) {
    if (unique && hasTag) return alreadyRight(`atleast one job with tag ${tag} exists.`);
    if (waits) return alreadyRight(`job ${job} waits already`);
    if (problem !== undefined) return impossible(problem);
    const stdin = `${tag === undefined ? '' : `${tagMark} ${tag}\n`}${job}\n`;
    const argv = ['at', ...timespec.split(/\s+/)];
    const who = user === undefined ? '' : ` as ${user}`;
    const comment = `job ${job} added and will run${who} on ${timespec}`;
    return {
      changes: { job, timespec, ...(tag === undefined ? {} : { tag }), ...(user === undefined ? {} : { user }) },
      comment: `job ${job} would be added and run${who} on ${timespec}`,
      done: comment,
      steps: [{ do: 'run', command: { argv, stdin, ...(user === undefined ? {} : { runas: user }) }, must: true }],
    };
  },
});
