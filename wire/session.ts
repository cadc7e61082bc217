import type { Clock } from '../lib/clock.ts';
import { TsaltError } from '../lib/errors/error.ts';
import { failpoint } from '../lib/failpoint.ts';
import type { MinionId } from '../lib/ids.ts';
import type { JsonMap } from '../lib/json.ts';
import { Budget } from './budget.ts';
import type { Channel } from './channel.ts';
import { decodeJson, encodeJson, type WireMap, type WireValue } from './codec.ts';
import type { Counters } from './counters.ts';
import { kinds, type Kind } from './envelope.ts';
import type { Proven } from './handshake.ts';
import { upLimits } from './gate.ts';
import { fingerprintOf, sha256 } from './keys.ts';
import type { ListenLimits, MasterHandlers, MasterSession, UpItem } from './types.ts';
import { Unconfirmed } from './unconfirmed.ts';

/** Bytes of published frames in one answer to a minion that catches up. */
const catchUpBytes = 512 << 10;
const fetchesPerSecond = 50;
const fetchDelayMs = 50;
const subscriptionsPerSecond = 5;

export interface SessionNeeds {
  readonly handlers: MasterHandlers;
  readonly limits: ListenLimits;
  readonly counters: Counters;
  readonly clock: Clock;
  send(frame: Buffer): void;
}

/** The master's end of an accepted minion's session: what comes up in order, what goes down numbered. */
export class LiveSession implements MasterSession {
  readonly id: MinionId;
  readonly fingerprint: string;
  readonly incarnation: string;
  readonly generation: number;
  readonly outbox: string;
  /** SHA-256 of the minion's key, as job targets carry it. */
  readonly keyHash: Buffer;
  readonly channel: Channel;
  /** It listens to its topic. */
  subscribed = false;
  readonly #unconfirmed: Unconfirmed;
  readonly #needs: SessionNeeds;
  #received: number;
  #acknowledged: number;
  #ackQueued = false;
  /** The last frame that should have arrived by now. */
  #due = 0;
  /** The last one that should have by the next time. */
  #dueNext = 0;
  #reminded = 0;
  #questions = 0;
  #fetchWaits = false;
  /** Catching up and subscribing make the master work far more than the minion: a few in a second are answered at once. */
  readonly #fetches: Budget;
  readonly #subscriptions: Budget;

  constructor(proven: Proven, durable: number, needs: SessionNeeds) {
    this.id = proven.id;
    this.fingerprint = fingerprintOf(proven.publicKey);
    this.incarnation = proven.incarnation;
    this.generation = proven.generation;
    this.outbox = proven.outbox;
    this.keyHash = sha256(proven.publicKey);
    this.channel = proven.channel;
    this.#unconfirmed = new Unconfirmed(needs.limits.unconfirmedFrames, needs.limits.unconfirmedBytes);
    this.#fetches = new Budget(needs.clock, fetchesPerSecond);
    this.#subscriptions = new Budget(needs.clock, subscriptionsPerSecond);
    this.#received = durable;
    this.#acknowledged = durable;
    this.#needs = needs;
  }

  /** Takes a message that is the session's next; one of no known kind has no effect. */
  take(kind: number, body: WireMap): void {
    if (kind === kinds.items) return this.#items(body);
    if (kind === kinds.question) return void this.#question(body);
    if (kind === kinds.fetch) return this.#fetch(body['from']);
    if (kind === kinds.beat) {
      this.#confirm(body['seen']);
      return this.beat();
    }
    this.#needs.counters.add('refused.unexpected');
  }

  get isFull(): boolean {
    return this.#unconfirmed.isFull;
  }

