export interface Backoff {
  /** Milliseconds to wait before the next try. */
  next(): number;
  /** After a success: the next failure starts small again. */
  reset(): void;
}

/** Exponential back-off with full jitter: a wait is anything from a tenth of the current ceiling to the ceiling, which doubles. */
export function backoff(firstMs: number, longestMs: number, random: () => number = Math.random): Backoff {
  let ceiling = firstMs;
  return {
    next() {
      const wait = ceiling * (0.1 + 0.9 * random());
      ceiling = Math.min(ceiling * 2, longestMs);
      return wait;
    },
    reset() {
      ceiling = firstMs;
    },
  };
}
