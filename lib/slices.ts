import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work goes on for so many ms before others have their turn. */
const SLICE_MS = 5;

/** Lets others have their turn, when this has gone on for a while since they had it last. */
export type Pause = () => Promise<void> | undefined;

/** For work of many small parts: what is awaited between them keeps the process able to answer. */
export function inSlices(monotonic: () => number = () => performance.now()): Pause {
  let since = monotonic();
  return () => {
    if (monotonic() - since < SLICE_MS) return undefined;
    return nextTurn().then(() => void (since = monotonic()));
  };
}
