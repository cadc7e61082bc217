import { systemClock, type Clock } from '../lib/clock.ts';
import { createDownloads } from '../lib/sources/downloads.ts';
import { createProcesses } from '../lib/system/processes.ts';
import type { ExternalParts } from './external.ts';

/** Milliseconds that all sources together may take: a pillar has ten seconds on a master. */
const ALL_MS = 8000;
const limits = { maxBytes: 16 * 1024 * 1024, idleMs: ALL_MS, totalMs: ALL_MS };

/** What the sources of one pillar work with, from now on: commands and web pages of the system itself. */
export function outsideWorld(clock: Clock = systemClock): ExternalParts {
  const until = clock.monotonic() + ALL_MS;
  return {
    processes: createProcesses({ root: '/', user: () => undefined, clock }),
    downloads: createDownloads(clock, limits),
    remainingMs: () => until - clock.monotonic(),
  };
}
