import { dropOldest } from './drop-oldest.ts';
import type { Clock } from './clock.ts';

/** Whether to speak: true the first time in `everyMs` for that thing. Remembers the last 4,096 things. */
export function seldom(clock: Clock, everyMs: number): (thing: string) => boolean {
  const said = new Map<string, number>();
  return (thing) => {
    const now = clock.monotonic();
    if (now - (said.get(thing) ?? -Infinity) < everyMs) return false;
    said.delete(thing);
    said.set(thing, now);
    dropOldest(said, 4_096);
    return true;
  };
}