  /** The subscription stands, now or again: the minion is told, and sees by the number whether it missed anything. */
  listens(): boolean {
    const first = !this.subscribed;
    this.subscribed = true;
    this.#due = this.#unconfirmed.last;
    if (this.#subscriptions.take(1)) this.beat();
    return first;
  }

  /** Makes the next frame, and keeps it until it is confirmed. */
  publish(make: (number: bigint) => Buffer): Buffer {
    const frame = make(BigInt(this.#unconfirmed.last + 1));
    this.#unconfirmed.push(frame);
    return frame;
  }

  beat(): void {
    const now = this.#needs.clock.now();
    this.#send(kinds.beat, { published: this.#due, subscribed: this.subscribed, now });
  }

  /**
   * Called now and then: a frame that was there the last time and is not confirmed may have been dropped, so its number is said
   * once. Younger ones are on their way.
   */
  remind(): void {
    this.#due = Math.max(this.#due, this.#dueNext);
    this.#dueNext = this.#unconfirmed.last;
    if (this.#due < this.#unconfirmed.first || this.#due === this.#reminded) return;
    this.#reminded = this.#due;
    this.beat();
  }

  acknowledge(n: number): void {
    if (n > this.#received) return;
    this.#acknowledged = Math.max(this.#acknowledged, n);
    if (this.#ackQueued) return;
    this.#ackQueued = true;
    // Everything acknowledged in this turn goes as one message.
    queueMicrotask(() => {
      this.#ackQueued = false;
      this.#send(kinds.ack, { n: this.#acknowledged, published: this.#due });
      failpoint('items-acknowledged');
    });
  }

  bye(code: 'fenced' | 'closed', reason: string): void {
    this.#send(kinds.bye, { code, reason });
  }

  #send(kind: Kind, body: WireMap): void {
    this.#needs.send(this.channel.seal(kind, body));
  }

  #items(body: WireMap): void {
    this.#confirm(body['seen']);
    const { counters, handlers } = this.#needs;
    const fresh: UpItem[] = [];
    let repeated = false;
    const raws = Array.isArray(body['items']) ? body['items'] : [];
    if (raws.length > 1 && !mayTravelTogether(raws)) return counters.add('refused.undecodable');
    for (const raw of raws) {
      const item = itemOf(raw);
      if (!item) {
        counters.add('items.undecodable');
        break;
      }
      if (item.n <= this.#received) {
        repeated = true;
        counters.add('items.repeated');
      } else if (item.n > this.#received + 1) {
        counters.add('items.gap');
      } else {
        this.#received = item.n;
        fresh.push(item);
      }
    }
    if (repeated) this.acknowledge(this.#acknowledged);
    if (fresh.length === 0) return;
    counters.add('items', fresh.length);
    handlers.received(this, fresh);
  }

  #confirm(seen: WireValue): void {
    if (typeof seen !== 'number' || seen > this.#unconfirmed.last || seen < this.#unconfirmed.first) return;
    const wasFull = this.isFull;
    this.#unconfirmed.confirm(seen);
    if (wasFull && !this.isFull) this.#needs.handlers.room(this);
  }

  #fetch(from: WireValue): void {
    if (typeof from !== 'number' || !Number.isSafeInteger(from) || from < 1) {
      return this.#needs.counters.add('refused.undecodable');
    }
    if (this.#fetchWaits) return this.#needs.counters.add('refused.hurried');
    if (this.#fetches.take(1)) return this.#catchUp(from);
    this.#fetchWaits = true;
    this.#needs.clock.after(fetchDelayMs, () => {
      this.#fetchWaits = false;
      this.#catchUp(from);
    });
  }

  #catchUp(from: number): void {
    this.#needs.counters.add('fetches');
    const start = Math.max(from, this.#unconfirmed.first);
    const frames = this.#unconfirmed.from(start, catchUpBytes);
    this.#send(kinds.frames, { from: start, frames, published: this.#due });
  }

  async #question({ q, id, body }: WireMap): Promise<void> {
    const asked = decodeJson(body, upLimits);
    if (typeof q !== 'string' || typeof id !== 'number' || !asked)
      return this.#needs.counters.add('refused.undecodable');
    if (this.#questions >= this.#needs.limits.questions)
      return this.#answer({ id, error: { code: 'busy', message: 'too many questions at a time' } });
    this.#questions++;
    try {
      const answer: JsonMap = await this.#needs.handlers.asked(this, q, asked);
      this.#answer({ id, body: encodeJson(answer) });
    } catch (error) {
      const code = error instanceof TsaltError ? error.code : 'failed';
      const message = error instanceof Error ? error.message : String(error);
      this.#answer({ id, error: { code, message: message.slice(0, 4096) } });
    } finally {
      this.#questions--;
    }
  }

  #answer(body: WireMap): void {
    this.#send(kinds.answer, body);
  }
}

/** Most items of one message, and bytes of more than one: what is decoded in one go is a few milliseconds' work. */
export const messageItems = 64;
export const messageBytes = 256 << 10;

function mayTravelTogether(raws: readonly WireValue[]): boolean {
  const bytesOf = (raw: WireValue): number => (Array.isArray(raw) && Buffer.isBuffer(raw[2]) ? raw[2].length : 0);
  return raws.length <= messageItems && raws.reduce((sum: number, raw) => sum + bytesOf(raw), 0) <= messageBytes;
}

const itemKinds = ['event', 'accepted', 'progress', 'return'] as const;

/** `[n, kind, body]` */
function itemOf(raw: WireValue): UpItem | undefined {
  if (!Array.isArray(raw)) return undefined;
  const [n, kindIndex, bytes] = raw;
  const kind = typeof kindIndex === 'number' ? itemKinds[kindIndex] : undefined;
  const body = decodeJson(bytes, upLimits);
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || !kind || !body) return undefined;
  return { n, kind, body };
}

/** As `itemOf` reads it. */
export function itemParts(item: UpItem, body: Buffer): WireValue[] {
  return [item.n, itemKinds.indexOf(item.kind), body];
}
