import type { KeyObject } from 'node:crypto';
import type { Jid } from '../lib/ids.ts';
import type { SessionKeys } from './channel.ts';
import type { Counters } from './counters.ts';
import { claimedNumber, openJob, type OpenedJob } from './jobs.ts';

/** Frames that wait for earlier ones. */
const heldFrames = 1024;
const rememberedJobs = 100_000;

/** The jobs this process has begun, until they expire: none begins twice, in whichever session it comes. */
export class SeenJobs {
  readonly #expiry = new Map<Jid, number>();

  /** Whether this one is new and has not expired, and from now on is neither. `now` is the master's time, in ms. */
  admit(jid: Jid, expires: number, now: number): 'new' | 'repeated' | 'expired' {
    if (expires <= now) return 'expired';
    if (this.#expiry.has(jid)) return 'repeated';
    if (this.#expiry.size >= rememberedJobs) this.#forget(now);
    this.#expiry.set(jid, expires);
    return 'new';
  }

  #forget(now: number): void {
    for (const [jid, expires] of this.#expiry) if (expires <= now) this.#expiry.delete(jid);
    const [oldest] = this.#expiry.keys();
    if (oldest !== undefined && this.#expiry.size >= rememberedJobs) this.#expiry.delete(oldest);
  }
}

export interface InboxNeeds {
  readonly keys: SessionKeys;
  readonly master: KeyObject;
  /** The minion's own public key. */
  readonly self: Buffer;
  readonly counters: Counters;
  deliver(job: OpenedJob): void;
  /** Asks the master for everything from this number on. */
  fetch(from: number): void;
}

/** One session's published frames: each is delivered once and in order, and what is missing is fetched. */
export class Inbox {
  readonly #needs: InboxNeeds;
  readonly #held = new Map<number, OpenedJob>();
  #next = 1;
  /** The highest number known to be published. */
  #published = 0;
  #fetching = false;

  constructor(needs: InboxNeeds) {
    this.#needs = needs;
  }

  /** Everything up to here has been delivered. */
  get seen(): number {
    return this.#next - 1;
  }

  /** A frame from the publish port. */
  published(frame: Buffer): void {
    this.#take(frame);
    this.#catchUp();
  }

  /** The master has published up to this number. */
  announced(published: number): void {
    this.#published = Math.max(this.#published, published);
    this.#catchUp();
  }

  /** The answer to a fetch: frames from `from` on; what is before it is lost to this session. */
  fetched(from: number, frames: readonly Buffer[], published: number): void {
    this.#fetching = false;
    if (from > this.#next) this.#leap(from);
    for (const frame of frames) this.#take(frame);
    // One that cannot be opened will not get better by being asked for again.
    if (frames.length > 0 && this.#next <= from) this.#leap(from + frames.length);
    this.announced(published);
  }

  #take(frame: Buffer): void {
    const { counters, keys, master, self } = this.#needs;
    const claimed = claimedNumber(frame, keys.session);
    if (typeof claimed === 'string') return counters.add(`refused.${claimed}`);
    const number = Number(claimed);
    if (number < this.#next || this.#held.has(number)) return counters.add('refused.replayed');
    const job = openJob(frame, keys, master, self);
    if (typeof job === 'string') return counters.add(`refused.${job}`);
    this.#published = Math.max(this.#published, number);
    if (number !== this.#next && this.#held.size >= heldFrames) return counters.add('jobs.dropped');
    this.#held.set(number, job);
    this.#drain();
  }

  #drain(): void {
    for (let job = this.#held.get(this.#next); job; job = this.#held.get(this.#next)) {
      this.#held.delete(this.#next);
      this.#next++;
      this.#needs.deliver(job);
    }
  }

  /** What is before `to` comes no more: of it, only what is held is delivered. */
  #leap(to: number): void {
    for (; this.#next < to; this.#next++) {
      const job = this.#held.get(this.#next);
      this.#held.delete(this.#next);
      if (job) this.#needs.deliver(job);
      else this.#needs.counters.add('jobs.missed');
    }
    this.#drain();
  }

  #catchUp(): void {
    if (this.#fetching || this.#next > this.#published) return;
    this.#fetching = true;
    this.#needs.counters.add('fetches');
    this.#needs.fetch(this.#next);
  }
}
