import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { StatePlace, StateResult } from '../lib/contracts/state.ts';
import { messageOf } from '../lib/errors/error.ts';
import { jobErrors } from '../lib/errors/jobs.ts';
import { asText, isMap, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { MOST_RETURN_CHARACTERS, MOST_RUN_CHARACTERS } from '../lib/returns.ts';
import { crc32c } from '../store/crc32c.ts';
import { openLog, type RecordLog } from '../store/log.ts';
import { tellMended } from '../store/mended.ts';
import type { ScheduledJob } from '../lib/schedule/job.ts';
import { encodeJson } from '../wire/codec.ts';
import { upLimits } from '../wire/gate.ts';
import type { UpItem } from '../wire/types.ts';
import type { JobReturn } from './jobs/messages.ts';

/** What the minion owes the master: on disk until the master has it on its own. */
export interface Outbox {
  /** Names the sequence of its numbers; another one after `restart`. */
  readonly name: string;
  /** Whether a master that has everything up to `n` remembers this very sequence. */
  fits(n: number): boolean;
  /** Begins a new sequence with what waits: for a master that remembers more of this one than there is, or less. */
  restart(): Promise<void>;
  /** `jid`: the job that fires it. Raises `TS_WIRE_UNFIT` for data that no message can hold. */
  addEvent(tag: string, data: JsonMap, jid?: string): Promise<void>;
  /** The note that a job is about to start. */
  addAccepted(jid: string, fun: string): Promise<void>;
  /** Where a state run is. */
  addProgress(jid: string, place: StatePlace): Promise<void>;
  /** The result of one state of `total`; one that is too long goes without its changes. */
  addResult(jid: string, result: StateResult, total: number): Promise<void>;
  addReturn(jid: string, fun: string, outcome: JobReturn): Promise<void>;
  /** The return of a run by the minion's own schedule, which has no jid yet; dropped while very much waits. */
  addScheduled(job: ScheduledJob, outcome: JobReturn): Promise<void>;
  /** What is on disk with a number above `n`, oldest first. */
  after(n: number): Iterable<UpItem>;
  /** The master has everything up to `n`. */
  acknowledged(n: number): void;
  /** Whether that job was accepted or returned, as far back as is kept. */
  knows(jid: string): boolean;
  /** Jobs that were accepted by an earlier process and never returned. */
  unfinished(): readonly { readonly jid: string; readonly fun: string }[];
  /** Items that the master has not acknowledged. */
  readonly waiting: number;
  close(): Promise<void>;
}

/** Text of a return that one message carries, in characters; longer ones are sent in parts. */
const PART_CHARACTERS = 200_000;
/** Returns and events that wait for an unreachable master, at most; then the oldest events are dropped. */
const MOST_WAITING = 100_000;
/** Results of single states that wait, at most; then further ones are dropped: the return has them all. */
const MOST_RESULTS_WAITING = 10_000;
/** Jobs that are told from new ones; what is older has expired. */
const JOBS_KNOWN = 10_000;
/** Stands for arguments that no message holds. */
const TOO_LONG = '(too long to be told)';
/** Acknowledged items are cleared away when so many have come together. */
const TRIM_EVERY = 500;

export interface OutboxOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface Kept extends UpItem {
  /** Its record in the log. */
  readonly record: number;
}

/** An item as it is written: `of` is the sequence that its number belongs to. */
interface Written extends UpItem {
  readonly of: string;
}

/** Opens the outbox of one minion; a torn end or damage begins a new sequence with what is left. */
export async function openOutbox({ directory, clock, log }: OutboxOptions): Promise<Outbox> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // After a failed commit its numbers are given again: the master takes no sequence with holes.
  const onFailed = (): void => void (lastN = Math.max(acknowledgedUpTo, items.at(-1)?.n ?? 0));
  const records = await openLog({
    directory: path.join(directory, 'log'),
    now: () => clock.now(),
    purpose: 'outbox',
    onFailed,
  });
  tellMended('the outbox', records.found, log);
  const damaged = records.found.torn > 0 || records.found.damage.length > 0;
  const place = readPlace(directory, log);
  let name = place?.name ?? newName();
  let acknowledgedUpTo = place?.acknowledged ?? 0;
  let items: Kept[] = [];
  const open = new Map<string, { fun: string; record: number }>();
  const known = new Set<string>();
  for await (const { of, ...item } of readItems(records)) {
    note(item);
    // Without its note of where it was, everything is sent again.
    if (of === name || !place) items.push(item);
  }
  let lastN = Math.max(acknowledgedUpTo, items.at(-1)?.n ?? 0);
  const unfinished = [...open].map(([jid, { fun }]) => ({ jid, fun }));
  drop(acknowledgedUpTo);
  if (damaged || !place) await restart();
  else writePlace(directory, { name, acknowledged: acknowledgedUpTo });
  let sinceTrim = 0;
  let resultsDropped = 0;

  async function restart(): Promise<void> {
    // What is on its way to the disk comes first, but not for ever, where more and more comes.
    for (let turn = 0; turn < 10 && records.stats().queuedBytes > 0; turn++) await records.settled().catch(() => {});
    // What can't be recorded again, as there is no room, stays as it is.
    const before = { items, name, acknowledgedUpTo };
    const kept = items.map((item, index) => ({ ...item, n: index + 1 }));
    items = [];
    name = newName();
    acknowledgedUpTo = 0;
    lastN = kept.length;
    try {
      // Nothing that is added meanwhile can come before them: the log keeps the order.
      if (kept.length > 0) {
        const last = await records.append(kept.map((item) => written(item)));
        const first = last - kept.length + 1;
        items = [...kept.map((item, index) => ({ ...item, record: first + index })), ...items];
      }
    } catch (cause) {
      ({ items, name, acknowledgedUpTo } = before);
      lastN = Math.max(acknowledgedUpTo, items.at(-1)?.n ?? 0);
      throw cause;
    }
    writePlace(directory, { name, acknowledged: 0 });
  }

  function written({ n, kind, body }: UpItem): Buffer {
    const whole: Written = { n, of: name, kind, body };
    return Buffer.from(JSON.stringify(whole));
  }

  function note({ kind, body, record }: Kept): void {
    const jid = typeof body.jid === 'string' ? body.jid : '';
    if (jid === '') return;
    if (kind === 'accepted') open.set(jid, { fun: asText(body.fun), record });
    if (kind === 'return' && Number(body.part) === Number(body.parts)) open.delete(jid);
    if (kind === 'accepted' || kind === 'return') remember(jid);
  }

  function remember(jid: string): void {
    known.add(jid);
    const [oldest] = known;
    if (known.size > JOBS_KNOWN && oldest !== undefined) known.delete(oldest);
  }

  function drop(upTo: number): void {
    const keepFrom = items.findIndex(({ n }) => n > upTo);
    items.splice(0, keepFrom < 0 ? items.length : keepFrom);
  }

  /** All of them or none. */
  async function add(kind: UpItem['kind'], ...bodies: readonly JsonMap[]): Promise<void> {
    const of = name;
    const fresh = bodies.map((body, index) => ({ n: lastN + 1 + index, kind, body }));
    const next = records.next();
    const appended = records.append(fresh.map((item) => written(item)));
    // What is refused at once has no numbers: the master takes no sequence with holes.
    if (records.next() > next) lastN += fresh.length;
    await appended;
    // A new sequence was begun meanwhile: they have other numbers there.
    if (of !== name) return add(kind, ...bodies);
    for (const [index, item] of fresh.entries()) {
      const kept: Kept = { ...item, record: next + index };
      items.push(kept);
      note(kept);
    }
  }

  async function addParts(of: JsonMap & { readonly fun: string }, outcome: JobReturn): Promise<void> {
    const { text: whole, success, retcode, out } = sendable(of.fun, outcome);
    const texts = partsOf(whole);
    const rest = { ...of, success, retcode, out, parts: texts.length };
    await add('return', ...texts.map((text, index) => ({ ...rest, part: index + 1, text })));
  }

  function tidy(): void {
    if (++sinceTrim < TRIM_EVERY) return;
    sinceTrim = 0;
    writePlace(directory, { name, acknowledged: acknowledgedUpTo });
    // What an unfinished job began with has to be found after a crash.
    const needed = [...open.values()].map(({ record }) => record);
    const oldest = Math.min(items[0]?.record ?? records.next(), ...needed);
    records
      .trim(oldest)
      .catch((cause: unknown) => log('warning', 'the outbox could not be tidied', { reason: String(cause) }));
  }

  return {
    get name() {
      return name;
    },
    fits: (n) => n >= acknowledgedUpTo && n <= lastN,
    restart,
    get waiting() {
      return items.length;
    },
    async addEvent(tag, data, jid) {
      const ts = Math.floor(clock.now() / 1000);
      const event = { tag, data, ts, ...(jid === undefined ? {} : { jid }) };
      // What no message can hold would block all that is behind it.
      encodeJson(event, upLimits);
      if (items.length >= MOST_WAITING) {
        log('warning', 'the outbox is full: an event was dropped', { tag });
        return;
      }
      await add('event', event);
    },
    addAccepted: (jid, fun) => add('accepted', { jid, fun }),
    addProgress: (jid, place) => add('progress', { jid, ...place }),
    async addResult(jid, result, total) {
      if (items.length >= MOST_RESULTS_WAITING) {
        if (resultsDropped++ === 0) log('warning', "the outbox is full: a state's result was dropped", { jid });
        return;
      }
      if (resultsDropped > 0)
        log('warning', "the outbox has room again: states' results were dropped", { resultsDropped });
      resultsDropped = 0;
      const body = { jid, total, ret: { ...result } };
      await add('progress', travels(body) ? body : { ...body, ret: { ...withoutChanges(result) } });
    },
    addReturn: (jid, fun, outcome) => addParts({ jid, fun }, outcome),
    async addScheduled(job, outcome) {
      const { name: schedule, fun, args, kwargs, metadata, returners, returnJob } = job;
      if (items.length >= MOST_WAITING) {
        log('warning', 'the outbox is full: the return of a scheduled job was dropped', { job: schedule });
        return;
      }
      const rest = { name: schedule, ...(returners && { returner: [...returners] }), keep: returnJob === 'kept' };
      const told = { ...rest, args: [...args], kwargs, ...(metadata && { metadata }) };
      const isShort = JSON.stringify([args, kwargs, metadata ?? null]).length <= MOST_RUN_CHARACTERS;
      const fits = isShort && travels({ jid: '', fun, schedule: told });
      await addParts({ jid: '', fun, schedule: fits ? told : { ...rest, args: [TOO_LONG], kwargs: {} } }, outcome);
    },
    *after(n) {
      // Numbers follow one another: the first of them tells where n is.
      const first = items[0]?.n ?? 0;
      for (let index = Math.max(0, n + 1 - first); index < items.length; index++) {
        const item = items[index];
        if (item) yield { n: item.n, kind: item.kind, body: item.body };
      }
    },
    acknowledged(n) {
      if (n <= acknowledgedUpTo) return;
      acknowledgedUpTo = n;
      drop(n);
      tidy();
    },
    knows: (jid) => known.has(jid),
    unfinished: () => unfinished,
    async close() {
      writePlace(directory, { name, acknowledged: acknowledgedUpTo });
      await records.close();
    },
  };
}

