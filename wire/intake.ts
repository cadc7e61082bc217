import type { Clock } from '../lib/clock.ts';
import { Budget } from './budget.ts';

const delayMs = 20;
const mostFrames = 2000;
const mostBytes = 8 << 20;

export interface IntakeNeeds {
  readonly clock: Clock;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Milliseconds of work that its frames may make in a second. */
  readonly workPerSecond: number;
  /** Reads a frame; called in the order they came. */
  take(frame: Buffer): void;
  delayed(): void;
  /** More waits than may. */
  overflow(): void;
}

/** What one connection sends, read no faster than its budget allows: what is beyond it waits, and costs no one else. */
export class Intake {
  readonly #needs: IntakeNeeds;
  readonly #messages: Budget;
  readonly #bytes: Budget;
  readonly #work: Budget;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #closed = false;

  constructor(needs: IntakeNeeds) {
    this.#needs = needs;
    this.#messages = new Budget(needs.clock, needs.messagesPerSecond);
    this.#bytes = new Budget(needs.clock, needs.bytesPerSecond);
    this.#work = new Budget(needs.clock, needs.workPerSecond);
  }

  received(frame: Buffer): void {
    if (this.#waiting.length === 0 && this.#affords(frame)) return this.#read(frame);
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    this.#needs.delayed();
    if (this.#waiting.length > mostFrames || this.#waitingBytes > mostBytes) return this.#needs.overflow();
    if (this.#waiting.length === 1) this.#later();
  }

  /** Nothing of it is read any more. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #later(): void {
    this.#needs.clock.after(delayMs, () => {
      for (let frame = this.#waiting[0]; frame && !this.#closed && this.#affords(frame); frame = this.#waiting[0]) {
        this.#waiting.shift();
        this.#waitingBytes -= frame.length;
        this.#read(frame);
      }
      if (this.#waiting.length > 0) this.#later();
    });
  }

  #affords(frame: Buffer): boolean {
    return this.#work.isLeft() && this.#messages.take(1) && this.#bytes.take(frame.length);
  }

  #read(frame: Buffer): void {
    this.work(() => this.#needs.take(frame));
  }

  /** Does what its frames ask for. How much work that is shows when it is done: what it took beyond the budget is owed by the next ones. */
  work(act: () => void): void {
    const began = this.#needs.clock.monotonic();
    act();
    this.#work.take(this.#needs.clock.monotonic() - began);
  }
}
