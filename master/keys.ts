import type { Clock } from '../lib/clock.ts';
import { keyErrors } from '../lib/errors/books.ts';
import { messageOf } from '../lib/errors/error.ts';
import { failpoint } from '../lib/failpoint.ts';
import type { MinionId } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { authEvent, keyEvent } from '../lib/salt-events.ts';
import { seldom as seldomOf } from '../lib/seldom.ts';
import type { Change } from '../store/codec.ts';
import type { Store } from '../store/store.ts';
import type { Applicant, Verdict } from '../wire/types.ts';
import type { EventBus } from './bus.ts';
import type { MinionBook } from './minions.ts';
import type { TokenProof, Tokens } from './tokens.ts';

export type KeyState = 'accepted' | 'pending' | 'rejected' | 'denied';

export interface KeyEntry {
  readonly id: string;
  /** `denied`: another key asked for this id, which has one. */
  readonly state: KeyState;
  readonly fingerprint: string;
  /** Raw Ed25519 key, base64. */
  readonly publicKey: string;
  /** Milliseconds since 1970 of the last change. */
  readonly since: number;
  readonly reason: string;
}

interface KeyRecord extends Omit<KeyEntry, 'id'> {
  /** What was said of the enrolment token when it asked. */
  readonly token: TokenProof;
  readonly tokenId?: string;
  /** A rejection holds until then (milliseconds since 1970); for good where this is 0, or missing. */
  readonly until?: number;
}

export interface Decision {
  /** Meant is only this key. */
  readonly fingerprint?: string;
  /** The states that are decided on; `pending` alone unless given. */
  readonly from?: readonly KeyState[];
  readonly reason?: string;
}

export interface Rejection extends Decision {
  /** For so many ms: then the key waits again as soon as its minion asks. For good unless given. */
  readonly forMs?: number;
}

/** A change of an id's key that is on disk by now; undefined for no key. */
export type KeyListener = (id: MinionId, state: KeyState | undefined, before: KeyState | undefined) => void;

/** Who may connect. A decision is on disk before it takes effect. */
export interface Keys {
  /** What becomes of an applicant. Decides nothing: an unknown one waits. Fires `salt/auth`. */
  admit(applicant: Applicant): Verdict;
  /**
   * Accepts a waiting key, and uses its enrolment token up in the same commit. False when no such key waits. Raises
   * `TS_KEY_SHARED_NAME`, and as `Store.commit`.
   */
  accept(id: string, decision?: Decision): Promise<boolean>;
  reject(id: string, decision?: Rejection): Promise<boolean>;
  /** Ends a rejection that is not for good at once: the key waits, and `salt/auth` says so. False when there is none. */
  askAnew(id: string): Promise<boolean>;
  /** Forgets all keys and tokens of an id. */
  delete(id: string): Promise<boolean>;
  find(id: string): KeyEntry | undefined;
  /** Whether it is accepted, and no decision to the contrary is under way. */
  isAccepted(id: string, fingerprint: string): boolean;
  /** Sorted by id; those that were denied last. */
  list(): KeyEntry[];
  tokenOf(id: string, fingerprint: string): TokenProof;
  /** Forgets rejected keys that might wait again since an hour and have not come. */
  sweep(): Promise<number>;
  onChange(listener: KeyListener): void;
  /** Calls back when the time of a rejection is over: whoever waits may be judged anew. */
  onOver(listener: (id: MinionId) => void): void;
  stats(): Readonly<Record<'accepted' | 'pending' | 'rejected' | 'refusedFull', number>>;
}

export interface KeysOptions {
  readonly store: Store;
  readonly bus: EventBus;
  readonly tokens: Tokens;
  readonly minions: MinionBook;
  /** The changes that take away what else is kept under an id: it is its key's, and not the next one's with that name. */
  readonly belongings?: (id: string) => readonly Change[];
  readonly clock: Clock;
  readonly log: Log;
  /** Salt's `max_minions`: at most so many accepted keys; 0 for no limit. */
  readonly maxMinions?: number;
  /** At most so many keys wait. */
  readonly maxPending?: number;
  /** At most so many rejected keys are kept when others without a token come. */
  readonly maxRejected?: number;
}

/** An applicant that asks again and again is an event once in so many ms, Salt's `acceptance_wait_time`. */
const REPEAT_MS = 10_000;

/** How long a rejection that is over is remembered when its minion does not ask any more, in ms. */
const OVER_MS = 3_600_000;

/** The part of a Graphite path that an id becomes. */
export function graphitePart(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_');
}

