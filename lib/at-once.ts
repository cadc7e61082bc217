/** Runs work, so much of it at once; what is more waits its turn, first come, first served. */
export function atOnce(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async (work) => {
    if (busy >= most) await new Promise<void>((resolve) => void waiting.push(resolve));
    else busy++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Its place is handed on.
      if (next) next();
      else busy--;
    }
  };
}
