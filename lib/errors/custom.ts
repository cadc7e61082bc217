import { catalogue } from './error.ts';

export const customErrors = catalogue('TS_CUSTOM', {
  broken: ({ name, why }: { name: string; why: string }) => `${name} of the state tree can't be used: ${why}`,
  missingPart: ({ name, expected }: { name: string; expected: string }) => `'${name}' is missing: ${expected}`,
  unknownPart: ({ name }: { name: string }) => `there is no part '${name}'`,
  neverLoaded: ({ seconds }: { seconds: number }) => `it was not done after ${seconds} s, and was ended`,
  endedProcess: ({ how }: { how: string }) => `it ended the process that it ran in: ${how}`,
  badName: ({ name }: { name: string }) =>
    `'${name}' is no name of a module: letters, digits and _, beginning with a letter`,
  twice: ({ path }: { path: string }) => `there is ${path} as well: one of them has to go`,
  kept: ({ name }: { name: string }) => `'${name}' can't be replaced: it is what brings such files here`,
  tooMany: ({ most }: { most: number }) => `${most} custom runners are running: no more are begun`,
  notGrains: ({ found }: { found: string }) => `grains have to be a map of data, not ${found}`,
});
