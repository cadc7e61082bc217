import type { Clock } from '../../lib/clock.ts';
import type { OpenReturner } from '../../lib/contracts/returner.ts';
import { asText, isMap, type Json } from '../../lib/json.ts';
import type { Log, LogLevel } from '../../lib/log.ts';
import { keptChild } from '../../lib/system/child/kept.ts';
import type { OwnCode } from '../own-code.ts';
import { poolProgram } from './programs.ts';

export interface ApartReturnerOptions {
  /** An operator's file, one of the state tree, or the name of one that comes with tsalt. */
  readonly of: { readonly file: string } | { readonly code: OwnCode } | { readonly kind: string };
  /** As config calls it. */
  readonly name: string;
  readonly settings: Json;
  /** Salt's id of the master. */
  readonly master: string;
  /** Milliseconds that one batch may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const openMs = 30_000;
/** A process that is told to give a batch up, and has not after so many ms, is killed. */
const graceMs = 2_000;

/**
 * A returner in a process of its own, which is started again when it dies. One that does not end when its time is up is killed.
 * Raises `TS_RETURNER_BAD_CODE`.
 */
export async function apartReturner(options: ApartReturnerOptions): Promise<OpenReturner> {
  const { of, name, settings, master, timeoutMs, clock, log } = options;
  const { living, current } = keptChild(
    { program: poolProgram('returner-child'), clock, log, answer },
    async (fresh) => {
      // All of it is plain data.
      await fresh.ask('open', { ...of, name, settings, master } as unknown as Json, openMs);
    },
  );

  await living();
  return {
    async send(events, signal) {
      const process = await living();
      signal.throwIfAborted();
      const abort = (): void => void process.ask('abort', null, graceMs).catch(() => {});
      signal.addEventListener('abort', abort, { once: true });
      try {
        await process.ask('send', events as unknown as Json, timeoutMs + graceMs);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    async close() {
      const process = await current();
      await process?.ask('close', null, graceMs).catch(() => {});
      process?.kill();
    },
  };

  async function answer(what: string, said: Json): Promise<Json | undefined> {
    if (what !== 'log' || !isMap(said)) throw new RangeError(`not answered here: ${what}`);
    const { level, message, facts } = said;
    const levels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];
    const more = isMap(facts) && Object.keys(facts).length > 0 ? { facts: asText(facts).slice(0, 1_000) } : {};
    log(levels.find((one) => one === level) ?? 'info', asText(message).slice(0, 1_000), more);
    return null;
  }
}
