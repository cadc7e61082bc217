import { catalogue } from './error.ts';

export const clusterErrors = catalogue('TS_CLUSTER', {
  didNotStart: ({ id, reason }: { id: string; reason: string }) => `the machine ${id} did not start: ${reason}`,
  unknownProvider: ({ name }: { name: string }) => `there is no provider '${name}'`,
  badUserData: ({ name }: { name: string }) =>
    `'${name}' is missing or has characters that have no place in a user-data script`,
  noBundleServer: () => "this master serves no bundles, so a new machine can't get tsalt from it",
  noBundle: ({ directory, reason }: { directory: string; reason: string }) =>
    `no bundle of tsalt is in ${directory}: ${reason}`,
  userDataTooBig: ({ bytes, most }: { bytes: number; most: number }) =>
    `this user-data has ${bytes} bytes; clouds take ${most} at most`,
});
