import type { Io } from './io.ts';

/** A verb's file: its default export runs it and gives the exit code. Errors that are the user's are thrown. */
export interface VerbFile {
  readonly default: (argv: readonly string[], io: Io) => Promise<number>;
}

export interface Verb {
  /** One line of `tsalt --help`. */
  readonly summary: string;
  /** A verb's file is read only when it is asked for: starting up has to be quick. */
  load(): Promise<VerbFile>;
}

/** Every verb of the command line, in the order of `tsalt --help`. */
export const verbs: Readonly<Record<string, Verb>> = {
  call: { summary: 'run a function on this machine', load: () => import('./call.ts') },
  check: { summary: 'check files without touching anything', load: () => import('./check.ts') },
};
