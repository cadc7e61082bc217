import { catalogue } from './error.ts';

export const runnerErrors = catalogue('TS_RUNNER', {
  unknown: ({ fun }: { fun: string }) => `the master has no function '${fun.slice(0, 80)}'`,
  tooMany: ({ fun, most }: { fun: string; most: number }) => `${fun} takes at most ${most} arguments`,
  unknownArgument: ({ fun, name }: { fun: string; name: string }) => `${fun} takes no argument '${name.slice(0, 80)}'`,
  missing: ({ fun, name }: { fun: string; name: string }) => `${fun} needs to be told the ${name}`,
  noSuchJob: ({ jid }: { jid: string }) =>
    `there is no job ${JSON.stringify(jid.slice(0, 40))}; it was never published, or is no longer kept`,
});
