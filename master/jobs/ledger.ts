import { dropOldest } from '../../lib/drop-oldest.ts';
import { steady, type Clock } from '../../lib/clock.ts';
import type { JobOutcome } from '../../lib/contracts/reactor.ts';
import { jobErrors } from '../../lib/errors/books.ts';
import { isJid, jidMaker, parseJid, type Jid } from '../../lib/ids.ts';
import { isMap, type Json, type JsonMap, jsonBytes } from '../../lib/json.ts';
import { jobNewEvent, jobReturnEvent, type ReturnFacts } from '../../lib/salt-events.ts';
import type { Change } from '../../store/codec.ts';
import type { Size } from '../../store/bucket-sizes.ts';
import type { Store } from '../../store/store.ts';
import { MAX_EVENT_BYTES, type EventBus } from '../bus.ts';
import { jidsDue, jidsDueAfter } from './due.ts';
import { onceKey } from './once-key.ts';
import { placesIn, type ScheduledRun } from './scheduled.ts';
import { jobWaiters } from './waiters.ts';

/** A job, as it was asked for and resolved. */
export interface Job {
  readonly jid: Jid;
  readonly fun: string;
  /** Positional arguments. */
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
  readonly tgt: string | readonly string[];
  readonly tgt_type: string;
  readonly user: string;
  /** Milliseconds since 1970; a minion that has not taken it by then does not run it. */
  readonly expires: number;
  readonly created: number;
  /** Who it is for, and who was meant but is not known. */
  readonly minions: readonly string[];
  readonly missing: readonly string[];
  /** What was noted beside the job, to find it by. */
  readonly metadata?: JsonMap;
  /** Nobody published it: that minion began it by its own schedule, where it has this name. */
  readonly schedule?: string;
}

export type NewJob = Omit<Job, 'jid' | 'created' | 'schedule'>;

export interface Origin {
  readonly cause?: number;
  readonly depth?: number;
}

/**
 * Where a job is at one minion: `queued` (not known to have arrived), `delivered` (the minion has it on its disk),
 * `running`; and for good: `returned`, `expired` (never taken), `lost` (taken, and no return will come).
 */
export type PairState = 'queued' | 'delivered' | 'running' | 'returned' | 'expired' | 'lost';

export interface Pair {
  readonly state: PairState;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly reason?: string;
  /** Of a return. */
  readonly success?: boolean;
  readonly retcode?: number;
  /** The number of the event that holds the return. */
  readonly event?: number;
}

/** Every job, and where it is at each minion. All transitions are changes, to be committed with what else they go with. */
export interface Jobs {
  newJid(): Jid;
  /** Records the job and fires `salt/job/<jid>/new`. Raises `TS_JOB_TAKEN`. */
  create(jid: Jid, job: NewJob, origin?: Origin): Promise<Job>;
  /** As `create`, once for each key: the job there already, or one with a new jid, which sessions are not past yet. */
  createOnce(key: string, job: NewJob, origin?: Origin): Promise<Job>;
  find(jid: string): Job | undefined;
  /** The reactions that led to a job of that minion; nothing for a job that is not known, or another's. */
  origin(jid: string, id: string): Origin;
  /** Undefined when the job is not known, or not for that minion. */
  pair(jid: string, id: string): Pair | undefined;
  pairs(jid: string): Map<string, Pair>;
  /** The newest first; those before `before`, at most `limit`. */
  list(options?: { readonly before?: string; readonly limit?: number }): Job[];
  /** Jobs that are queued, delivered or running at that minion, oldest first. */
  outstanding(id: string): { readonly job: Job; readonly pair: Pair }[];
  /** Jobs that are queued for that minion, oldest first, and younger than `after` where it is given. Read as they are asked for. */
  queued(id: string, after?: string): Generator<Job>;
  /** Jobs that minion has and has not returned, as `pair` tells of them: of what is being committed nothing shows. */
  active(id: string): Job[];
  /** Those, and the ones that are queued for it. */
  unfinished(id: string): Job[];
  /** The minion has it. Empty when that says nothing new. */
  delivered(jid: string, id: string): Change[];
  running(jid: string, id: string): Change[];
  /** A return (`{return, retcode, success, out}`) and its `salt/job/<jid>/ret/<id>`. Empty for a second one, and for a job that is not that minion's. */
  returned(jid: string, id: string, body: JsonMap): Change[];
  /**
   * A run that the minion began by its own schedule, with its return: it gets a jid, is a job like others that is over, and
   * takes the place of the minion's oldest one when there are many. One that is not kept is an event alone.
   */
  scheduled(id: string, run: ScheduledRun, body: JsonMap): Change[];
  /** No return will come. */
  lost(jid: string, id: string, reason: string): Change[];
  /** None will come of anything that is not over at that minion. */
  abandon(id: string, reason: string): Change[];
  /** The minion lost its outbox: what it had taken will never be returned, but for those jobs. */
  lostOutbox(id: string, but?: ReadonlySet<string>): Change[];
  /** The minion's return; undefined when there is none, or it is no longer kept. */
  returnOf(jid: string, id: string): Promise<JsonMap | undefined>;
  /** Resolves when the minion has it; false when it is expired or lost. Rejects when `signal` aborts. */
  whenDelivered(jid: string, id: string, signal: AbortSignal): Promise<boolean>;
  /** Resolves when the minion has returned, or never will. Rejects when `signal` aborts. */
  outcome(jid: string, id: string, signal: AbortSignal): Promise<JobOutcome>;
  /** The same without the return, which may be large: `returnOf` gives it. */
  over(jid: string, id: string, signal: AbortSignal): Promise<Omit<JobOutcome, 'return'>>;
  /** Lets expire what is due; cheap when nothing is. */
  expire(): Promise<void>;
  /** Forgets jobs older than `keepMs`, and the oldest while all that is kept of jobs has more than `bytes`, with all of their pairs. */
  forget(keepMs: number, bytes?: number): Promise<void>;
  /** Calls back with each job that was created, once it is on disk, in the order of their jids; before `create` resolves. */
  onCreated(listener: (job: Job) => void): void;
  onPair(listener: (jid: string, id: string, pair: Pair) => void): void;
  /** What is not over, by state; of more than so many thousand pairs the first ones are counted. */
  open(): JobStates;
  stats(): Readonly<Record<'created' | 'returned' | 'scheduled' | 'repeated' | 'strange' | 'expired' | 'lost', number>>;
}

