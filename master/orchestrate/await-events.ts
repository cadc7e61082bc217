import type { Clock } from '../../lib/clock.ts';
import type { AwaitStep } from '../../lib/contracts/orchestration.ts';
import type { BusEvent } from '../../lib/contracts/events.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { isMap } from '../../lib/json.ts';
import type { EventBus } from '../bus.ts';

/** When the waiting began: at which event, and at what time in ms since 1970. */
export interface Began {
  readonly event: number;
  readonly at: number;
}

/**
 * Waits until each id was in an event, or the time is up; gives those that were, in the order they came. All events since it
 * began count, also those before this call. Rejects when `signal` aborts.
 */
export async function awaitEvents(
  { tag, ids, field, timeout }: AwaitStep,
  began: Began,
  parts: { readonly bus: EventBus; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string[]> {
  const { bus, clock, signal } = parts;
  const matches = fnmatch(tag);
  const missing = new Set(ids);
  const deadline = began.at + timeout * 1000;
  let at = began.event;
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));

  function look({ seq, tag: its, data }: BusEvent): void {
    if (seq <= at) return;
    at = seq;
    if (!matches(its)) return;
    for (const id of valuesOf(data, field)) missing.delete(id);
    if (missing.size === 0) finish();
  }

  // New ones wait until the old ones are looked at.
  let waiting: BusEvent[] | undefined = [];
  const unsubscribe = bus.subscribe((event) => (waiting ? waiting.push(event) : look(event)));
  let cancel = (): void => {};
  try {
    for await (const event of bus.history(at)) {
      look(event);
    }
    for (const event of waiting) look(event);
    waiting = undefined;
    signal.throwIfAborted();
    const left = deadline - clock.now();
    if (missing.size > 0 && left > 0) {
      cancel = clock.after(left, finish);
      signal.addEventListener('abort', finish, { once: true });
      await finished;
      signal.throwIfAborted();
    }
  } finally {
    cancel();
    unsubscribe();
    signal.removeEventListener('abort', finish);
  }
  return ids.filter((id) => !missing.has(id));
}

/** What stands in the field: of the event's data, else of what a minion or `event.send` put in it. */
function valuesOf(data: BusEvent['data'], field: string): string[] {
  const inner = data['data'];
  const value = data[field] ?? (isMap(inner) ? inner[field] : undefined) ?? [];
  return [value].flat().map(String);
}
