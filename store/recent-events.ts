import type { JsonMap } from '../lib/json.ts';

/** What was recorded last, for whoever asks for it right away: most returns are read once, as soon as they are there. */
export interface RecentEvents {
  keep(number: number, event: JsonMap, bytes: number): void;
  get(number: number): JsonMap | undefined;
}

/** Keeps events of at most so many bytes, by what they take on disk; the oldest go first. */
export function recentEvents(most = 1024 * 1024): RecentEvents {
  const kept = new Map<number, { readonly event: JsonMap; readonly bytes: number }>();
  let sum = 0;
  return {
    keep(number, event, bytes) {
      kept.set(number, { event, bytes });
      sum += bytes;
      for (const [oldest, { bytes: freed }] of kept) {
        if (sum <= most) return;
        kept.delete(oldest);
        sum -= freed;
      }
    },
    get: (number) => kept.get(number)?.event,
  };
}
