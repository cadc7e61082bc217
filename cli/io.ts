import { crashWithout } from '../lib/secrets/crash.ts';
import type { Redactor } from '../lib/secrets/redactor.ts';
import type { Input } from './input.ts';

/** The outside of a command line, handed in so that tests can hold both ends. */
export interface Io {
  /** Data for the caller. */
  out(text: string): void;
  /** Everything else: errors, notes, progress. */
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Columns of the terminal, 80 without one. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted on Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** What is typed or piped in; none where nothing can be. Loaded when it is asked for. */
  input?(): Promise<Input>;
  /** What ends the process unforeseen is told without these. */
  crashWithout?(secrets: Redactor): void;
}

/** What the process itself has. */
export function processIo(): Io {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  // Who reads no further (`| head`) has what was wanted: as the shell counts it, a process ended by SIGPIPE.
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') process.exit(141);
    throw cause;
  });
  // What is done goes on when nobody hears of it.
  process.stderr.on('error', () => {});
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    columns: [process.stdout.columns, process.stderr.columns].find((columns) => columns > 0) ?? 80,
    env: process.env,
    cwd: process.cwd(),
    interrupted: interrupt.signal,
    input: async () => (await import('./input.ts')).processInput,
    crashWithout,
  };
}