/** The master's book of keys. */
export function keyBook(options: KeysOptions): Keys {
  const { store, bus, tokens, minions, belongings = () => [], clock, log } = options;
  const { maxMinions = 0, maxPending = 1_000, maxRejected = 10_000 } = options;
  const keys = store.bucket<KeyRecord>('key');
  const denied = store.bucket<KeyRecord>('denied-key');
  /** Whose an accepted name is, in lower case; whose a Graphite path. */
  const names = store.bucket<string>('key-name');
  const paths = store.bucket<string>('key-path');
  const listeners: KeyListener[] = [];
  const overListeners: ((id: MinionId) => void)[] = [];
  const seldom = seldomOf(clock, REPEAT_MS);
  const counts = { accepted: 0, pending: 0, rejected: 0, denied: 0, refusedFull: 0 };
  count();

  function count(): void {
    Object.assign(counts, { accepted: 0, pending: 0, rejected: 0 });
    for (const { value } of keys.scan()) counts[value.state]++;
  }

  /** Commits a new record for `id`, or none, with what belongs to it. */
  async function change(id: string, record: KeyRecord | undefined, others: readonly Change[]): Promise<void> {
    const known = keys.latest(id);
    const before = known?.state;
    if (before) counts[before]--;
    if (record) counts[record.state]++;
    const path = graphitePart(id);
    const changes = [record ? keys.put(id, record) : keys.delete(id), ...others];
    const name = id.toLowerCase();
    // Of accepted keys alone: a stranger that only asks keeps nobody out.
    if (record?.state === 'accepted') changes.push(names.put(name, id), paths.put(path, id));
    else if (before === 'accepted') changes.push(names.delete(name), paths.delete(path));
    if (known && known.fingerprint !== record?.fingerprint) changes.push(minions.forget(id), ...belongings(id));
    try {
      await store.commit(changes);
    } catch (error) {
      count();
      throw error;
    }
    for (const listener of listeners) listener(id as MinionId, record?.state, before);
  }

  /** For what an applicant causes: nobody waits for it, and it is asked again. */
  function inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => log('error', 'a key event could not be recorded', { error: messageOf(error) }));
  }

  function answer(applicant: Applicant, verdict: Verdict): Verdict {
    const { id, fingerprint, publicKey } = applicant;
    const reason = verdict.act === 'accept' ? {} : { reason: verdict.reason };
    if (verdict.act === 'accept' || seldom(`${id} ${fingerprint} ${verdict.act}`)) {
      inBackground(bus.fire(authEvent({ id, act: verdict.act, publicKey, fingerprint, ...reason })));
    }
    return verdict;
  }

  /** Why this id can't be let in beside those that are there. */
  function conflict(id: string): { other: string; why: string } | undefined {
    const named = names.latest(id.toLowerCase());
    if (named !== undefined && named !== id) return { other: named, why: 'they differ only in case' };
    const path = graphitePart(id);
    const there = paths.latest(path);
    if (there !== undefined && there !== id) return { other: there, why: `both would be ${path} in Graphite` };
    return undefined;
  }

  /** Tokens are as many as were issued: who has one is not kept out by strangers, however many wait. */
  function whyFull(proof: TokenProof): string | undefined {
    if (counts.pending >= maxPending && proof !== 'good') return `${maxPending} keys wait already`;
    if (counts.rejected >= maxRejected && proof !== 'good') return `${maxRejected} rejected keys are kept already`;
    return maxMinions > 0 && counts.accepted >= maxMinions ? `${maxMinions} minions are allowed` : undefined;
  }

  function admit(applicant: Applicant): Verdict {
    const { id, fingerprint, publicKey, tokenId, outbox } = applicant;
    const known = keys.latest(id);
    const { proof, reason } = tokens.check(applicant);
    if (proof === 'bad' && tokenId !== undefined && seldom(`${id} ${fingerprint} token ${tokenId}`)) {
      const data = { id, fingerprint, token: tokenId, reason: reason ?? '' };
      inBackground(bus.fire({ tag: 'tsalt/token/refused', data }));
    }
    const record = (state: KeyState, why: string): KeyRecord => ({
      state,
      fingerprint,
      publicKey: publicKey.toString('base64'),
      since: clock.now(),
      reason: why,
      token: proof,
      ...(tokenId === undefined ? {} : { tokenId }),
    });
    const wait = (): Verdict => {
      const { act, why } = { act: 'pend' as const, why: 'the key waits to be accepted' };
      const event = bus.record(authEvent({ id, act, publicKey, fingerprint }));
      seldom(`${id} ${fingerprint} ${act}`);
      inBackground(change(id, record('pending', why), [event]));
      return { act, reason: why };
    };

    if (known?.fingerprint === fingerprint) {
      if (known.state === 'rejected') {
        // What it was rejected for may be over: its time, or the token that it lacked.
        const isOver = clock.now() >= (known.until ?? 0) || (proof === 'good' && known.token !== 'good');
        if (known.until && isOver && counts.pending < maxPending) return wait();
        return answer(applicant, { act: 'reject', reason: known.reason });
      }
      if (known.state === 'accepted') {
        // On its way to the disk: asked again once it is there.
        if (keys.get(id)?.fingerprint !== fingerprint || keys.get(id)?.state !== 'accepted') {
          return { act: 'pend', reason: 'the key is being accepted' };
        }
        return answer(applicant, { act: 'accept', durable: minions.durable(id, outbox) });
      }
      const isNews = known.token !== proof || known.tokenId !== tokenId;
      // What is no proof can be another one each time it asks, which is not worth a record each time.
      if (isNews && (proof === 'good' || seldom(`${id} ${fingerprint} unproved`))) return wait();
      return answer(applicant, { act: 'pend', reason: known.reason });
    }
    const isBetter = proof === 'good' && known !== undefined && known.token !== 'good' && known.state !== 'accepted';
    if (known && !isBetter) {
      if (denied.latest(id)?.fingerprint !== fingerprint) {
        inBackground(store.commit([denied.put(id, record('denied', 'the id has another key'))]));
      }
      return answer(applicant, { act: 'denied', reason: `the id ${id} has another key` });
    }
    const clash = conflict(id);
    if (clash) return answer(applicant, { act: 'reject', reason: `too like ${clash.other}: ${clash.why}` });
    const full = known ? undefined : whyFull(proof);
    if (full !== undefined) {
      counts.refusedFull++;
      return answer(applicant, { act: 'full', reason: full });
    }
    return wait();
  }

  /** The record that is meant, if it is there and in such a state. */
  function meant(id: string, { fingerprint, from = ['pending'] }: Decision): KeyRecord | undefined {
    const record = keys.latest(id);
    if (!record || !from.includes(record.state)) return undefined;
    return fingerprint === undefined || record.fingerprint === fingerprint ? record : undefined;
  }

  const entry = (id: string, { state, fingerprint, publicKey, since, reason }: KeyRecord): KeyEntry => {
    return { id, state, fingerprint, publicKey, since, reason };
  };

  return {
    admit,
    async accept(id, decision = {}) {
      const record = meant(id, decision);
      if (!record) return false;
      const clash = conflict(id);
      if (clash) throw keyErrors.sharedName({ id, ...clash });
      const redeemed = record.tokenId && tokens.redeem(id, record.tokenId, record.fingerprint, record.token);
      const others = [bus.record(keyEvent(id, 'accept', record.fingerprint)), ...(redeemed ? [redeemed] : [])];
      const reason = decision.reason ?? 'accepted';
      failpoint('key-accepting');
      await change(id, { ...record, state: 'accepted', since: clock.now(), reason, until: 0 }, others);
      failpoint('key-accepted');
      return true;
    },
    async reject(id, decision = {}) {
      const record = meant(id, decision);
      // Rejected for good it is already.
      if (!record || (record.state === 'rejected' && !record.until)) return false;
      const { reason = 'the key was rejected', forMs } = decision;
      const event = bus.record(keyEvent(id, 'reject', record.fingerprint));
      const since = clock.now();
      const until = forMs === undefined ? 0 : since + forMs;
      await change(id, { ...record, state: 'rejected', since, reason, until }, [event]);
      if (forMs !== undefined) clock.after(forMs, () => overListeners.forEach((tell) => tell(id as MinionId)));
      return true;
    },
    async askAnew(id) {
      const record = meant(id, { from: ['rejected'] });
      if (!record?.until) return false;
      const { fingerprint } = record;
      const event = authEvent({ id, act: 'pend', publicKey: Buffer.from(record.publicKey, 'base64'), fingerprint });
      const reason = 'the key waits to be accepted';
      await change(id, { ...record, state: 'pending', since: clock.now(), reason, until: 0 }, [bus.record(event)]);
      return true;
    },
    async delete(id) {
      const record = keys.latest(id) ?? denied.latest(id);
      if (!record) return false;
      const event = bus.record(keyEvent(id, 'delete', record.fingerprint));
      await change(id, undefined, [event, denied.delete(id), ...tokens.forget(id)]);
      return true;
    },
    find(id) {
      const record = keys.get(id);
      return record && entry(id, record);
    },
    isAccepted(id, fingerprint) {
      const record = keys.latest(id);
      return record?.state === 'accepted' && record.fingerprint === fingerprint;
    },
    list: () => [...keys.scan(), ...denied.scan()].map(({ key, value }) => entry(key, value)),
    tokenOf(id, fingerprint) {
      const record = keys.latest(id);
      if (record?.fingerprint !== fingerprint) return 'bad';
      return tokens.still(record.token, id, record.tokenId, fingerprint);
    },
    async sweep() {
      const before = clock.now() - OVER_MS;
      const over = keys.scan().filter(({ value: { state, until } }) => state === 'rejected' && until && until < before);
      for (const { key } of over) await change(key, undefined, []);
      return over.length;
    },
    onChange(listener) {
      listeners.push(listener);
    },
    onOver(listener) {
      overListeners.push(listener);
    },
    stats: () => ({
      accepted: counts.accepted,
      pending: counts.pending,
      rejected: counts.rejected,
      refusedFull: counts.refusedFull,
    }),
  };
}
