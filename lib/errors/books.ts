import { catalogue } from './error.ts';

export const keyErrors = catalogue('TS_KEY', {
  sharedName: ({ id, other, why }: { id: string; other: string; why: string }) =>
    `${id} is too like ${other}, which is there already: ${why}`,
  tooOld: ({ id, version, master, oldest }: { id: string; version: string; master: string; oldest: string }) =>
    `${id} has tsalt ${version}, which is too old for this master: that is of version ${master} and works with ${oldest} and later; install a newer one on ${id}`,
});

export const tokenErrors = catalogue('TS_TOKEN', {
  badLifetime: ({ ms }: { ms: number }) =>
    `an enrolment token lives between one second and 24 hours, not ${ms / 1000} seconds`,
});

export const jobErrors = catalogue('TS_JOB', {
  taken: ({ jid }: { jid: string }) => `there is a job ${jid} already`,
  returnTooDeep: ({ most }: { most: number }) => `it is nested deeper than ${most}`,
});

export const instanceErrors = catalogue('TS_INSTANCE', {
  exists: ({ id, state }: { id: string; state: string }) => `${id} has been launched already, and is ${state}`,
  unknown: ({ id }: { id: string }) => `no machine of the id ${id} was launched`,
});
