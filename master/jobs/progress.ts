import type { StatePlace } from '../../lib/contracts/state.ts';

/** Who is told where the state run of a job is. Nothing is kept: what nobody listens to is gone. */
export interface JobProgress {
  tell(jid: string, id: string, place: StatePlace): void;
  /** The result ends it. */
  listen(jid: string, listener: (id: string, place: StatePlace) => void): () => void;
}

export function jobProgress(): JobProgress {
  const listeners = new Map<string, Set<(id: string, place: StatePlace) => void>>();
  return {
    tell(jid, id, place) {
      for (const listener of listeners.get(jid) ?? []) listener(id, place);
    },
    listen(jid, listener) {
      const own = listeners.get(jid) ?? new Set();
      listeners.set(jid, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0) listeners.delete(jid);
      };
    },
  };
}
