import type { Clock } from '../../lib/clock.ts';

/** Does what minions ask for, of each of them one thing at a time. The work says what it has cost of the master's time, in ms. */
export interface Turns {
  readonly take: <T>(id: string, work: (cost: (ms: number) => void) => T | Promise<T>) => Promise<T>;
  /** How many wait for their turn. */
  waiting(): number;
}

/** A minion that keeps the master busy waits so many times as long before its next turn: it gets a tenth of the master. */
const REST = 9;
const LONGEST_REST_MS = 10_000;

/** How many wait is bounded by how many questions a session may have under work. */
export function turns(clock: Clock): Turns {
  const last = new Map<string, Promise<void>>();
  let waiting = 0;

  async function take<T>(id: string, work: (cost: (ms: number) => void) => T | Promise<T>): Promise<T> {
    const before = last.get(id);
    let over: () => void = () => {};
    const turn = new Promise<void>((resolve) => (over = resolve));
    last.set(id, turn);
    waiting++;
    await before;
    waiting--;
    let spent = 0;
    try {
      return await work((ms) => void (spent += ms));
    } finally {
      clock.after(Math.min(LONGEST_REST_MS, REST * spent), () => {
        if (last.get(id) === turn) last.delete(id);
        over();
      });
    }
  }

  return { take, waiting: () => waiting };
}
