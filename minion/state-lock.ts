import path from 'node:path';
import { sleep, type Clock } from '../lib/clock.ts';
import { jobErrors } from '../lib/errors/jobs.ts';
import type { Log } from '../lib/log.ts';
import { holderOf, tryLock, type Holder } from '../lib/process-lock.ts';

export interface StateLockOptions {
  /** The minion's `cachedir`: the lock is for everybody who manages this machine with that config. */
  readonly cachedir: string;
  /** What is to be run, for those who have to wait. */
  readonly fun: string;
  readonly jid: string;
  /** Waits for the one that runs now, however long it takes; else is refused. */
  readonly queue: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A state run may begin; or why it may not, in Salt's words. */
export type StateTurn = { readonly refused?: undefined; release(): void } | { readonly refused: string };

const LOOK_AGAIN_MS = 200;

/**
 * Waits until no other process runs states on this machine, telling the log for whom. A lock that a dead process left is
 * taken over. Raises `TS_JOB_STOPPED_WAITING` when `signal` is aborted first, and Node's error when the lock can't be made.
 */
export async function takeStateTurn(options: StateLockOptions): Promise<StateTurn> {
  const { cachedir, fun, jid, queue, clock, log, signal } = options;
  const file = lockFile(cachedir);
  let told: number | undefined;
  for (;;) {
    const attempt = tryLock(file, `${fun} ${jid}`);
    if (attempt.held) return attempt;
    const { holder } = attempt;
    const first = refusal(holder);
    if (!queue) return { refused: first };
    if (told !== holder.pid) log('warning', `${fun} waits: ${first}`);
    told = holder.pid;
    await sleep(clock, LOOK_AGAIN_MS);
    if (signal.aborted) throw jobErrors.stoppedWaiting({ fun, first });
  }
}

/** What runs states on this machine now, in Salt's words; undefined when nothing does. */
export function runningStates(cachedir: string): string | undefined {
  const holder = holderOf(lockFile(cachedir));
  return holder && refusal(holder);
}

const lockFile = (cachedir: string): string => path.join(cachedir, 'state-run.lock');

/** What Salt says of a second state run. */
function refusal({ pid, purpose }: Holder): string {
  const [fun = '', jid = ''] = purpose.split(' ');
  return `The function "${fun}" is running as PID ${pid} and was started at ${timeOf(jid)} with jid ${jid}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A jid as Salt prints its time: `2026, Nov 20 14:05:01.123456`. */
function timeOf(jid: string): string {
  const [, year, month, day, hour, minute, second, micro] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})$/.exec(jid) ?? [];
  if (micro === undefined) return 'an unknown time';
  return `${year}, ${months[Number(month) - 1]} ${day} ${hour}:${minute}:${second}.${micro}`;
}
