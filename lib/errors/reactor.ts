import { catalogue } from './error.ts';

export const reactorErrors = catalogue('TS_REACTOR', {
  badConfig: ({ found }: { found: string }) =>
    `'reactor' is a list of one-key maps from an event tag to a file or a list of files; this is ${found}`,
  unknownBuiltin: ({ name }: { name: string }) => `there is no built-in reactor '${name}'`,
  unknownKind: ({ file }: { file: string }) =>
    `${file} is no reactor: it is 'builtin:<name>', a YAML file '<path>.sls', or code '<path>.js' or '<path>.mjs'`,
  unreadableFile: ({ file, why }: { file: string; why: string }) => `the reactor file ${file} cannot be read: ${why}`,
  badReaction: ({ what }: { what: string }) => what,
  badTemplate: ({ why }: { why: string }) => `the template does not work: ${why}`,
  badYaml: ({ why }: { why: string }) => `this is not YAML: ${why}`,
  badCode: ({ file, why }: { file: string; why: string }) => `the reactor ${file} does not load: ${why}`,
  timeout: ({ ms }: { ms: number }) => `the reaction was not done after ${ms} ms`,
  over: () => 'this reaction is over: it can do nothing more',
  lostEvent: ({ seq }: { seq: number }) => `event ${seq} is no longer kept`,
  workerDied: ({ why }: { why: string }) => `the process that ran it ended: ${why}`,
  workerDeadline: ({ ms }: { ms: number }) => `it did not answer within ${ms} ms and was killed`,
  codeFailed: ({ why }: { why: string }) => why,
  noSuchReaction: ({ seq, reactor }: { seq: number; reactor: string }) =>
    `no dead letter of event ${seq} for the reactor '${reactor}'`,
  registryUnreachable: ({ url, why }: { url: string; why: string }) => `the registry ${url} gave no answer: ${why}`,
});

/** Mistakes in somebody's reactor file: trying the same again cannot help. */
export const permanent: ReadonlySet<string> = new Set([
  'TS_REACTOR_BAD_REACTION',
  'TS_REACTOR_BAD_TEMPLATE',
  'TS_REACTOR_BAD_YAML',
  'TS_REACTOR_LOST_EVENT',
]);
