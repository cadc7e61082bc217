import type { Clock } from '../../lib/clock.ts';
import type { MinionEnding, MinionJob } from '../../lib/contracts/orchestration.ts';
import { inSlices } from '../../lib/slices.ts';
import type { Job, Jobs, Origin } from '../jobs/ledger.ts';
import type { Publisher } from '../publisher.ts';
import { MOST_ANSWER_BYTES, withinRoom } from './gist.ts';
import { jsonBytes } from '../../lib/json.ts';

/** How a job ended on one minion, without the return: that is in the ledger of jobs. */
export type KeptEnding = Omit<MinionEnding, 'return'> & { readonly jid: string };

export interface MinionJobsParts {
  readonly jobs: Jobs;
  readonly publisher: Publisher;
  /** Undefined while the minion is connected, else since when it is not, for a person. */
  readonly notConnected: (id: string) => string | undefined;
  readonly clock: Clock;
}

export interface PublishHow {
  /** Published once for this key: again, it is the job that is there. */
  readonly once: string;
  readonly user: string;
  readonly origin: Origin;
  /** Seconds that minions have to take it where the job does not say. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** Seconds that the connection to a minion may be gone before nobody waits for a job that it has taken. */
const GONE_SECONDS = 60;

/**
 * Publishes a job, in batches where it says so, and tells how it ended on each minion. After a batch in which more have
 * failed than may, the others are not begun. Rejects when `signal` aborts.
 */
export async function runOnMinions(
  job: MinionJob,
  how: PublishHow,
  parts: MinionJobsParts,
): Promise<readonly KeptEnding[]> {
  const { tgt, tgt_type, fun, arg, kwarg, timeout = how.timeoutSeconds, tolerated, forgiven } = job;
  const resolved = parts.publisher.resolve(
    { tgt, tgt_type, fun, arg, kwarg },
    { user: how.user, takeWithinMs: timeout * 1000 },
  );
  const unknown = resolved.missing.map((id) => silent('', id, 'no accepted minion has this id'));
  const endings = new Map<string, KeptEnding>();
  const size = batchSize(job.batch, resolved.minions.length);
  for (let number = 0; ; number++) {
    const rest = resolved.minions.filter((id) => !endings.has(id));
    if (rest.length === 0) break;
    const all = [...unknown, ...endings.values()];
    const failures = all.filter(({ id, success }) => !success && !forgiven.includes(id)).length;
    if (number > 0 && failures > tolerated) {
      for (const id of rest) endings.set(id, silent('', id, 'its batch was not begun, since others had failed'));
      break;
    }
    const made = await parts.publisher.publish(
      { ...resolved, minions: rest.slice(0, size) },
      { once: `${how.once} ${number}`, origin: how.origin },
    );
    await Promise.all(made.minions.map(async (id) => endings.set(id, await ending(made, id, how.signal, parts))));
  }
  return [...unknown, ...endings.values()];
}

/**
 * The endings with the returns, which are read one after the other: of a thousand minions they may be larger than memory.
 * Where they come to more than `most` bytes of JSON, each has its share of them, and of one that is larger there is the gist.
 */
export async function withReturns(
  endings: readonly KeptEnding[],
  jobs: Jobs,
  most = MOST_ANSWER_BYTES,
): Promise<readonly MinionEnding[]> {
  const whole: { readonly jid: string; readonly ending: MinionEnding }[] = [];
  const shared: MinionEnding[] = [];
  const share = Math.floor(most / endings.length);
  const pause = inSlices();
  let left = most;
  for (const { jid, ...ended } of endings) {
    const data = ended.answered ? await jobs.returnOf(jid, ended.id) : undefined;
    const reason = ended.answered ? 'its return is no longer kept' : ended.reason;
    const ending = data
      ? { ...ended, return: data['return'] ?? null }
      : { ...ended, answered: false, success: false, reason, return: null };
    whole.push({ jid, ending });
    if (left >= 0) left -= jsonBytes(ending.return);
    if (left < 0) shared.push(...whole.splice(0).map((one) => inShare(one.ending, share, one.jid)));
    await pause();
  }
  return [...shared, ...whole.map(({ ending }) => ending)];
}

function inShare(ending: MinionEnding, share: number, jid: string): MinionEnding {
  const where = `the rest is too large to be told here: jobs.lookup_jid ${jid}`;
  return { ...ending, return: withinRoom(ending.return, share, where) };
}

function batchSize(batch: string | undefined, of: number): number {
  if (batch === undefined) return of;
  const number = Number.parseInt(batch, 10);
  return Math.max(1, batch.endsWith('%') ? Math.floor((number * of) / 100) : number);
}

function silent(jid: string, id: string, reason: string): KeptEnding {
  return { jid, id, answered: false, reason, success: false, retcode: 1 };
}

/** Waits for one minion: that it does not take the job in time, the ledger of jobs notices. */
async function ending(job: Job, id: string, signal: AbortSignal, parts: MinionJobsParts): Promise<KeptEnding> {
  const { jobs, notConnected, clock } = parts;
  const { jid } = job;
  const over = new AbortController();
  let goneFor = 0;
  let cancel = clock.after(1000, watch);
  try {
    const outcome = await jobs.over(jid, id, AbortSignal.any([signal, over.signal]));
    if (outcome.state === 'returned')
      return { jid, id, answered: true, success: outcome.success === true, retcode: outcome.retcode ?? 1 };
    const away = outcome.state === 'expired' ? notConnected(id) : undefined;
    return silent(jid, id, away === undefined ? (outcome.reason ?? '') : `it is not connected (${away})`);
  } catch (cause) {
    if (!over.signal.aborted || signal.aborted) throw cause;
    return silent(jid, id, 'the connection was lost while it ran');
  } finally {
    cancel();
  }

  function watch(): void {
    const isTaken = jobs.pair(jid, id)?.state !== 'queued';
    goneFor = isTaken && notConnected(id) !== undefined ? goneFor + 1 : 0;
    if (goneFor > GONE_SECONDS) over.abort();
    else cancel = clock.after(1000, watch);
  }
}