/** How many (job, minion) pairs are in each state that is no end. */
export type JobStates = Readonly<Record<'queued' | 'delivered' | 'running', number>>;

export interface JobsOptions {
  readonly store: Store;
  readonly bus: EventBus;
  readonly clock: Clock;
}

/** A state run of thousands of states with their diffs; a record of the store holds this. */
const MAX_RETURN_BYTES = 12 * 1024 * 1024;
/** The event of a new job names each of its minions, which may be many, besides what any event holds. */
const mostBytesOf = ({ tgt, minions, missing }: NewJob): number =>
  Math.min(MAX_RETURN_BYTES, MAX_EVENT_BYTES + jsonBytes([tgt, minions, missing]));
const order: readonly PairState[] = ['queued', 'delivered', 'running', 'expired', 'lost', 'returned'];
const isOpen = (state: PairState) => state === 'queued' || state === 'delivered' || state === 'running';
/** So many jobs are looked at in one go; the rest comes with the next. */
const EXPIRE_AT_ONCE = 1_000;
/** So many jobs are looked at in one go when old ones are forgotten. */
const FORGET_AT_ONCE = 100;
/** About so many changes make a commit that forgets jobs: others wait behind it. */
const FORGET_CHANGES = 2_000;
/** So many open pairs are counted. */
const COUNT_AT_MOST = 20_000;

/** So many jobs are kept in memory, with whom they are for. */
const RECENT_JOBS = 16;

interface KnownJob {
  readonly job: JobRecord;
  readonly minions: ReadonlySet<string>;
}

interface JobRecord extends Job, Origin {
  readonly once?: string;
  /** Of a scheduled run: its place among those of the minion. */
  readonly place?: string;
}

function originOf({ cause, depth }: Origin): Origin {
  return { ...(cause === undefined ? {} : { cause }), ...(depth === undefined ? {} : { depth }) };
}

/** All that is kept of jobs. */
const buckets = ['job', 'job-pair', 'job-due', 'job-expiry', 'job-once', 'job-scheduled'] as const;

