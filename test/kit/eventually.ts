import { setTimeout as delay } from 'node:timers/promises';

/** How long a test waits for what has to come; what has to fail need not wait so long. */
export const patienceMs = Number(process.env['TSALT_TEST_PATIENCE_MS'] ?? 60_000);

/**
 * Asks until the answer is neither undefined nor false, and gives it. Fails after `deadlineMs` with the question's source,
 * or with the error that asking ended in.
 */
export async function eventually<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = patienceMs,
): Promise<T> {
  for (const late = performance.now() + deadlineMs; ; await delay(25)) {
    const isLate = performance.now() > late;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (cause) {
      if (isLate) throw cause;
    }
    if (isLate) throw new Error(`not within ${deadlineMs} ms: ${ask.toString()}`);
  }
}
