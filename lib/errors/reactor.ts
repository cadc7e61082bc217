import { catalogue } from './error.ts';

export const reactorErrors = catalogue('TS_REACTOR', {
  unknownBuiltin: ({ name }: { name: string }) => `there is no built-in reactor '${name}'`,
  unknownKind: ({ file }: { file: string }) =>
    `${file} is no reactor: it is 'builtin:<name>', a YAML file '<path>.sls', or code '<path>.ts', '<path>.js' or '<path>.mjs'`,
  unreadableFile: ({ file, why }: { file: string; why: string }) => `the reactor file ${file} cannot be read: ${why}`,
  badReaction: ({ what }: { what: string }) => what,
  badCode: ({ file, why }: { file: string; why: string }) => `the reactor ${file} does not load: ${why}`,
  timeout: ({ ms }: { ms: number }) => `the reaction was not done after ${ms} ms`,
  over: () => 'this reaction is over: it can do nothing more',
  answerTooLong: ({ key, bytes, most }: { key: string; bytes: number; most: number }) =>
    `with the answer of once '${key}' the answers of this reaction take ${bytes} bytes, of at most ${most}: keep what is long elsewhere, and answer where it is`,
  lostEvent: ({ seq }: { seq: number }) => `event ${seq} is no longer kept`,
  workerDied: ({ why }: { why: string }) => `the process that ran it ended: ${why}`,
  workerDeadline: ({ ms }: { ms: number }) => `it did not answer within ${ms} ms and was killed`,
  codeFailed: ({ why }: { why: string }) => why,
  noSuchReaction: ({ seq, reactor }: { seq: number; reactor: string }) =>
    `no dead letter of event ${seq} for the reactor '${reactor}'`,
  registryUnreachable: ({ url, why }: { url: string; why: string }) => `the registry ${url} gave no answer: ${why}`,
});

/** Mistakes in somebody's reactor file, or of an event in it: trying the same again cannot help, or does again what is done. */
export function isPermanent(code: string): boolean {
  return (
    /^TS_(?:TEMPLATE|YAML|MODULE|RUNNER|TARGET)_/.test(code) ||
    code === 'TS_REACTOR_BAD_REACTION' ||
    code === 'TS_REACTOR_ANSWER_TOO_LONG' ||
    code === 'TS_REACTOR_LOST_EVENT'
  );
}
