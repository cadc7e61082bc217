import { dropOldest } from '../../lib/drop-oldest.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { isMap, type Json, type JsonMap, jsonBytes } from '../../lib/json.ts';
import { memoRecord, memosBefore, type OwnedMemo } from './memos.ts';
import { atEvent, closeIn, dropMemo, keepMemo, memoOf, memoOfJson, openIn, type Position } from './position.ts';
import type { Deed, Decision, ReactionRecord, ReactionStore } from './types.ts';

export interface LedgerOptions {
  readonly store: ReactionStore;
  /** Reaction records kept at hand for `why`; older ones are looked up in the store. */
  readonly recent?: number;
  /** Dead letters kept; the oldest is dropped beyond. */
  readonly deadLetters?: number;
}

export interface Ledger {
  /** Where that reactor stands; a new one starts after event `head`, which a crash undoes until `welcome`. */
  position(reactor: string, head: number): Position;
  /** Resolves when the places of new reactors are on disk: from then on every event comes to them. */
  welcome(): Promise<void>;
  /** Forgets the place of every other reactor; answers how many deliveries were open there. */
  keepOnly(reactors: ReadonlySet<string>): number;
  /** Notes an attempt, and when the delivery is over lets go of it. Does not wait for the disk: what a crash undoes is delivered again. */
  record(record: ReactionRecord): void;
  /** Notes that a reader has come to event `cursor`. Resolves when that is on disk. */
  move(reader: string, cursor: number): Promise<void>;
  /**
   * Resolves when the answer is on disk. Raises `TS_REACTOR_ANSWER_TOO_LONG` when the delivery's answers take more than
   * 256 KiB with it, keys included.
   */
  remember(reactor: string, event: number, key: string, value: Json): Promise<void>;
  /** All records of an event, oldest first. */
  why(event: number): Promise<readonly ReactionRecord[]>;
  dead(): readonly ReactionRecord[];
  /** Takes a dead letter off the list; false when there is none. */
  revive(reactor: string, event: number): boolean;
  /** Writes where everything stands, so that a restart reads from here. Resolves when all records are on disk. */
  checkpoint(): Promise<void>;
  /** Events up to this number are needed no more; all where nobody reads them. */
  needless(): number;
  counters(): Readonly<Record<string, number>>;
}

const isOver = (decision: Decision) => decision !== 'retrying';
const isDead = (decision: Decision) => decision === 'dead' || decision === 'failed';
// A checkpoint costs as much as some records; one for so many keeps both the log and a restart short.
const recordsPerCheckpoint = 4_000;
/** Of a record, so much is kept, in bytes of JSON: a checkpoint has all dead letters in one record. */
const MOST_ERROR_BYTES = 2000;
const MOST_TEXT_BYTES = 200;
const MOST_DEEDS_BYTES = 12_000;
const MOST_DEEDS = 50;
/** Of the answers of one delivery, with their keys: they are kept in memory until it is over. */
const MOST_ANSWERS_BYTES = 256 * 1024;
/** An answer brings the next checkpoint as near as records of its length would, so that what is kept of the log is bounded. */
const USUAL_RECORD_BYTES = 2 * 1024;
// Records this far back are still found by `why` after a restart.
const checkpointsKept = 20;

/**
 * The memory of who got which event. It is a log of records: `done` (a delivery is over), `try` (an attempt failed), `memo` (an
 * answer of `once`), `revive` (a dead letter is taken up again), `at` (where a returner stands), and now and then a `mark`, which
 * tells where each reactor stands, what is open there, and the dead letters. A restart takes the last mark, the records after
 * it, and the answers of what is open wherever they stand: before the log is trimmed, those that would go are written again.
 */
