import { backoff } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { Log } from '../../lib/log.ts';
import { isOver, type LinkNote, type UpgradeRecord } from './record.ts';

/** What an upgrade is done with. */
export interface WatchParts {
  /** The upgrade that is under way; undefined when there is none any more. */
  readonly read: () => UpgradeRecord | undefined;
  /** Returns once it is on the disk. */
  readonly write: (record: UpgradeRecord) => Promise<void>;
  /** Leads `current` to a version. */
  readonly point: (name: string) => Promise<void>;
  /** Ends the minion that runs, and starts what `current` leads to, which was `before`. */
  readonly restart: (before: string, now: string) => Promise<void>;
  /** Why the minion that was started will come to nothing; undefined while it may. */
  readonly trouble: () => Promise<string | undefined>;
  /** What the new version says of its link. */
  readonly link: () => LinkNote | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_AGAIN_MS = 500;
/** A new version that takes the machine down with it is not tried for ever. */
const MOST_ATTEMPTS = 3;

/**
 * Does the steps of an upgrade from wherever it is, and gives how it ended; undefined when there is none. Each step may be
 * done again: whoever is interrupted, by a power cut, say, begins with the step that was under way.
 */
export async function watchUpgrade(parts: WatchParts): Promise<UpgradeRecord | undefined> {
  for (;;) {
    const record = parts.read();
    if (!record) return undefined;
    if (isOver(record)) {
      await parts.write(record);
      return record;
    }
    const next = await step(record, parts);
    parts.log(next.stage === 'undoing' ? 'warning' : 'info', `upgrade: ${next.stage}`, {
      to: next.to,
      ...(next.reason !== '' && { reason: next.reason }),
    });
    // Another installer may have ended it meanwhile.
    if (parts.read()?.jid !== record.jid) return undefined;
    await parts.write(next);
    if (isOver(next)) return next;
  }
}

async function step(record: UpgradeRecord, parts: WatchParts): Promise<UpgradeRecord> {
  const { from, to, stage } = record;
  if (stage === 'begun') {
    await parts.point(to);
    return { ...record, stage: 'trying' };
  }
  if (stage === 'trying') {
    const attempts = record.attempts + 1;
    if (attempts > MOST_ATTEMPTS)
      return {
        ...record,
        stage: 'undoing',
        reason: `it was interrupted ${MOST_ATTEMPTS} times before it was confirmed`,
      };
    await parts.write({ ...record, attempts });
    const reason = await whyNot(record, parts);
    return reason === undefined
      ? { ...record, attempts, stage: 'upgraded' }
      : { ...record, attempts, stage: 'undoing', reason };
  }
  await parts.point(from);
  await startAgain(to, from, parts);
  return { ...record, stage: 'rolled-back' };
}

/** Starts the new version, and waits for its word that the master has accepted it; else says what was the matter. */
async function whyNot(
  { jid, from, to, confirmSeconds }: UpgradeRecord,
  { restart, trouble, link, clock }: WatchParts,
): Promise<string | undefined> {
  const told = (): LinkNote | undefined => {
    const note = link();
    return note?.jid === jid && note.by === to ? note : undefined;
  };
  const isConfirmed = (): boolean => told()?.state === 'accept';
  if (isConfirmed()) return undefined;
  try {
    await restart(from, to);
  } catch (cause) {
    return `it could not be started: ${messageOf(cause)}`;
  }
  for (const late = clock.monotonic() + confirmSeconds * 1000; ; await sleep(clock, LOOK_AGAIN_MS)) {
    if (isConfirmed()) return undefined;
    const why = await trouble();
    if (why !== undefined && !isConfirmed()) return why;
    if (clock.monotonic() < late) continue;
    const note = told();
    const last = note ? `; it said: ${note.state}${note.reason === '' ? '' : `, ${note.reason}`}` : '';
    return `the master had not accepted it after ${confirmSeconds} s${last}`;
  }
}

/** The old version has to run again, however often it takes. */
async function startAgain(before: string, now: string, { restart, clock, log }: WatchParts): Promise<void> {
  for (const waits = backoff(1000, 30_000); ; await sleep(clock, waits.next())) {
    try {
      return await restart(before, now);
    } catch (cause) {
      log('error', 'the old version could not be started and is tried again', { reason: messageOf(cause) });
    }
  }
}
