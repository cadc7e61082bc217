import type { Clock } from '../../lib/clock.ts';
import type { StatePlace } from '../../lib/contracts/state.ts';

/** How often a job tells where its state run is, in ms: a run that is over before tells nothing. */
export const PROGRESS_MS = 2000;

/** Passes on where a run is, once in a while: the last place of each while. */
export function nowAndThen(
  clock: Clock,
  pass: (place: StatePlace) => void,
): { tell(place: StatePlace): void; end(): void } {
  let latest: StatePlace | undefined;
  let passed = clock.monotonic();
  let cancel: (() => void) | undefined;

  function flush(): void {
    cancel?.();
    cancel = undefined;
    passed = clock.monotonic();
    if (latest) pass(latest);
    latest = undefined;
  }

  return {
    tell(place) {
      latest = place;
      const left = passed + PROGRESS_MS - clock.monotonic();
      // States that never wait leave no room for timers.
      if (left <= 0) flush();
      else cancel ??= clock.after(left, flush);
    },
    end() {
      latest = undefined;
      cancel?.();
    },
  };
}
