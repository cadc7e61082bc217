import type { Clock } from '../lib/clock.ts';
import type { RunWatcher, StatePlace } from '../lib/contracts/state.ts';
import type { Io } from './io.ts';
import { liveLine } from './live-line.ts';
import { coloursFor } from './output/colour.ts';
import { outcomeOf } from './output/outcome.ts';
import { brief } from './output/text.ts';

/** Shows on stderr where a state run is: in a line that is gone at the end, or a line for each state that ended. */
export interface RunProgress extends Required<RunWatcher> {
  /** Prints something else on stderr. */
  err(text: string): void;
  end(): void;
}

/** Longest name of a state that is shown, in characters. */
const MOST_NAME = 60;

/** `asLines`: a line for each state; else one line, on a terminal only. */
export function runProgress(io: Io, clock: Clock, asLines: boolean): RunProgress {
  const live = liveLine(io, clock);
  const colours = coloursFor({ outIsTerminal: io.errIsTerminal, env: io.env });
  let failed = 0;
  return {
    began(place) {
      if (asLines) return;
      const since = clock.monotonic();
      const failures = failed === 0 ? '' : `, ${failed} failed`;
      live.show(() => `[${numberOf(place)}${failures}] ${placeOf(place)} ${seconds(clock.monotonic() - since)}`);
    },
    ended(state, place) {
      if (state.result === false) failed++;
      if (!asLines) return;
      const [word, paint] = outcomeOf(state, colours);
      io.err(`[${numberOf(place)}] ${placeOf(place)}: ${paint(word)}, ${state.duration} ms\n`);
    },
    err(text) {
      live.clear();
      io.err(text);
    },
    end: () => live.end(),
  };
}

/** `3/120` */
export function numberOf({ number, total }: Pick<StatePlace, 'number' | 'total'>): string {
  return `${number + 1}/${total}`;
}

/** `file.managed /etc/motd` */
export function placeOf({ fun, name }: Pick<StatePlace, 'fun' | 'name'>): string {
  return `${brief(fun, MOST_NAME)} ${brief(name, MOST_NAME)}`;
}

/** `2.3 s`, `4 min 10 s` */
export function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}
