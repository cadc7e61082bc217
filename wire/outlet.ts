import { encodeJson, type WireValue } from './codec.ts';
import { upLimits } from './gate.ts';
import { itemParts, messageBytes, messageItems } from './session.ts';
import type { UpItem } from './types.ts';

interface Waiting {
  readonly parts: WireValue[];
  readonly bytes: number;
}

/** Items on their way up in one session: those handed over in one turn travel as one message, at most `window` unanswered. */
export class Outlet {
  readonly #window: number;
  readonly #send: (items: WireValue[]) => void;
  readonly #roomAgain: (acknowledged: number) => void;
  #waiting: Waiting[] = [];
  #queued = false;
  #taken: number;
  #acknowledged: number;
  #turnedAway = false;

  constructor(
    durable: number,
    window: number,
    send: (items: WireValue[]) => void,
    roomAgain: (acknowledged: number) => void,
  ) {
    this.#taken = durable;
    this.#acknowledged = durable;
    this.#window = window;
    this.#send = send;
    this.#roomAgain = roomAgain;
  }

  /** False when it was not taken. Raises `TS_WIRE_UNFIT`. */
  take(item: UpItem): boolean {
    if (item.n <= this.#taken) return true;
    if (this.#turnedAway || item.n !== this.#taken + 1 || this.#taken - this.#acknowledged >= this.#window) {
      this.#turnedAway = true;
      return false;
    }
    const body = encodeJson(item.body, upLimits);
    this.#taken = item.n;
    this.#waiting.push({ parts: itemParts(item, body), bytes: body.length });
    if (!this.#queued) {
      this.#queued = true;
      queueMicrotask(() => this.#flush());
    }
    return true;
  }

  acknowledged(n: number): boolean {
    if (n <= this.#acknowledged || n > this.#taken) return false;
    this.#acknowledged = n;
    return true;
  }

  /** Says that there is room again, once there is, if somebody was turned away. */
  offer(): void {
    if (!this.#turnedAway || this.#taken - this.#acknowledged > this.#window / 2) return;
    this.#turnedAway = false;
    this.#roomAgain(this.#acknowledged);
  }

  #flush(): void {
    this.#queued = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    let items: WireValue[] = [];
    let bytes = 0;
    for (const next of waiting) {
      if (items.length >= messageItems || (items.length > 0 && bytes + next.bytes > messageBytes)) {
        this.#send(items);
        items = [];
        bytes = 0;
      }
      items.push(next.parts);
      bytes += next.bytes;
    }
    if (items.length > 0) this.#send(items);
  }
}
