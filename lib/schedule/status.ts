/** Why a job that was due did not run, in Salt's words. */
export type SkipReason =
  | 'not_in_range'
  | 'in_skip_range'
  | 'skip_explicit'
  | 'until_passed'
  | 'after_not_passed'
  | 'maxrunning'
  | 'disabled';

/** What the runs of a job came to. */
export interface Tally {
  running: number;
  runs: number;
  failed: number;
  /** Left out for a limit of its own, or because `maxrunning` runs of it were still under way. */
  skipped: number;
  /** Passed by while this process could not run (suspended, stopped), or leapt over by the clock. */
  missed: number;
  /** Milliseconds since 1970. */
  lastRun?: number;
  lastSkip?: { readonly reason: SkipReason; readonly at: number };
}

/** How a job is doing. */
export interface JobStatus extends Readonly<Tally> {
  readonly name: string;
  readonly fun: string;
  readonly enabled: boolean;
  /** Milliseconds since 1970, by the clock as it is now; undefined when it is not due again. */
  readonly next?: number;
}
