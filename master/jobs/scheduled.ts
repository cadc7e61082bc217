import { dropOldest } from '../../lib/drop-oldest.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { MOST_RUN_CHARACTERS } from '../../lib/returns.ts';
import type { Bucket } from '../../store/store.ts';

/*
 * Runs that minions begin by their own schedules: nobody published them, so a minion says what it ran. Which jid that gets, and
 * how many of them stay, is the master's alone.
 */

/** A run that a minion began by itself, as it says. */
export interface ScheduledRun {
  /** The job's name in the schedule. */
  readonly schedule: string;
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
  readonly metadata?: JsonMap;
  /** Returners of the master that its return goes to, whatever tags they are sent. */
  readonly returner?: readonly string[];
  /** Whether it is to be found among jobs; else its return is an event alone. */
  readonly isKept: boolean;
}

/** Of one minion so many are kept: a new one takes the place of the oldest. */
export const MOST_KEPT = 500;
const LONGEST_NAME = 200;
const MOST_RETURNERS = 16;
/** So many minions' places are kept in memory; those of others are looked up. */
const MOST_PLACES = 10_000;

/** What a minion says of a run (the body of its return); undefined for what makes no sense. */
export function readScheduledRun({ fun, schedule: said }: JsonMap): ScheduledRun | undefined {
  if (!isMap(said) || typeof fun !== 'string' || !/^[\w-]+(?:\.[\w-]+)+$/.test(fun) || fun.length > LONGEST_NAME)
    return undefined;
  const { name, args, kwargs, metadata, returner = [], keep } = said;
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME) return undefined;
  if (!Array.isArray(args) || !isMap(kwargs) || (metadata !== undefined && !isMap(metadata))) return undefined;
  if (!Array.isArray(returner) || returner.length > MOST_RETURNERS) return undefined;
  const names = returner.filter((one) => typeof one === 'string' && one.length <= LONGEST_NAME).map(String);
  if (names.length < returner.length) return undefined;
  if (JSON.stringify([args, kwargs, metadata ?? null]).length > MOST_RUN_CHARACTERS) return undefined;
  // All of it came as JSON.
  return {
    schedule: name,
    fun,
    arg: args as Json[],
    kwarg: kwargs as JsonMap,
    ...(metadata !== undefined && { metadata: metadata as JsonMap }),
    ...(names.length > 0 && { returner: names }),
    isKept: keep === true,
  };
}

/** Places for the runs of each minion, taken in turn. */
export interface Places {
  /** The key of the next place of a minion's, and the run that has been there. */
  next(id: string, jid: string): { readonly place: string; readonly before: string | undefined };
}

export function placesIn(bucket: Bucket<string>): Places {
  const turns = new Map<string, number>();
  /** What was put there, as long as the bucket may not know it. */
  const recent = new Map<string, string>();

  /** The place after that of the newest run. */
  function lookUp(id: string): number {
    const [newest] = bucket.scan(`${id}/`).toSorted((a, b) => (a.value < b.value ? 1 : -1));
    return newest === undefined ? 0 : Number(newest.key.slice(id.length + 1)) + 1;
  }

  return {
    next(id, jid) {
      const turn = (turns.get(id) ?? lookUp(id)) % MOST_KEPT;
      turns.delete(id);
      turns.set(id, turn + 1);
      dropOldest(turns, MOST_PLACES);
      const place = `${id}/${turn}`;
      const before = recent.get(place) ?? bucket.latest(place);
      recent.delete(place);
      recent.set(place, jid);
      dropOldest(recent, MOST_PLACES);
      return { place, before };
    },
  };
}