function withoutChanges(result: StateResult): StateResult {
  const comment = `${result.comment.slice(0, 1000)}\n(what it changed is too long for an event; the return has it)`;
  return { ...result, comment, changes: {} };
}

/** Whether a message holds it: else it would block all that is behind it. */
function travels(body: JsonMap): boolean {
  if (JSON.stringify(body).length > PART_CHARACTERS) return false;
  try {
    encodeJson(body, upLimits);
    return true;
  } catch {
    return false;
  }
}

/** A return as JSON; in place of one that is too long to be sent, what was the matter with it, as a failure. */
function sendable(
  fun: string,
  { return: value, success, retcode, out }: JobReturn,
): Omit<JobReturn, 'return'> & { readonly text: string } {
  const text = JSON.stringify(value);
  if (text.length <= MOST_RETURN_CHARACTERS) return { text, success, retcode, out };
  const reason = jobErrors.returnTooLong({ fun, characters: text.length, most: MOST_RETURN_CHARACTERS }).message;
  return { text: JSON.stringify(reason), success: false, retcode: retcode === 0 ? 1 : retcode, out: 'nested' };
}

/** The text of a return in parts: a message holds only so much. Half a character does not travel. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const isWithin = (text.codePointAt(from + PART_CHARACTERS - 1) ?? 0) > 0xffff;
    const to = from + PART_CHARACTERS - (isWithin ? 1 : 0);
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

function newName(): string {
  return randomBytes(9).toString('base64url');
}

async function* readItems(records: RecordLog): AsyncGenerator<Kept & Written> {
  for await (const piece of records.read(0)) {
    for (const { number, payload } of piece) {
      yield { ...(JSON.parse(Buffer.from(payload).toString('utf8')) as Written), record: number };
    }
  }
}

interface Place {
  readonly name: string;
  /** A number that the master is known to have; it may have more by now. */
  readonly acknowledged: number;
}

