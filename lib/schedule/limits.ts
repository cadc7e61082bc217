import type { Moment } from './moment.ts';
import { timesOf, type Times } from './times.ts';
import type { SkipReason } from './status.ts';

/** From one moment to another, both included. */
export interface Window {
  readonly start: Moment;
  readonly end: Moment;
}

/** When a job must not run though it is due. */
export interface Limits {
  /** Only in there; `invert`: only outside. */
  readonly range?: Window & { readonly invert: boolean };
  readonly skipDuring?: Window;
  /** A date, or a time of each day: before it. */
  readonly until?: Moment;
  readonly after?: Moment;
}

export interface Gate {
  /** Why nothing may run at that moment (milliseconds since 1970); undefined when it may. */
  reason(ms: number): SkipReason | undefined;
  /** When the time in which it is skipped is over that holds at this moment. */
  skipEnds(ms: number): number;
}

/** Watches a job's limits. */
export function gateOf({ range, skipDuring, until, after }: Limits, zone?: string): Gate {
  const ranged = range && windowOf(range, zone);
  const skipped = skipDuring && windowOf(skipDuring, zone);
  const isOver = until && passed(until, zone);
  const isBegun = after && passed(after, zone);
  return {
    reason(ms) {
      if (range && ranged && ranged.holds(ms) === range.invert) return range.invert ? 'in_skip_range' : 'not_in_range';
      if (skipped?.holds(ms) === true) return 'in_skip_range';
      if (isOver?.(ms) === true) return 'until_passed';
      if (isBegun?.(ms) === false) return 'after_not_passed';
      return undefined;
    },
    skipEnds: (ms) => skipped?.ends(ms) ?? Number.POSITIVE_INFINITY,
  };
}

function windowOf({ start, end }: Window, zone?: string): { holds(ms: number): boolean; ends(ms: number): number } {
  const [starts, ends] = [timesOf([start.line], zone), timesOf([end.line], zone)];
  const endOf = (ms: number): number => ends.after(ms - 1);
  if (start.kind === 'once')
    return { holds: (ms) => starts.after(ms) === Infinity && endOf(ms) !== Infinity, ends: endOf };
  // Inside is where the next end comes before the next beginning: over midnight and over weekends, too.
  return { holds: (ms) => endOf(ms) < starts.after(ms), ends: endOf };
}

/** Whether a date has passed, or a time of this day. */
function passed(moment: Moment, zone?: string): (ms: number) => boolean {
  const times = timesOf([moment.line], zone);
  if (moment.kind === 'once') return (ms) => times.after(ms) === Infinity;
  const midnights: Times = timesOf(['0 0 0 * * *'], zone);
  return (ms) => midnights.after(ms) <= times.after(ms);
}
