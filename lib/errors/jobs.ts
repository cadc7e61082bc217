import { catalogue } from './error.ts';

export const jobErrors = catalogue('TS_JOB', {
  workerEnded: ({ fun, how }: { fun: string; how: string }) =>
    `the process that ran ${fun} ended before it was done: ${how}`,
  ended: ({ fun, by }: { fun: string; by: string }) => `${fun} was ended by ${by}`,
  stoppedWaiting: ({ fun, first }: { fun: string; first: string }) =>
    `${fun} was told to stop while it waited for another state run. ${first}`,
  tooMany: ({ most }: { most: number }) => `${most} jobs wait on this minion already`,
  returnTooLong: ({ fun, characters, most }: { fun: string; characters: number; most: number }) =>
    `${fun} was done, but its return has ${characters} characters, and at most ${most} can be sent`,
  interrupted: ({ fun }: { fun: string }) =>
    `the minion was stopped while it ran ${fun}; it was not run again, since it may have been half done`,
});