/** Undefined before the first start, and when it can't be read: then all that is kept is sent again, under new numbers. */
function readPlace(directory: string, log: Log): Place | undefined {
  const file = path.join(directory, 'place.json');
  try {
    const place: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isPlace(place)) return place;
    log('error', damagedPlace, { file });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      log('error', damagedPlace, { file, reason: messageOf(cause) });
  }
  return undefined;
}

const damagedPlace = 'the note of where the outbox is was damaged: its items are sent again';

/** A changed byte would have items left out, or a name that no master takes. Earlier versions wrote no sum. */
function isPlace(value: unknown): value is Place {
  if (!isMap(value)) return false;
  const { name, acknowledged, sum, ...others } = value;
  if (typeof name !== 'string' || !Number.isSafeInteger(acknowledged) || Object.keys(others).length > 0) return false;
  return sum === undefined ? /^[\w-]+$/.test(name) : sum === sumOf({ name, acknowledged: Number(acknowledged) });
}

const sumOf = ({ name, acknowledged }: Place): number => crc32c(Buffer.from(`${name} ${acknowledged}`));

function writePlace(directory: string, place: Place): void {
  const file = path.join(directory, 'place.json');
  writeFileSync(`${file}.new`, JSON.stringify({ ...place, sum: sumOf(place) }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
