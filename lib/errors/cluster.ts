import { catalogue } from './error.ts';

export const clusterErrors = catalogue('TS_CLUSTER', {
  didNotStart: ({ id, reason }: { id: string; reason: string }) => `the machine ${id} did not start: ${reason}`,
  unknownProvider: ({ name }: { name: string }) => `there is no provider '${name}'`,
});
