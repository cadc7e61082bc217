import { catalogue } from './error.ts';

export const executionErrors = catalogue('TS_EXEC', {
  noSuchFunction: ({ fun }: { fun: string }) => `there is no function '${fun}'`,
  unknownArgument: ({ fun, name }: { fun: string; name: string }) => `${fun} has no argument '${name}'`,
  tooMany: ({ fun, most, given }: { fun: string; most: number; given: number }) =>
    `${fun} takes ${most === 0 ? 'no arguments' : `at most ${most} without a name`}, not ${given}`,
  twice: ({ fun, name }: { fun: string; name: string }) => `argument '${name}' of ${fun} is given twice`,
  badArgument: ({ fun, problem }: { fun: string; problem: string }) => `${fun}: ${problem}`,
  missing: ({ fun, name }: { fun: string; name: string }) => `${fun} needs the argument '${name}'`,
  notForTemplates: ({ fun }: { fun: string }) => `templates can't call ${fun}: it does not give its answer at once`,
  tooManyFetched: ({ fun, most }: { fun: string; most: number }) =>
    `templates have asked ${fun} and its like for more than ${most} different answers in one run`,
});
