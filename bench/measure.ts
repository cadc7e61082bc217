import { spawnSync } from 'node:child_process';

export interface Measured {
  readonly name: string;
  /** Wall milliseconds of each counted run, in order. */
  readonly runs: readonly number[];
}

export interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Before each run, not timed: put things back as they have to be. */
  prepare?(): void;
  /** Exit codes that are no failure. */
  readonly fine?: readonly number[];
}

/** Milliseconds of one run. Raises when it fails: a figure of something that did not work is no figure. */
function timeOnce({ name, argv, env, fine = [0] }: Contender): number {
  const [file = '', ...args] = argv;
  const started = performance.now();
  const { status, error, stderr, stdout } = spawnSync(file, args, {
    env: { ...process.env, ...env },
    maxBuffer: 1 << 30,
  });
  const took = performance.now() - started;
  if (error) throw error;
  if (!fine.includes(status ?? -1)) {
    throw new Error(`${name} exited ${status}: ${String(stderr).slice(-500)}${String(stdout).slice(-500)}`);
  }
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
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** Median of `a`'s runs divided by `b`'s, pair by pair. */
export function ratio(a: Measured, b: Measured): number {
  return median(a.runs.map((run, index) => run / (b.runs[index] ?? NaN)));
}
