import type { Clock } from '../../lib/clock.ts';
import type { MineEntry } from '../../lib/contracts/mine.ts';
import { mineErrors } from '../../lib/errors/mine.ts';
import { asText, isMap, type JsonMap, jsonBytes } from '../../lib/json.ts';
import { gathering } from '../../lib/mine/names.ts';
import type { Keys } from '../keys.ts';
import type { MineBook, Teller } from './book.ts';
import type { MineReader } from './reader.ts';
import { turns } from './turns.ts';

export interface MineQuestionParts {
  readonly book: MineBook;
  readonly reader: MineReader;
  readonly keys: Pick<Keys, 'isAccepted'>;
  readonly clock: Clock;
}

/** What a minion asks of the mine. Who asks is the session's id and key; nothing in a body says it. */
export type MineQuestions = Readonly<Record<string, (teller: Teller, body: JsonMap) => Promise<JsonMap>>>;

/** Bytes of values in one answer; the rest is asked for again. One minion's own always fit into one. */
const PAGE_BYTES = 256 * 1024;
/** Characters of ids in one answer: many small values are mostly those. */
const PAGE_IDS = 1024 * 1024;
const MOST_NAMES = 100;
const LONGEST_NAME = 255;
const LONGEST_TARGET = 64 * 1024;
const LONGEST_ALLOW = 4 * 1024;
/** What is written costs as much as so many bytes a ms: a minion that does nothing else writes its whole share in 2 s. */
const BYTES_PER_MS = 1_200;

/** Answers minions about the mine, of each of them one question after the other. */
export interface MineDesk {
  /** They raise `TS_MINE_...` and `TS_TARGET_...`. */
  readonly questions: MineQuestions;
  stats(): Readonly<Record<'told' | 'forgotten' | 'asked' | 'refused' | 'waiting', number>>;
}

export function mineDesk({ book, reader, keys, clock }: MineQuestionParts): MineDesk {
  const inTurn = turns(clock);
  const counters = { told: 0, forgotten: 0, asked: 0, refused: 0 };

  async function counted(kind: 'told' | 'forgotten' | 'asked', work: () => Promise<JsonMap>): Promise<JsonMap> {
    try {
      const answer = await work();
      counters[kind]++;
      return answer;
    } catch (thrown) {
      counters.refused++;
      throw thrown;
    }
  }

  /** A session may be over before its turn comes: what is told then would outlive the key. */
  async function write(teller: Teller, body: () => Promise<number>): Promise<JsonMap> {
    return inTurn.take(teller.id, async (cost) => {
      const { id, fingerprint } = teller;
      if (!keys.isAccepted(id, fingerprint)) throw mineErrors.notAccepted({ id });
      const written = timed(cost, body);
      // It waits for the disk from here on, and not alone.
      cost((await written) / BYTES_PER_MS);
      return {};
    });
  }

  /** Does the part of a work that waits for nothing, and says what it cost. */
  function timed<T>(cost: (ms: number) => void, work: () => T): T {
    const from = clock.monotonic();
    try {
      return work();
    } finally {
      cost(clock.monotonic() - from);
    }
  }

  function page(asker: string, body: JsonMap): JsonMap {
    const { tgt, tgt_type, names, after } = questionOf(body);
    const found = gathering();
    let bytes = 0;
    let ids = 0;
    for (const { id, values } of reader.read({ tgt, tgt_type, names }, asker, after)) {
      for (const [name, value] of values) {
        found.add(name, id, value);
        bytes += jsonBytes(value);
        ids += id.length;
      }
      if (bytes > PAGE_BYTES / 2 || ids > PAGE_IDS) return { found: found.answer(), more: id };
    }
    return { found: found.answer() };
  }

  function tell(teller: Teller, body: JsonMap): Promise<JsonMap> {
    return write(teller, () => {
      const entries = entriesOf(body);
      reader.check(entries);
      reader.told(teller.id);
      return book.tell(teller, Object.fromEntries(entries), body.clear === true);
    });
  }

  function forget(teller: Teller, { name }: JsonMap): Promise<JsonMap> {
    return write(teller, () => book.forget(teller, typeof name === 'string' ? name : undefined));
  }

  function ask({ id }: Teller, body: JsonMap): Promise<JsonMap> {
    return inTurn.take(id, (cost) => timed(cost, () => page(id, body)));
  }

  return {
    questions: {
      'mine.tell': (teller, body) => counted('told', () => tell(teller, body)),
      'mine.forget': (teller, body) => counted('forgotten', () => forget(teller, body)),
      'mine.ask': (teller, body) => counted('asked', () => ask(teller, body)),
    },
    stats: () => ({ ...counters, waiting: inTurn.waiting() }),
  };
}

function questionOf({ tgt, tgt_type, names, after }: JsonMap) {
  const wanted = Array.isArray(names) ? names.map(asText) : [];
  if (wanted.length > MOST_NAMES) throw mineErrors.tooLong({ what: `${wanted.length} entries`, most: MOST_NAMES });
  const target = asText(tgt);
  if (target.length > LONGEST_TARGET)
    throw mineErrors.tooLong({ what: `a target of ${target.length} characters`, most: LONGEST_TARGET });
  return { tgt: target, tgt_type: asText(tgt_type), names: [...new Set(wanted)], after: asText(after) };
}

function entriesOf({ entries }: JsonMap): (readonly [string, MineEntry])[] {
  if (!isMap(entries)) throw mineErrors.badEntry({ entry: '', expected: 'a map of entries' });
  return Object.entries(entries as JsonMap).map(([name, entry]) => {
    if (name === '' || name.length > LONGEST_NAME)
      throw mineErrors.badEntry({ entry: name, expected: `a name of 1 to ${LONGEST_NAME} characters` });
    if (!isMap(entry) || !Object.hasOwn(entry, 'value'))
      throw mineErrors.badEntry({ entry: name, expected: 'a value, and who may read it' });
    const { value = null, allow } = entry;
    if (allow === undefined) return [name, { value }];
    const { tgt, tgt_type } = isMap(allow) ? allow : {};
    if (typeof tgt !== 'string' || typeof tgt_type !== 'string' || tgt.length > LONGEST_ALLOW)
      throw mineErrors.badAllow({ entry: name, problem: `it is no target of up to ${LONGEST_ALLOW} characters` });
    return [name, { value, allow: { tgt, tgt_type } }];
  });
}
