import { systemClock, type Clock } from '../lib/clock.ts';
import { createDownloads } from '../lib/sources/downloads.ts';
import { createProcesses } from '../lib/system/processes.ts';
import type { ExternalParts } from './external.ts';

/** Milliseconds that all sources together may take: a pillar has ten seconds on a master, and a command two to clean up. */
const ALL_MS = 7000;
const MAX_BYTES = 16 * 1024 * 1024;

/** What the sources of one pillar work with, from now on: commands and web pages of the system itself. */
export function outsideWorld(clock: Clock = systemClock): ExternalParts {
  const until = clock.monotonic() + ALL_MS;
  const remainingMs = () => until - clock.monotonic();
  return {
    processes: createProcesses({ root: '/', user: () => undefined, clock }),
    downloads: {
      get(address, options) {
        // What those before it have left.
        const totalMs = Math.max(0, remainingMs());
        return createDownloads(clock, { maxBytes: MAX_BYTES, idleMs: totalMs, totalMs }).get(address, options);
      },
    },
    remainingMs,
  };
}
