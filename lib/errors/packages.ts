import { catalogue } from './error.ts';

export const packageErrors = catalogue('TS_PACKAGES', {
  unchangeable: ({ reason }: { reason: string }) => `packages can't be changed here: ${reason}`,
  failed: ({ reason }: { reason: string }) => `not all of it could be done:\n${reason}`,
  refreshFailed: ({ reason }: { reason: string }) => `the package lists could not be updated:\n${reason}`,
  queryFailed: ({ reason }: { reason: string }) => `the package manager could not say what is on offer:\n${reason}`,
  notReady: () => "rpm's database was not read yet: what asks for packages has to wait for it",
  noVersionLock: () =>
    "dnf can't hold packages here: its plugin versionlock is not installed (python3-dnf-plugin-versionlock)",
});
