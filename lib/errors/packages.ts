import { catalogue } from './error.ts';

export const packageErrors = catalogue('TS_PACKAGES', {
  unchangeable: ({ reason }: { reason: string }) => `packages can't be changed here: ${reason}`,
  failed: ({ reason }: { reason: string }) => `not all of it could be done:\n${reason}`,
  refreshFailed: ({ reason }: { reason: string }) => `the package lists could not be updated:\n${reason}`,
  queryFailed: ({ reason }: { reason: string }) => `apt-cache could not say what is on offer:\n${reason}`,
});
