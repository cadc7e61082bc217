import type { Tag } from '../ids.ts';
import type { Json, JsonMap } from '../json.ts';
import type { Limits } from './limits.ts';

/** When a job is due, apart from what puts it off or keeps it from running. */
export type Rhythm =
  | { readonly intervalMs: number }
  /** Cron lines with seconds first, in local time. */
  | { readonly lines: readonly string[] };

/** One job of Salt's `schedule:`, checked. All of it is plain data, so that two can be compared as JSON. */
export interface ScheduledJob {
  readonly name: string;
  readonly fun: string;
  readonly args: readonly Json[];
  readonly kwargs: JsonMap;
  readonly every: Rhythm;
  /** A run is put off by something between these, in milliseconds. */
  readonly splay: { readonly from: number; readonly to: number };
  readonly limits: Limits;
  /** Runs that are left out, and runs besides all others: cron lines of one date each. */
  readonly skips: readonly string[];
  readonly extras: readonly string[];
  /** Left out during the range, it runs once when that is over. */
  readonly runAfterSkip: boolean;
  /** Called in place of a run that is left out for a range or an explicit skip. */
  readonly skipFunction?: string;
  /** So many runs of it at once; one that would be more is left out. */
  readonly maxrunning: number;
  readonly enabled: boolean;
  readonly runOnStart: boolean;
  /** Only said in the log. */
  readonly dryRun: boolean;
  /** Whether its return goes to the master, to be `kept` among jobs, or in an `event` alone. */
  readonly returnJob: 'kept' | 'event' | 'no';
  /** Returners of the master that its return goes to. */
  readonly returners?: readonly string[];
  readonly metadata?: JsonMap;
  /** Its return is sent as the data of an event with this tag. */
  readonly event?: Tag;
}