export async function openLedger({ store, recent = 20_000, deadLetters = 1_000 }: LedgerOptions): Promise<Ledger> {
  let positions = new Map<string, Position>();
  const byEvent = new Map<number, ReactionRecord[]>();
  const dead = new Map<string, ReactionRecord>();
  const marks: number[] = [];
  const counters = { records: 0, checkpoints: 0, deadDropped: 0, recent: 0 };
  let sinceCheckpoint = 0;
  let hasNew = false;
  let failure: Error | undefined;
  let trimming: Promise<void> | undefined;

  const at = (reactor: string): Position => {
    const known = positions.get(reactor);
    if (known) return known;
    const fresh = atEvent(0);
    positions.set(reactor, fresh);
    return fresh;
  };
  const keep = (record: ReactionRecord) => {
    const records = byEvent.get(record.event);
    const last = records?.findIndex((other) => other.reactor === record.reactor && !isOver(other.decision)) ?? -1;
    // Of the attempts of one delivery only the newest is worth a place.
    if (records && last >= 0) records[last] = record;
    else if (records) records.push(record);
    else byEvent.set(record.event, [record]);
    dropOldest(byEvent, recent);
    if (isDead(record.decision)) {
      dead.set(deliveryKey(record.reactor, record.event), record);
      counters.deadDropped += dropOldest(dead, deadLetters);
    }
  };
  const settle = (record: ReactionRecord) => {
    const position = at(record.reactor);
    if (isOver(record.decision)) closeIn(position, record.event);
    else openIn(position, record.event).attempts = record.attempts;
  };
  const keepFailure = (error: unknown) => {
    failure = error instanceof Error ? error : new Error(messageOf(error));
  };
  const append = (...records: readonly JsonMap[]) => {
    const written = store.append(...records);
    // Told at the next checkpoint; a lost record only means one more delivery.
    written.catch(keepFailure);
    return written;
  };
  const count = (records: number) => {
    sinceCheckpoint += records;
    if (sinceCheckpoint >= recordsPerCheckpoint) void ledger.checkpoint().catch(keepFailure);
  };
  /** Trims the log to the oldest mark that is worth keeping, and goes on where more have come meanwhile. */
  const trim = async () => {
    try {
      while (marks.length > checkpointsKept) {
        const edge = marks.at(-checkpointsKept) ?? 0;
        for (let old = memosBefore(edge, positions); old.length > 0; old = memosBefore(edge, positions)) {
          const last = await append(...old.map(memoRecord));
          // None of them stands before the first.
          for (const { memo } of old) memo.at = last - old.length + 1;
        }
        await store.trim(edge);
        marks.splice(0, marks.indexOf(edge));
      }
    } finally {
      trimming = undefined;
    }
  };

  for await (const { position, record } of store.replay()) {
    if (record['t'] === 'mark') {
      positions = readMark(record, position, positions);
      dead.clear();
      for (const letter of list(record['dead'])) keep(readRecord(letter));
      marks.push(position);
    } else if (record['t'] === 'memo') {
      const { reactor, event, key, memo } = readMemo(record, position);
      keepMemo(at(reactor), event, key, memo);
    } else if (record['t'] === 'revive') {
      dead.delete(deliveryKey(text(record['r']), number(record['e'])));
      openIn(at(text(record['r'])), number(record['e']));
    } else if (record['t'] === 'at') {
      at(text(record['r'])).cursor = number(record['e']);
    } else {
      const reaction = readRecord(record);
      const { cursor, done } = at(reaction.reactor);
      keep(reaction);
      settle(reaction);
      if (isOver(reaction.decision) && reaction.event > cursor) done.add(reaction.event);
    }
  }

  const ledger: Ledger = {
    position(reactor, head) {
      const known = positions.get(reactor);
      if (known) return known;
      const fresh = at(reactor);
      fresh.cursor = head;
      hasNew = true;
      return fresh;
    },
    async welcome() {
      if (hasNew) await ledger.checkpoint();
      hasNew = false;
    },
    keepOnly(reactors) {
      let open = 0;
      for (const [name, position] of positions) {
        if (reactors.has(name)) continue;
        open += position.open.size;
        positions.delete(name);
      }
      return open;
    },
    record(whole) {
      const record = bounded(whole);
      counters.records++;
      keep(record);
      settle(record);
      void append({ ...record, t: isOver(record.decision) ? 'done' : 'try', did: [...record.did] });
      count(1);
    },
    async move(reader, cursor) {
      at(reader).cursor = cursor;
      const written = append({ t: 'at', r: reader, e: cursor });
      count(1);
      // A failure is told at the next checkpoint.
      await written.catch(() => {});
    },
    async remember(reactor, event, key, value) {
      const position = at(reactor);
      const memo = memoOf(key, value);
      const { bytes: before, memos } = openIn(position, event);
      const bytes = before - (memos.get(key)?.bytes ?? 0) + memo.bytes;
      if (bytes > MOST_ANSWERS_BYTES) throw reactorErrors.answerTooLong({ key, bytes, most: MOST_ANSWERS_BYTES });
      // At once, for others of the same delivery may be on their way to the disk too.
      keepMemo(position, event, key, memo);
      count(memo.bytes / USUAL_RECORD_BYTES);
      memo.stored = append(memoRecord({ reactor, event, key, memo })).then(
        (place) => void (memo.at = place),
        (error: unknown) => {
          dropMemo(position, event, key, memo);
          throw error;
        },
      );
      await memo.stored;
    },
    async why(event) {
      const known = byEvent.get(event);
      if (known) return known;
      const found: ReactionRecord[] = [];
      for await (const { record } of store.replay()) {
        if (record['event'] === event) found.push(readRecord(record));
      }
      return found;
    },
    dead: () => [...dead.values()],
    revive(reactor, event) {
      if (!dead.delete(deliveryKey(reactor, event))) return false;
      openIn(at(reactor), event);
      void append({ t: 'revive', r: reactor, e: event });
      return true;
    },
    async checkpoint() {
      sinceCheckpoint = 0;
      counters.checkpoints++;
      marks.push(await append(writeMark(positions, [...dead.values()])));
      // One at a time: two would write the same answers again.
      if (marks.length > checkpointsKept) trimming ??= trim();
      await trimming;
      if (failure !== undefined) {
        const first = failure;
        failure = undefined;
        throw first;
      }
    },
    needless() {
      const needed = [...positions.values()].flatMap(({ cursor, open }) => [cursor + 1, ...open.keys()]);
      return needed.reduce((least, seq) => Math.min(least, seq), Infinity) - 1;
    },
    counters: () => ({ ...counters, recent: byEvent.size, dead: dead.size }),
  };
  return ledger;
}

