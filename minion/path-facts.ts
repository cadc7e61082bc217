import { lstatSync, statSync } from 'node:fs';
import type { PathFacts } from '../lib/contracts/beacon.ts';

/** How a path, or what it leads to through links, stands on this machine; undefined when there is nothing. */
export function factsAt(path: string, followed = false): PathFacts | undefined {
  const stats = (followed ? statSync : lstatSync)(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  return { isDirectory: stats.isDirectory(), identity: `${dev}:${ino}`, size, mtimeMs, ctimeMs };
}
