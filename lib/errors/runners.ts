import { catalogue } from './error.ts';

export const runnerErrors = catalogue('TS_RUNNER', {
  unknown: ({ fun }: { fun: string }) => `the master has no function '${fun.slice(0, 80)}'`,
  tooMany: ({ fun, most }: { fun: string; most: number }) =>
    `${fun} takes ${most === 0 ? 'no arguments' : most === 1 ? 'at most one argument' : `at most ${most} arguments`}`,
  unknownArgument: ({ fun, name }: { fun: string; name: string }) => `${fun} takes no argument '${name.slice(0, 80)}'`,
  notBegun: ({ fun }: { fun: string }) =>
    `${fun} is waited for in any case: it has no jid to come back to, and can not be only begun`,
  missing: ({ fun, name }: { fun: string; name: string }) => `${fun} needs to be told the ${name}`,
  badArgument: ({ name, expected, given }: { name: string; expected: string; given: string }) =>
    `'${name}' is ${expected}, not '${given.slice(0, 80)}'`,
  noSuchMinion: ({ id }: { id: string }) => `there is no accepted minion '${id.slice(0, 80)}'`,
  noSuchEnvironment: ({ env }: { env: string }) => `there is no environment '${env.slice(0, 80)}'`,
  noSuchRemote: ({ remote }: { remote: string }) => `there is no git remote '${remote.slice(0, 200)}'`,
  noSuchFile: ({ file, env }: { file: string; env: string }) =>
    `the environment '${env.slice(0, 80)}' has no file '${file.slice(0, 200)}'`,
  noText: ({ file }: { file: string }) => `${file} is no text, or has more than a megabyte`,
  noSuchEvent: ({ event }: { event: string }) =>
    `there is no event ${JSON.stringify(event.slice(0, 40))}; 'tsalt event listen --out json' shows their numbers`,
  noMinionJob: ({ jid }: { jid: string }) =>
    `${jid} is an orchestration, and for no minion: 'jobs.show ${jid}' shows how far it is`,
  noSuchJob: ({ jid }: { jid: string }) =>
    `there is no job ${JSON.stringify(jid.slice(0, 40))}; it was never published, or is no longer kept`,
});