function bounded(record: ReactionRecord): ReactionRecord {
  const { did } = record;
  // Most have little to say: nothing in them can be too long.
  if (record.error === undefined && jsonBytes([...did]) <= MOST_TEXT_BYTES) return record;
  const error = record.error === undefined ? {} : { error: cut(record.error, MOST_ERROR_BYTES) };
  // What was kept once is short already, and says how much is left out.
  if (did.at(-1)?.do === 'more') return { ...record, ...error };
  const kept: Deed[] = [];
  let room = MOST_DEEDS_BYTES;
  for (const deed of did.slice(0, MOST_DEEDS).map(shortened)) {
    room -= jsonBytes(deed);
    if (room < 0) break;
    kept.push(deed);
  }
  const more = did.length - kept.length;
  return { ...record, ...error, did: more > 0 ? [...kept, { do: 'more', deeds: more }] : kept };
}

const shortened = (deed: Deed): Deed => {
  const cutOf = (value: Json): Json => (typeof value === 'string' ? cut(value, MOST_TEXT_BYTES) : value);
  return { ...deed, ...Object.fromEntries(Object.entries(deed).map(([name, value]) => [name, cutOf(value)])) };
};

/** A character may take six bytes: those of a control character, or half of a pair. */
function cut(words: string, most: number): string {
  let kept = words.slice(0, most);
  for (let bytes = jsonBytes(kept) - 2; bytes > most; bytes = jsonBytes(kept) - 2)
    kept = kept.slice(0, Math.floor((kept.length * most) / bytes));
  return kept === words ? words : `${kept}…`;
}

const deliveryKey = (reactor: string, event: number) => `${event} ${reactor}`;
const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
const number = (value: Json | undefined) => (typeof value === 'number' ? value : 0);
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function readMemo(record: JsonMap, position: number): OwnedMemo {
  const { r, e, k, j, v } = record;
  const key = text(k);
  // Earlier versions had the answer itself.
  const memo = typeof j === 'string' ? memoOfJson(key, j, position) : memoOf(key, v ?? null, position);
  return { reactor: text(r), event: number(e), key, memo };
}

function writeMark(positions: ReadonlyMap<string, Position>, dead: readonly ReactionRecord[]): JsonMap {
  return {
    t: 'mark',
    units: [...positions].map(([reactor, { cursor, open }]) => [
      reactor,
      cursor,
      [...open].map(([event, { attempts }]) => [event, attempts]),
    ]),
    dead: dead.map((record) => ({ ...record, did: [...record.did] })),
  };
}

/** What a mark tells, with the answers so far of what is open there. */
function readMark(record: JsonMap, place: number, before: ReadonlyMap<string, Position>): Map<string, Position> {
  const positions = new Map<string, Position>();
  for (const unit of list(record['units'])) {
    const [name, cursor, open] = list(unit);
    const reactor = text(name);
    const position = atEvent(number(cursor));
    for (const delivery of list(open)) {
      const [seq, attempts, memos] = list(delivery);
      const event = number(seq);
      openIn(position, event).attempts = number(attempts);
      for (const [key, memo] of before.get(reactor)?.open.get(event)?.memos ?? []) keepMemo(position, event, key, memo);
      // Earlier versions had the answers here.
      for (const pair of list(memos)) {
        const [key, value] = list(pair);
        keepMemo(position, event, text(key), memoOf(text(key), value ?? null, place));
      }
    }
    positions.set(reactor, position);
  }
  return positions;
}

function readRecord(value: Json): ReactionRecord {
  const record: JsonMap = isMap(value) ? value : {};
  const decisions: readonly Decision[] = ['ran', 'skipped', 'retrying', 'failed', 'dead'];
  return bounded({
    event: number(record['event']),
    reactor: text(record['reactor']),
    decision: decisions.find((decision) => decision === record['decision']) ?? 'failed',
    attempts: number(record['attempts']),
    ms: number(record['ms']),
    at: text(record['at']),
    ...(typeof record['reason'] === 'string' ? { reason: record['reason'] } : {}),
    ...(typeof record['error'] === 'string' ? { error: record['error'] } : {}),
    did: list(record['did']).flatMap((deed): Deed[] =>
      isMap(deed) && typeof deed['do'] === 'string' ? [{ ...(deed as JsonMap), do: deed['do'] }] : [],
    ),
  });
}
