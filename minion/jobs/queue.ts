/** Lets state runs in one by one, in the order they came; others at once, up to `most` at a time. */
export interface JobQueue {
  /** Resolves to the job's result. `position` is told how many state runs are ahead when it has to wait. */
  run<T>(exclusive: boolean, work: () => Promise<T>): Promise<T>;
  readonly running: number;
  readonly waiting: number;
}

export function jobQueue(most: number): JobQueue {
  const waiting: { exclusive: boolean; start(): void }[] = [];
  let running = 0;
  let exclusiveRuns = false;

  function startNext(): void {
    for (const [index, next] of waiting.entries()) {
      if (running >= most) return;
      if (next.exclusive && exclusiveRuns) continue;
      waiting.splice(index, 1);
      next.start();
      return startNext();
    }
  }

  return {
    get running() {
      return running;
    },
    get waiting() {
      return waiting.length;
    },
    async run(exclusive, work) {
      await new Promise<void>((resolve) => {
        const start = (): void => {
          running += 1;
          if (exclusive) exclusiveRuns = true;
          resolve();
        };
        waiting.push({ exclusive, start });
        startNext();
      });
      try {
        return await work();
      } finally {
        running -= 1;
        if (exclusive) exclusiveRuns = false;
        startNext();
      }
    },
  };
}
