import type { Pair } from './ledger.ts';

interface Waiter {
  readonly isDone: (pair: Pair) => boolean;
  resolve(pair: Pair): void;
}

export interface JobWaiters {
  /**
   * Resolves with the pair as soon as `isDone` says so; with undefined at once when `now` gives none. Rejects with the
   * signal's reason when it aborts.
   */
  until(
    jid: string,
    id: string,
    isDone: (pair: Pair) => boolean,
    now: () => Pair | undefined,
    signal: AbortSignal,
  ): Promise<Pair | undefined>;
  changed(jid: string, id: string, pair: Pair): void;
}

/** Those who wait for a job to get somewhere at a minion. */
export function jobWaiters(): JobWaiters {
  const waiting = new Map<string, Set<Waiter>>();
  return {
    async until(jid, id, isDone, now, signal) {
      signal.throwIfAborted();
      const pair = now();
      if (!pair || isDone(pair)) return pair;
      const key = `${jid}/${id}`;
      return new Promise<Pair>((resolve, reject) => {
        const all = waiting.get(key) ?? new Set();
        waiting.set(key, all);
        const leave = () => {
          all.delete(waiter);
          if (all.size === 0) waiting.delete(key);
          signal.removeEventListener('abort', abort);
        };
        const abort = () => {
          leave();
          reject(signal.reason as Error);
        };
        const waiter: Waiter = {
          isDone,
          resolve(done) {
            leave();
            resolve(done);
          },
        };
        all.add(waiter);
        signal.addEventListener('abort', abort);
      });
    },
    changed(jid, id, pair) {
      // A set may lose members while it is gone through.
      for (const waiter of waiting.get(`${jid}/${id}`) ?? []) if (waiter.isDone(pair)) waiter.resolve(pair);
    },
  };
}
