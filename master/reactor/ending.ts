/** The end of one attempt at a delivery, for those who work for it. */
export interface Ending {
  isOver(): boolean;
  /** Aborted when it is over. */
  signal(): AbortSignal;
  end(): void;
}

/** `reason`: what the signal says. The signal is made for the first who asks: most reactions never do, and it costs as much as the rest of one. */
export function ending(reason: Error): Ending {
  let over = false;
  let controller: AbortController | undefined;
  return {
    isOver: () => over,
    signal() {
      controller ??= new AbortController();
      if (over) controller.abort(reason);
      return controller.signal;
    },
    end() {
      over = true;
      controller?.abort(reason);
    },
  };
}
