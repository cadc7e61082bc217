/** Work in lanes: one after the other within a lane, lanes beside each other, at most so many at a time. */
export interface Lanes<T> {
  push(lane: string, item: T): void;
  /** Items waiting or being worked on. */
  size(): number;
  /** Items being worked on. */
  running(): number;
}

/**
 * `work` calls `leave` when its item waits for something (a retry) and others may have its place; its lane stays closed
 * until the promise is done. `work` never rejects.
 */
export function lanes<T>(
  atOnce: number,
  work: (item: T, place: Place) => Promise<void>,
  afterEach: () => void = () => {},
): Lanes<T> {
  const queues = new Map<string, T[]>();
  const ready: string[] = [];
  let head = 0;
  let size = 0;
  let running = 0;

  /** Items that left their place and want one again; they go first. */
  const returning: (() => void)[] = [];

  const start = (lane: string) => {
    const item = queues.get(lane)?.[0];
    if (item === undefined) return;
    let held = true;
    running++;
    const place: Place = {
      leave() {
        if (!held) return;
        held = false;
        running--;
        fill();
      },
      async enter() {
        if (held) return;
        await new Promise<void>((resolve) => {
          returning.push(resolve);
          fill();
        });
        held = true;
      },
    };
    void work(item, place).then(() => finish(lane, place));
  };
  const finish = (lane: string, place: Place) => {
    size--;
    const queue = queues.get(lane);
    queue?.shift();
    if (!queue || queue.length === 0) queues.delete(lane);
    else ready.push(lane);
    place.leave();
    fill();
    afterEach();
  };
  const fill = () => {
    while (running < atOnce && returning.length > 0) {
      running++;
      returning.shift()?.();
    }
    while (running < atOnce && head < ready.length) {
      const lane = ready[head++];
      if (lane !== undefined) start(lane);
    }
    if (head > 1_000 || head === ready.length) {
      ready.splice(0, head);
      head = 0;
    }
  };
  return {
    push(lane, item) {
      size++;
      const queue = queues.get(lane);
      if (queue) {
        queue.push(item);
        return;
      }
      queues.set(lane, [item]);
      ready.push(lane);
      fill();
    },
    size: () => size,
    running: () => running,
  };
}

export interface Place {
  /** Lets another item run in this one's stead. */
  leave(): void;
  /** Resolves when it has a place again. */
  enter(): Promise<void>;
}
