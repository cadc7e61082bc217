import type { Clock } from '../lib/clock.ts';
import { jobErrors } from '../lib/errors/books.ts';
import { didYouMean, messageOf } from '../lib/errors/error.ts';
import { failpoint } from '../lib/failpoint.ts';
import { asText, isDeeper, isJsonMap, isMap, type Json, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { isJid } from '../lib/ids.ts';
import { nearest } from '../lib/nearest.ts';
import { seldom } from '../lib/seldom.ts';
import { minionEvent, stateResultEvent } from '../lib/salt-events.ts';
import { MOST_RETURN_CHARACTERS } from '../lib/returns.ts';
import { refusalOfTag } from '../lib/tags.ts';
import { UPDATE } from '../lib/upgrades.ts';
import type { Change } from '../store/codec.ts';
import type { Store } from '../store/store.ts';
import type { MasterSession, UpItem } from '../wire/types.ts';
import type { EventBus } from './bus.ts';
import type { JobProgress } from './jobs/progress.ts';
import type { Jobs } from './jobs/ledger.ts';
import { readScheduledRun } from './jobs/scheduled.ts';
import type { MinionBook } from './minions.ts';
import { upgradeEvent } from './upgrade-events.ts';

interface Counters {
  events: number;
  /** Of single states. */
  results: number;
  refusedTags: number;
  refusedProgress: number;
  /** By minions' own schedules. */
  refusedRuns: number;
  returns: number;
  failures: number;
}

export interface Intake {
  /** Takes what a minion sent, and acknowledges it once it is on disk. */
  take(session: MasterSession, items: readonly UpItem[]): void;
  /** A session is over: what it began to send comes again. */
  forget(session: MasterSession): void;
  stats(): Readonly<Record<keyof Counters, number>>;
}

export interface IntakeOptions {
  readonly store: Store;
  readonly bus: EventBus;
  readonly jobs: Jobs;
  readonly minions: MinionBook;
  readonly progress: JobProgress;
  /** Names of the master's returners, which minions' schedules may name. */
  readonly returners: readonly string[];
  readonly acknowledge: (session: MasterSession, n: number) => void;
  /** It could not be recorded: the session has to begin anew, so that the minion sends it again. */
  readonly failed: (session: MasterSession, reason: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longest return that is put together of parts, in characters: twice what a minion sends. */
const LONGEST_RETURN = 2 * MOST_RETURN_CHARACTERS;

/** More parts than such a return has. Short ones are no reason to keep ever more. */
const MOST_PARTS = 1_000;

/** Lists and maps in each other, in a return: whatever reads it later goes through them one within the other. */
const DEEPEST_RETURN = 500;

/** That a schedule names a returner that is not there is said so often, in ms. */
const COMPLAIN_MS = 60 * 60_000;

/** Turns what minions send into records: an item and the note that it was taken are one commit, so that it counts once. */
export function intake(options: IntakeOptions): Intake {
  const { store, bus, jobs, minions, progress, returners, acknowledge, failed, clock, log } = options;
  const counters: Counters = {
    events: 0,
    results: 0,
    refusedTags: 0,
    refusedProgress: 0,
    refusedRuns: 0,
    returns: 0,
    failures: 0,
  };
  const speaks = seldom(clock, COMPLAIN_MS);
  /** The first parts of a return whose last part has not come yet. */
  const begun = new WeakMap<MasterSession, readonly UpItem[]>();

  function changesOf({ id }: MasterSession, { kind, body }: UpItem): Change[] {
    const jid = typeof body.jid === 'string' ? body.jid : '';
    switch (kind) {
      case 'event':
        return eventChanges(id, body);
      case 'accepted':
        return jobs.delivered(jid, id);
      case 'progress':
        return [...jobs.running(jid, id), ...progressChanges(id, jid, body)];
      case 'return': {
        counters.returns++;
        const { success, retcode, out, text } = body;
        const value = JSON.parse(asText(text)) as Json;
        if (isDeeper(value, DEEPEST_RETURN)) throw jobErrors.returnTooDeep({ most: DEEPEST_RETURN });
        const outcome = { return: value, success: success === true, retcode: Number(retcode), out: asText(out) };
        if (body.schedule !== undefined) return scheduledChanges(id, body, outcome);
        const changes = jobs.returned(jid, id, outcome);
        // In the same commit, so that it is told once.
        const ending = changes.length > 0 && jobs.find(jid)?.fun === UPDATE && upgradeEvent(id, jid, value);
        return ending ? [...changes, bus.record({ ...ending, ...jobs.origin(jid, id) })] : changes;
      }
    }
  }

  /** Of a run by the minion's own schedule: whatever jid it says, it gets one of the master's. */
  function scheduledChanges(id: string, body: JsonMap, outcome: JsonMap): Change[] {
    const run = readScheduledRun(body);
    if (!run) {
      counters.refusedRuns++;
      log('warning', 'a scheduled run was refused', { id, fun: asText(body.fun).slice(0, 100) });
      return [];
    }
    const { schedule, returner = [] } = run;
    for (const name of returner)
      if (!returners.includes(name) && speaks(JSON.stringify([id, schedule, name])))
        log('warning', 'a scheduled job names a returner that this master does not have', {
          id,
          job: schedule,
          returner: name,
          hint: didYouMean(nearest(name, returners)) ?? `there are ${returners.join(', ') || 'none'}`,
        });
    return jobs.scheduled(id, run, outcome);
  }

  function eventChanges(id: string, { tag, data, jid }: JsonMap): Change[] {
    const refusal = typeof tag === 'string' ? refusalOfTag(tag, id) : 'it is no text';
    if (refusal !== undefined || typeof tag !== 'string') {
      counters.refusedTags++;
      log('warning', 'an event was refused', { id, tag: asText(tag).slice(0, 100), reason: refusal });
      return [];
    }
    counters.events++;
    // A chain of reactions goes on through what a job of it fires.
    const origin = typeof jid === 'string' ? jobs.origin(jid, id) : {};
    return [bus.record({ ...minionEvent(id, tag, data ?? {}, clock.now()), ...origin })];
  }

  /** Where a state run is, for who listens; or the result of one state, as an event. */
  function progressChanges(id: string, jid: string, { ret, total, number, fun, name }: JsonMap): Change[] {
    const isOwn = isJid(jid) && (!jobs.find(jid) || jobs.pair(jid, id) !== undefined);
    const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
    if (!isOwn || !isCount(total)) return refused(id, jid);
    if (isJsonMap(ret)) {
      const run = ret['__run_num__'];
      if (!isCount(run)) return refused(id, jid);
      counters.results++;
      return [bus.record(stateResultEvent({ id, jid, run, of: total, ret }, clock.now()))];
    }
    if (isCount(number)) progress.tell(jid, id, { fun: asText(fun), name: asText(name), number, total });
    return [];
  }

  function refused(id: string, jid: string): Change[] {
    counters.refusedProgress++;
    log('warning', 'progress of a job was refused', { id, jid: jid.slice(0, 40), reason: "it is not that minion's" });
    return [];
  }

  /** One that can't be used must not hold up those behind it for ever. */
  function usableChanges(session: MasterSession, item: UpItem): Change[] {
    try {
      return changesOf(session, item);
    } catch (cause) {
      counters.failures++;
      log('warning', 'something a minion sent could not be used', {
        id: session.id,
        kind: item.kind,
        reason: messageOf(cause),
      });
      if (item.kind !== 'return') return [];
      // Its job ends all the same.
      const failed = {
        return: `the return could not be used: ${messageOf(cause)}`,
        success: false,
        retcode: 1,
        out: 'nested',
      };
      return item.body.schedule === undefined
        ? jobs.returned(asText(item.body.jid), session.id, failed)
        : scheduledChanges(session.id, item.body, failed);
    }
  }

  async function record(session: MasterSession, came: readonly UpItem[]): Promise<void> {
    const { id, outbox } = session;
    const { whole, rest } = joinParts([...(begun.get(session) ?? []), ...came]);
    begun.set(session, rest);
    const last = whole.at(-1)?.n;
    if (last === undefined) return;
    failpoint('items-taken');
    const fresh = whole.filter(({ n }) => n > minions.taken(id, outbox));
    if (fresh.length > 0) {
      // Once these are taken nobody can tell any more that the outbox is another one.
      const lost = minions.hasNewOutbox(id, outbox) ? jobs.lostOutbox(id, returnedBy(fresh)) : [];
      const changes = fresh.filter(isFirstReturn).flatMap((item) => usableChanges(session, item));
      await store.commit([...lost, ...changes, minions.take(id, outbox, last)]);
    } else await store.settled();
    failpoint('items-durable');
    acknowledge(session, last);
  }

  return {
    take(session, items) {
      record(session, items).catch((cause: unknown) => {
        counters.failures++;
        const reason = messageOf(cause);
        log('error', 'what a minion sent could not be recorded', { id: session.id, reason });
        failed(session, reason);
      });
    },
    forget: (session) => void begun.delete(session),
    stats: () => ({ ...counters }),
  };
}

/** What one commit changes is not seen in the making of it: of two returns to one job the second would count, too. */
const isFirstReturn = ({ kind, body }: UpItem, at: number, items: readonly UpItem[]): boolean =>
  kind !== 'return' || body.schedule !== undefined || items.findIndex((other) => isReturnOf(other, body.jid)) === at;

const isReturnOf = ({ kind, body }: UpItem, jid: Json | undefined): boolean =>
  kind === 'return' && body.schedule === undefined && body.jid === jid;

const returnedBy = (items: readonly UpItem[]): Set<string> =>
  new Set(items.flatMap(({ kind, body }) => (kind === 'return' ? asText(body.jid) : [])));

/** Makes one item of a return's parts, which follow one another; `rest` is a return whose end has not come. */
function joinParts(items: readonly UpItem[]): { readonly whole: UpItem[]; readonly rest: readonly UpItem[] } {
  const whole: UpItem[] = [];
  let parts: UpItem[] = [];
  for (const item of items) {
    const [part, count] = [Number(item.body.part), Number(item.body.parts)];
    if (item.kind !== 'return' || !isMap(item.body) || count === 1) {
      whole.push(item);
      continue;
    }
    // Of all but the last nothing else is needed.
    parts.push(part === count ? item : { ...item, body: { part, parts: count, text: asText(item.body.text) } });
    if (part !== count) continue;
    whole.push({ ...item, body: { ...item.body, ...wholeOf(parts, count) } });
    parts = [];
  }
  const tooLong = parts.length > MOST_PARTS || textOf(parts).length > LONGEST_RETURN;
  return { whole, rest: tooLong ? [] : parts };
}

/** The text of all parts; of a return that was too long to keep them all, that it was, which is a failure. */
function wholeOf(parts: readonly UpItem[], count: number): JsonMap {
  if (parts.length === count) return { text: textOf(parts) };
  return { text: JSON.stringify('the return was too long to be kept'), success: false, retcode: 1 };
}

function textOf(parts: readonly UpItem[]): string {
  return parts.map(({ body }) => asText(body.text)).join('');
}
