import { catalogue } from './error.ts';

export const jobErrors = catalogue('TS_JOB', {
  workerEnded: ({ fun, how }: { fun: string; how: string }) =>
    `the process that ran ${fun} ended before it was done: ${how}`,
  interrupted: ({ fun }: { fun: string }) =>
    `the minion was stopped while it ran ${fun}; it was not run again, since it may have been half done`,
});
