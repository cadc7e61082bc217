import type { Io } from './io.ts';

/** A verb's file: its default export runs it and gives the exit code. Errors that are the user's are thrown. */
export interface VerbFile {
  readonly default: (argv: readonly string[], io: Io) => Promise<number>;
}

export interface Verb {
  /** One line of `tsalt --help`; what has none is not for people. */
  readonly summary?: string;
  /** A verb's file is read only when it is asked for: starting up has to be quick. */
  load(): Promise<VerbFile>;
}

/** Every verb of the command line, in the order of `tsalt --help`. */
export const verbs: Readonly<Record<string, Verb>> = {
  call: { summary: 'run a function on this machine', load: () => import('./call.ts') },
  exec: { summary: "run a function on minions; short: tsalt 'web*' test.ping", load: () => import('./exec.ts') },
  key: { summary: "list, accept, reject and delete minions' keys", load: () => import('./key.ts') },
  run: { summary: 'run a function of the master, such as jobs.list', load: () => import('./run.ts') },
  operator: {
    summary: "make an operator's key; have the master read who its operators are",
    load: () => import('./operator.ts'),
  },
  event: { summary: 'watch events, or send one', load: () => import('./event.ts') },
  master: { summary: 'run the master', load: () => import('./master.ts') },
  minion: { summary: 'run a minion', load: () => import('./minion.ts') },
  'user-data': {
    summary: 'make the script that turns a fresh machine into a minion',
    load: () => import('./user-data.ts'),
  },
  demo: { summary: 'show the whole story on this machine', load: () => import('./demo/main.ts') },
  doctor: { summary: 'say what is wrong with this installation', load: () => import('./doctor.ts') },
  worker: { load: () => import('./worker.ts') },
  'upgrade-watch': { load: () => import('./upgrade-watch.ts') },
  check: { summary: 'check files without touching anything', load: () => import('./check.ts') },
  pillar: { summary: 'seal values for pillar files', load: () => import('./pillar.ts') },
  schema: { summary: 'print JSON Schemas, for editors', load: () => import('./schema.ts') },
};
