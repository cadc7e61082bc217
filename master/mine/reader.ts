import type { MineAllow, MineEntry, MineQuestion } from '../../lib/contracts/mine.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import { mineErrors } from '../../lib/errors/mine.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import type { Json } from '../../lib/json.ts';
import type { MineRule } from '../../lib/mine/access.ts';
import { parseTarget, type Nodegroups, type TargetFacts } from '../../lib/target/target.ts';
import { TimeIsUp, within } from '../../lib/time-limit.ts';
import type { MinionFacts } from '../facts.ts';
import type { Keys } from '../keys.ts';
import type { MineBook, MineRecord } from './book.ts';

/** What one minion has told of what was asked for, as far as the asker may read it. */
export interface Found {
  readonly id: string;
  readonly values: readonly (readonly [string, Json])[];
}

export interface MineReader {
  /**
   * The minions that a target means and that have what is asked for, in the order of their ids, from the one after `after` on.
   * `asker` is the id of the minion that asks; undefined for the master's own people, who may read all. What may not be
   * read is left out as what is not there. Raises `TS_TARGET_...`, and `TS_MINE_TOO_SLOW` for the target of a minion.
   */
  read(question: MineQuestion, asker?: string, after?: string): Iterable<Found>;
  /** All that minions have told, in the order of their ids: for the master's own people. */
  all(): Iterable<Found>;
  /** Raises `TS_MINE_BAD_ALLOW`, `TS_MINE_TOO_SLOW` where it can't be told who may read. */
  check(entries: readonly (readonly [string, MineEntry])[]): void;
  /** The minion has told something anew: what it says of who may read is held against minions again. */
  told(id: string): void;
}

export interface MineReaderParts {
  readonly book: MineBook;
  readonly keys: Pick<Keys, 'find'>;
  readonly facts: Pick<MinionFacts, 'grains' | 'pillar'>;
  readonly nodegroups: Nodegroups;
  /** Undefined: every minion may read all. */
  readonly rules: readonly MineRule[] | undefined;
}

/** A target of a minion may be a pattern that never ends: it is held against other minions for so many ms. */
const MATCH_MS = 100;
const AT_ONCE = 100;
/** The same for what an entry says of who may read it, which is held against one minion. */
const ALLOW_MS = 20;
/** These need no more than the id. */
const byId = ['glob', 'list', 'pcre'];

/** Reads the mine for whom it is meant. Raises `TS_TARGET_...` for a rule that can't be read. */
export function mineReader({ book, keys, facts, nodegroups, rules }: MineReaderParts): MineReader {
  const compiled = rules?.map(({ who, may, of }) => ({
    who: parseTarget(who, 'compound', { nodegroups }),
    may: may.map(fnmatch),
    of: parseTarget(of, 'compound', { nodegroups }),
  }));
  /** Minions whose word on who may read takes too much: it lets nobody read, until they tell something anew. */
  const slow = new Set<string>();

  const factsOf = (id: string): TargetFacts => ({ id, grains: facts.grains(id), pillar: facts.pillar(id) });
  /** Looked up by who asks: most rules go by the id. */
  const lazyFacts = (id: string): TargetFacts => ({
    id,
    get grains() {
      return facts.grains(id);
    },
    get pillar() {
      return facts.pillar(id);
    },
  });
  const isTeller = (id: string, { fingerprint }: MineRecord): boolean => {
    const key = keys.find(id);
    return key?.state === 'accepted' && key.fingerprint === fingerprint;
  };

  /** What the rules let this minion read of others. */
  function allowedBy(asker: TargetFacts | undefined): (owner: TargetFacts, name: string) => boolean {
    if (!asker || !compiled) return () => true;
    const own = compiled.filter(({ who }) => who(asker) === true);
    return (owner, name) => own.some(({ may, of }) => may.some((fits) => fits(name)) && of(owner) === true);
  }

  function allowedByTeller(id: string, { allow }: MineEntry, asker: TargetFacts | undefined): boolean {
    if (!asker || !allow) return true;
    if (slow.has(id)) return false;
    try {
      return within(ALLOW_MS, () => parseTarget(allow.tgt, allow.tgt_type, { nodegroups })(asker)) === true;
    } catch (thrown) {
      // A nodegroup that is no more has nobody in it. Else it is too slow, or too deep, whoever asks.
      if (!(thrown instanceof TsaltError)) slow.add(id);
      return false;
    }
  }

  /** Those that the target means. */
  function meant(
    { tgt, tgt_type: type }: MineQuestion,
    isOfMinion: boolean,
  ): (all: readonly TargetFacts[]) => readonly TargetFacts[] {
    const during: Limited = isOfMinion ? limited() : (work) => work();
    const matches = during(() => parseTarget(tgt, type, { nodegroups, exactPillar: isOfMinion }));
    return (all) => during(() => all.filter((one) => matches(one) === true));
  }

  return {
    *read(question, asker, after) {
      const { names, tgt_type: type } = question;
      const choose = meant(question, asker !== undefined);
      const own = asker === undefined ? undefined : factsOf(asker);
      const may = allowedBy(own);
      for (const tellers of batches(book.tellers(after))) {
        const records = new Map(
          tellers.filter(([, record]) => names.some((name) => Object.hasOwn(record.entries, name))),
        );
        // What is read of the store is not to be cut off in the middle.
        const candidates = [...records.keys()].map((id) => (byId.includes(type) ? { id } : factsOf(id)));
        for (const { id } of choose(candidates)) {
          const record = records.get(id);
          if (!record || !isTeller(id, record)) continue;
          const owner = lazyFacts(id);
          const values = names.flatMap((name): (readonly [string, Json])[] => {
            const entry = Object.hasOwn(record.entries, name) ? record.entries[name] : undefined;
            return entry && may(owner, name) && allowedByTeller(id, entry, own) ? [[name, entry.value]] : [];
          });
          if (values.length > 0) yield { id, values };
        }
      }
    },
    *all() {
      for (const [id, record] of book.tellers()) {
        if (!isTeller(id, record)) continue;
        yield { id, values: Object.entries(record.entries).map(([name, { value }]) => [name, value]) };
      }
    },
    check(entries) {
      limited()(() => {
        for (const [entry, { allow }] of entries) if (allow) checkAllow(entry, allow, nodegroups);
      });
    },
    told: (id) => void slow.delete(id),
  };
}

function checkAllow(entry: string, { tgt, tgt_type: type }: MineAllow, nodegroups: Nodegroups): void {
  try {
    parseTarget(tgt, type, { nodegroups });
  } catch (cause) {
    throw mineErrors.badAllow({ entry, problem: messageOf(cause) }, { cause });
  }
}

type Limited = <T>(work: () => T) => T;

/** Does pieces of work that all together may take so long. */
function limited(): Limited {
  let left = MATCH_MS;
  return (work) => {
    const from = process.cpuUsage();
    try {
      if (left <= 0) throw new TimeIsUp(MATCH_MS);
      return within(MATCH_MS, work);
    } catch (thrown) {
      // A stack that is full is a RangeError.
      if (!(thrown instanceof TimeIsUp) && !(thrown instanceof RangeError)) throw thrown;
      throw mineErrors.tooSlow({ ms: MATCH_MS }, { cause: thrown });
    } finally {
      left -= process.cpuUsage(from).user / 1000;
    }
  };
}

function* batches<T>(all: Iterable<T>): Iterable<readonly T[]> {
  let batch: T[] = [];
  for (const one of all) {
    batch.push(one);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