/** The ledger of jobs. A job's pairs are queued until something else is recorded of them. */
export function jobLedger({ store, bus, clock }: JobsOptions): Jobs {
  const jobs = store.bucket<JobRecord>('job');
  const pairs = store.bucket<Pair>('job-pair');
  /** `<minion>/<jid>` of what is not over. */
  const due = store.bucket<true>('job-due');
  /** `<expiry>/<jid>` of what may still be queued. */
  const expiries = store.bucket<true>('job-expiry');
  /** By `onceKey`. */
  const onces = store.bucket<Jid>('job-once');
  /** `<minion>/<turn>` of runs by minions' own schedules. */
  const placed = store.bucket<string>('job-scheduled');
  const places = placesIn(placed);
  const counters = { created: 0, returned: 0, scheduled: 0, repeated: 0, strange: 0, expired: 0, lost: 0 };
  /** What jobs expire by. */
  const time = steady(clock);
  const newest = jobs.scan('', { reverse: true, limit: 1 })[0]?.value.jid;
  const newJid = jidMaker(() => clock.now(), newest);
  const createdListeners: ((job: Job) => void)[] = [];
  const waiters = jobWaiters();
  pairs.watch((key, pair) => {
    const [jid = '', id = ''] = key.split('/');
    if (pair) waiters.changed(jid, id, pair);
  });

  const expiryKey = ({ expires, jid }: Job) => `${String(Math.floor(expires)).padStart(15, '0')}/${jid}`;
  const queued = (job: Job): Pair => ({ state: 'queued', since: job.created });

  /** Jobs that are asked after again and again, once for each minion and step of it. A record never changes until it is forgotten. */
  const recent = new Map<string, KnownJob>();
  const leaving = new Set<string>();
  jobs.watch((jid, job) => {
    if (job) return;
    recent.delete(jid);
    leaving.delete(jid);
  });

  function jobBy(read: 'get' | 'latest', jid: string): KnownJob | undefined {
    const known = recent.get(jid);
    if (known) return known;
    if (!isJid(jid)) return undefined;
    const isToStay = !leaving.has(jid);
    const durable = isToStay ? jobs.get(jid) : undefined;
    const job = durable ?? jobs[read](jid);
    if (!job) return undefined;
    const made = { job, minions: new Set(job.minions) };
    // What is not on disk yet may never be.
    if (!durable) return made;
    recent.set(jid, made);
    dropOldest(recent, RECENT_JOBS);
    return made;
  }

  function pairBy(read: 'get' | 'latest', jid: string, id: string): Pair | undefined {
    const known = jobBy(read, jid);
    if (!known?.minions.has(id)) return undefined;
    return pairs[read](`${jid}/${id}`) ?? queued(known.job);
  }

  /** Only ever forward; a return counts whenever it comes, once. */
  function move(jid: string, id: string, to: PairState, facts: Partial<Pair> = {}): Change[] {
    const now = pairBy('latest', jid, id);
    if (!now || now.state === 'returned' || order.indexOf(to) <= order.indexOf(now.state)) return [];
    if (!isOpen(now.state) && to !== 'returned') return [];
    const changes = [pairs.put(`${jid}/${id}`, { ...facts, state: to, since: clock.now() })];
    if (!isOpen(to) && isOpen(now.state)) changes.push(due.delete(`${id}/${jid}`));
    return changes;
  }

  async function create(jid: Jid, job: NewJob, origin: Origin, once?: string): Promise<Job> {
    if (jobs.latest(jid)) throw jobErrors.taken({ jid });
    const made: JobRecord = { ...job, ...origin, jid, created: clock.now(), ...(once === undefined ? {} : { once }) };
    counters.created++;
    const event = { ...jobNewEvent({ ...made, arg: saltArguments(made) }), ...originOf(made) };
    await store.commit([
      jobs.put(jid, made),
      ...made.minions.map((id) => due.put(`${id}/${jid}`, true)),
      expiries.put(expiryKey(made), true),
      ...(once === undefined ? [] : [onces.put(onceKey(once), jid)]),
      bus.record(event, mostBytesOf(made)),
    ]);
    for (const listener of createdListeners) listener(made);
    return made;
  }

  async function expire(): Promise<void> {
    const now = String(Math.floor(time.now())).padStart(15, '0');
    for (const { key } of expiries.scan('', { limit: EXPIRE_AT_ONCE })) {
      if (key > now) return;
      const jid = key.split('/')[1] ?? '';
      const job = jobs.get(jid);
      const reason = 'the minion did not take it before it expired';
      const gone = job?.minions.flatMap((id) => {
        if (pairBy('latest', jid, id)?.state !== 'queued') return [];
        counters.expired++;
        return move(jid, id, 'expired', { reason });
      });
      await store.commit([expiries.delete(key), ...(gone ?? [])]);
    }
  }

  function leave(jid: string): void {
    recent.delete(jid);
    leaving.add(jid);
  }

  function changesToForget(job: JobRecord): Change[] {
    leave(job.jid);
    return [
      jobs.delete(job.jid),
      ...(job.place !== undefined && placed.latest(job.place) === job.jid ? [placed.delete(job.place)] : []),
      expiries.delete(expiryKey(job)),
      ...(job.once === undefined ? [] : [onces.delete(onceKey(job.once))]),
      ...job.minions.flatMap((id) => {
        const pair = pairs.latest(`${job.jid}/${id}`);
        return [
          ...(pair ? [pairs.delete(`${job.jid}/${id}`)] : []),
          ...(pair && !isOpen(pair.state) ? [] : [due.delete(`${id}/${job.jid}`)]),
        ];
      }),
    ];
  }

  /** What all that is kept of jobs comes to. */
  function jobsSize(): Size {
    const all = buckets.map((name) => store.size(name));
    return {
      entries: all.reduce((sum, { entries }) => sum + entries, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** The changes that forget the oldest jobs: all before `oldest`, and about as many as make up for more than `bytes`; not all in one. */
  function forgetSome(oldest: number, bytes: number): Change[] {
    const size = jobsSize();
    const excess = size.bytes > bytes ? ((size.bytes - bytes) / size.bytes) * size.entries : 0;
    const changes: Change[] = [];
    // A jid is the moment it was made at, so the first are the oldest.
    for (const { value } of jobs.scan('', { limit: FORGET_AT_ONCE })) {
      if (changes.length >= FORGET_CHANGES || (value.created >= oldest && changes.length >= excess)) break;
      changes.push(...changesToForget(value));
    }
    return changes;
  }

  function outstanding(id: string): { readonly job: Job; readonly pair: Pair }[] {
    return jidsDue(due, id).flatMap((jid) => {
      const job = jobBy('get', jid)?.job;
      const pair = pairBy('latest', jid, id);
      return job && pair && isOpen(pair.state) ? [{ job, pair }] : [];
    });
  }

  function* queuedAt(id: string, after?: string): Generator<Job> {
    for (const jid of jidsDueAfter(due, id, after)) {
      const job = jobBy('get', jid)?.job;
      if (job && pairBy('latest', jid, id)?.state === 'queued') yield job;
    }
  }

  function openAt(id: string, isMeant: (state: PairState) => boolean): Job[] {
    return jidsDue(due, id).flatMap((jid) => {
      const state = pairBy('get', jid, id)?.state;
      return state && isOpen(state) && isMeant(state) ? (jobBy('get', jid)?.job ?? []) : [];
    });
  }

  /** A return as an event, and that it has come. */
  function landed(
    job: Omit<ReturnFacts, 'id' | 'return' | 'success' | 'retcode' | 'out'> & Origin,
    id: string,
    body: JsonMap,
  ) {
    const success = body['success'] === true;
    const retcode = typeof body['retcode'] === 'number' ? body['retcode'] : Number(!success);
    const out = typeof body['out'] === 'string' ? { out: body['out'] } : {};
    const facts = { ...job, id, retcode, success, ...out, return: body['return'] ?? null };
    // A chain of reactions goes on through the jobs that it publishes.
    const event = bus.record({ ...jobReturnEvent(facts, clock.now()), ...originOf(job) }, MAX_RETURN_BYTES);
    const since = clock.now();
    // The event is the record right before.
    const pair = pairs.putNumbered(`${job.jid}/${id}`, (number) => {
      return { state: 'returned', since, success, retcode, event: number - 1 };
    });
    return { event, pair };
  }

  function scheduled(id: string, { arg, kwarg, returner, isKept, ...run }: ScheduledRun, body: JsonMap): Change[] {
    counters.scheduled++;
    const jid = newJid();
    const user = 'schedule';
    const { event, pair } = landed({ ...run, jid, user, fun_args: saltArguments({ arg, kwarg }), returner }, id, body);
    if (!isKept) return [event];
    const { place, before } = places.next(id, jid);
    const created = clock.now();
    const whom = { tgt: [id], tgt_type: 'list', minions: [id], missing: [] };
    const job: JobRecord = { ...run, ...whom, jid, arg, kwarg, user, created, expires: created, place };
    if (before !== undefined) leave(before);
    const forgotten = before === undefined ? [] : [jobs.delete(before), pairs.delete(`${before}/${id}`)];
    return [event, pair, jobs.put(jid, job), placed.put(place, jid), ...forgotten];
  }

  function lost(jid: string, id: string, reason: string): Change[] {
    const changes = move(jid, id, 'lost', { reason });
    if (changes.length > 0) counters.lost++;
    return changes;
  }

  async function returnOf(jid: string, id: string): Promise<JsonMap | undefined> {
    const number = pairBy('get', jid, id)?.event;
    const event = number === undefined ? undefined : await store.event(number);
    return isMap(event?.['data']) ? (event['data'] as JsonMap) : undefined;
  }

  async function over(jid: string, id: string, signal: AbortSignal): Promise<Omit<JobOutcome, 'return'>> {
    const pair = await waiters.until(
      jid,
      id,
      ({ state }) => !isOpen(state),
      () => pairBy('get', jid, id),
      signal,
    );
    if (!pair) return { jid, id, state: 'lost', reason: 'the job is not known, or not for this minion' };
    const { state, reason, success, retcode } = pair;
    if (state !== 'returned') return { jid, id, state: state === 'expired' ? state : 'lost', reason: reason ?? '' };
    return { jid, id, state, success: success === true, retcode: retcode ?? 1 };
  }

  return {
    newJid,
    create: (jid, job, origin = {}) => create(parseJid(jid), job, origin),
    async createOnce(key, job, origin = {}) {
      const known = onces.latest(onceKey(key));
      const there = known && jobs.latest(known);
      if (!there) return create(newJid(), job, origin, key);
      await store.settled();
      return there;
    },
    find: (jid) => jobBy('get', jid)?.job,
    origin(jid, id) {
      const known = jobBy('latest', jid);
      return known?.minions.has(id) ? originOf(known.job) : {};
    },
    pair: (jid, id) => pairBy('get', jid, id),
    pairs(jid) {
      const job = jobBy('get', jid)?.job;
      return new Map(job?.minions.map((id) => [id, pairBy('get', jid, id) ?? queued(job)]));
    },
    list: ({ before, limit = 100 } = {}) =>
      jobs
        .scan('', { reverse: true, limit, ...(before === undefined ? {} : { after: before }) })
        .map(({ value }) => value),
    outstanding,
    queued: queuedAt,
    active: (id) => openAt(id, (state) => state !== 'queued'),
    unfinished: (id) => openAt(id, () => true),
    open() {
      const states = { queued: 0, delivered: 0, running: 0 };
      for (const { key } of due.scan('', { limit: COUNT_AT_MOST })) {
        const at = key.lastIndexOf('/');
        const state = pairBy('latest', key.slice(at + 1), key.slice(0, at))?.state;
        if (state === 'queued' || state === 'delivered' || state === 'running') states[state]++;
      }
      return states;
    },
    delivered: (jid, id) => move(jid, id, 'delivered'),
    running: (jid, id) => move(jid, id, 'running'),
    returned(jid, id, body) {
      const job = jobBy('latest', jid)?.job;
      const pair = pairBy('latest', jid, id);
      if (!job || !pair) {
        counters.strange++;
        return [];
      }
      if (pair.state === 'returned') {
        counters.repeated++;
        return [];
      }
      counters.returned++;
      const { fun, user } = job;
      const facts = { jid, fun, user, fun_args: saltArguments(job), ...originOf(job) };
      const { event, pair: put } = landed(facts, id, body);
      return [event, put, ...(isOpen(pair.state) ? [due.delete(`${id}/${jid}`)] : [])];
    },
    scheduled,
    lost,
    lostOutbox: (id, but = new Set()) =>
      outstanding(id)
        .filter(({ job, pair }) => pair.state !== 'queued' && !but.has(job.jid))
        .flatMap(({ job }) => lost(job.jid, id, 'the minion lost its outbox')),
    abandon: (id, reason) => outstanding(id).flatMap(({ job }) => lost(job.jid, id, reason)),
    returnOf,
    async whenDelivered(jid, id, signal) {
      const pair = await waiters.until(
        jid,
        id,
        ({ state }) => state !== 'queued',
        () => pairBy('get', jid, id),
        signal,
      );
      return pair !== undefined && pair.state !== 'expired' && pair.state !== 'lost';
    },
    over,
    async outcome(jid, id, signal) {
      const ended = await over(jid, id, signal);
      if (ended.state !== 'returned') return ended;
      const answer = await returnOf(jid, id);
      if (!answer) return { jid, id, state: 'lost', reason: 'the return is no longer kept' };
      return { ...ended, return: answer['return'] ?? null };
    },
    expire,
    async forget(keepMs, bytes = Infinity) {
      for (;;) {
        const changes = forgetSome(clock.now() - keepMs, bytes);
        if (changes.length === 0) return;
        await store.commit(changes);
      }
    },
    onCreated: (listener) => void createdListeners.push(listener),
    onPair: (listener) =>
      pairs.watch((key, pair) => {
        const [jid = '', id = ''] = key.split('/');
        if (pair) listener(jid, id, pair);
      }),
    stats: () => ({ ...counters }),
  };
}

/** Positional arguments, and the named ones in a last map that says so, as Salt lays them out. */
export function saltArguments({ arg, kwarg }: Pick<Job, 'arg' | 'kwarg'>): Json[] {
  return Object.keys(kwarg).length === 0 ? [...arg] : [...arg, { ...kwarg, __kwarg__: true }];
}
