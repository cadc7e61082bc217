import { spawnSync } from 'node:child_process';
import { surroundings } from './workplace.ts';

export interface Measured {
  readonly name: string;
  /** Wall milliseconds of each counted run, in order. */
  readonly runs: readonly number[];
}

export interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A run that takes longer is ended, and fails. */
  readonly limitMs?: number;
  /** Before each run, not timed: put things back as they have to be. */
  readonly prepare?: () => void;
  /** After each run, not timed: raises where it did not do its work. */
  readonly check?: () => void;
}

/** Milliseconds of one run. Raises when it fails: a figure of something that did not work is no figure. */
function timeOnce({ name, argv, env, limitMs, check }: Contender): number {
  const [file = '', ...args] = argv;
  const started = performance.now();
  const { status, error, stderr, stdout } = spawnSync(file, args, {
    env: { ...surroundings(), ...env },
    maxBuffer: 1 << 30,
    ...(limitMs !== undefined && { timeout: limitMs, killSignal: 'SIGKILL' }),
  });
  const took = performance.now() - started;
  if (error) throw error;
  if (status !== 0) {
    throw new Error(`${name} exited ${status}: ${String(stderr).slice(-500)}${String(stdout).slice(-500)}`);
  }
  check?.();
  return took;
}

/** Runs all in turn (A B C A B C ...), so that a change of the machine's mood hits all alike. One warm-up round. */
export function race(contenders: readonly Contender[], rounds: number): Measured[] {
  const runs = contenders.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      contender.prepare?.();
      const took = timeOnce(contender);
      if (round >= 0) runs[index]?.push(took);
    }
  }
  return contenders.map(({ name }, index) => ({ name, runs: runs[index] ?? [] }));
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The value that `part` (0 to 1) of the numbers do not exceed, between neighbours in proportion. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Median of `a`'s runs divided by `b`'s, pair by pair: by how much `b` is the faster. NaN where one of them did not run. */
export function ratio(all: readonly Measured[], a: string, b: string): number {
  const runsOf = (wanted: string) => all.find(({ name }) => name === wanted)?.runs;
  const [over, under] = [runsOf(a), runsOf(b)];
  return over && under ? median(over.map((run, index) => run / (under[index] ?? NaN))) : NaN;
}
