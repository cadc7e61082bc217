import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { tryLock } from '../../lib/process-lock.ts';
import { point, removeOld } from './layout.ts';
import { readLink, readPending, watcherLock, writeRecord } from './record.ts';
import { serviceOf } from './service.ts';
import { watchUpgrade } from './watch.ts';

export interface SeeThroughOptions {
  readonly root: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sees the upgrade that is under way to its end, unless another process does; then removes the versions that are too old. */
export async function seeUpgradeThrough({ root, clock, log }: SeeThroughOptions): Promise<void> {
  const lock = tryLock(watcherLock(root), 'upgrade');
  if (!lock.held) return;
  try {
    const pending = readPending(root);
    if (!pending) return;
    await watchUpgrade({
      ...serviceOf(root, pending.service, clock),
      read: () => readPending(root),
      write: (record) => writeRecord(root, record),
      point: (name) => point(root, 'current', name),
      link: () => readLink(root),
      clock,
      log,
    });
    for (const name of removeOld(root)) log('info', 'an old version was removed', { name });
  } finally {
    lock.release();
  }
}
