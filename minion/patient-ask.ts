import { sleep, type Clock } from '../lib/clock.ts';
import { TsaltError } from '../lib/errors/error.ts';
import type { JsonMap } from '../lib/json.ts';

type Ask = (question: string, body: JsonMap) => Promise<JsonMap>;

export interface Patience {
  readonly clock: Clock;
  /** Aborted: nothing is waited for any longer. */
  readonly signal: AbortSignal;
  /** Longest wait for the master to come back, in ms. */
  readonly forMs?: number;
}

const FOR_MS = 5 * 60 * 1000;
const LOOK_AGAIN_MS = 200;
const passing = new Set(['TS_WIRE_NO_SESSION', 'TS_WIRE_TIMEOUT']);

/**
 * Asks the master as `ask` does, and again while it is away: a job that needs its states, files or pillar outlives the
 * master's restart. A question changes nothing, so asking it twice is safe. Raises what `ask` raised last.
 */
export function patientAsk(ask: Ask, { clock, signal, forMs = FOR_MS }: Patience): Ask {
  return async (question, body) => {
    for (const late = clock.monotonic() + forMs; ; await sleep(clock, LOOK_AGAIN_MS)) {
      try {
        return await ask(question, body);
      } catch (thrown) {
        const mayPass = thrown instanceof TsaltError && passing.has(thrown.code);
        if (!mayPass || signal.aborted || clock.monotonic() > late) throw thrown;
      }
    }
  };
}
