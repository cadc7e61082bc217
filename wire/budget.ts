import type { Clock } from '../lib/clock.ts';

/** A bucket that fills by `perSecond` and holds two seconds' worth. */
export class Budget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #level: number;
  #filledAt: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#level = 2 * perSecond;
    this.#filledAt = clock.monotonic();
  }

  /** Takes that much if anything is left; what is taken beyond the rest is owed. */
  take(amount: number): boolean {
    if (!this.isLeft()) return false;
    this.#level -= amount;
    return true;
  }

  isLeft(): boolean {
    const now = this.#clock.monotonic();
    this.#level = Math.min(2 * this.#perSecond, this.#level + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    return this.#level > 0;
  }
}
