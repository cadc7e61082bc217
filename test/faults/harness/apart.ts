import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Row } from './row.ts';
import type { Result } from './run.ts';

/** A run that is not over by then, in ms, is ended. */
export const LONGEST_RUN_MS = 300_000;

/**
 * Runs one row with one seed in a process of its own. It ends, whatever the cluster does: one that keeps no promise may leave
 * a question without an answer for ever. Nothing of it is left over.
 */
export async function runApart({ name }: Row, seed: number, longestMs = LONGEST_RUN_MS): Promise<Result> {
  const begun = performance.now();
  // Of its own group: it is ended with everything that it started.
  const child = fork(path.join(import.meta.dirname, 'run-child.js'), [name, String(seed)], { detached: true });
  const ended = once(child, 'exit');
  let result: Result | undefined;
  child.once('message', (told) => (result = told as Result));
  const over = new AbortController();
  const ending = await Promise.race([ended, delay(longestMs, undefined, { signal: over.signal })]);
  over.abort();
  endGroup(child.pid);
  await ended;
  if (result) return result;
  const why = ending ? `ended with ${String(ending[0] ?? ending[1])}` : `did not end within ${longestMs / 1000} s`;
  return {
    row: name,
    seed,
    wrong: [`the run ${why}`],
    asked: 0,
    acknowledged: 0,
    missed: [],
    ms: performance.now() - begun,
    kept: path.join(tmpdir(), `tsalt-faults-${name}-${seed}-*`),
  };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is there any more.
  }
}
