import path from 'node:path';
import { sleep, type Clock } from '../lib/clock.ts';
import { jobErrors } from '../lib/errors/jobs.ts';
import type { Log } from '../lib/log.ts';
import { holderOf, tryLock, type Attempt, type Holder } from '../lib/process-lock.ts';

export interface StateLockOptions {
  /** The minion's `cachedir`: the lock is for everybody who manages this machine with that config. */
  readonly cachedir: string;
  /** What is to be run, for those who have to wait. */
  readonly fun: string;
  readonly jid: string;
  /** Waits for the one that runs now, however long it takes; else is refused. */
  readonly queue: boolean;
  /** Waits for nobody and is not refused: it is done beside the one that runs now. Others wait for it, as for any. */
  readonly concurrent: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A state run may begin; or why it may not, in Salt's words. */
export type StateTurn = { readonly refused?: undefined; release(): void } | { readonly refused: string };

const LOOK_AGAIN_MS = 200;
/** Runs that are beside others. */
const MOST_BESIDE = 16;

/**
 * Waits until no other process runs states on this machine, telling the log for whom, unless it is to run beside them. A lock
 * that a dead process left is taken over. Raises `TS_JOB_STOPPED_WAITING` when `signal` is aborted first, and Node's error
 * when the lock can't be made.
 */
export async function takeStateTurn(options: StateLockOptions): Promise<StateTurn> {
  const { cachedir, fun, jid, queue, concurrent, clock, log, signal } = options;
  const tryTurn = concurrent ? turnBeside : turnAlone;
  let told: number | undefined;
  for (;;) {
    const attempt = tryTurn(cachedir, `${fun} ${jid}`);
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

/** What runs states on this machine now: a sentence for each, in Salt's words. */
export function runningStates(cachedir: string): readonly string[] {
  return holders([lockFile(cachedir), ...besideFiles(cachedir)]).map(refusal);
}

/** For a run that nobody else is beside. */
function turnAlone(cachedir: string, purpose: string): Attempt {
  const [holder] = holders(besideFiles(cachedir));
  return holder ? { held: false, holder } : tryLock(lockFile(cachedir), purpose);
}

/** For a run that minds nobody. Where too many do, it waits for one of them after all. */
function turnBeside(cachedir: string, purpose: string): Attempt {
  const [first = '', ...others] = besideFiles(cachedir);
  let attempt = tryLock(first, purpose);
  for (const file of others) if (!attempt.held) attempt = tryLock(file, purpose);
  return attempt;
}

const lockFile = (cachedir: string): string => path.join(cachedir, 'state-run.lock');
const besideFiles = (cachedir: string): string[] =>
  Array.from({ length: MOST_BESIDE }, (_, place) => path.join(cachedir, `state-run-beside-${place + 1}.lock`));

const holders = (files: readonly string[]): Holder[] => files.flatMap((file) => holderOf(file) ?? []);

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
