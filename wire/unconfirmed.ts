import { howManyFit } from '../lib/how-many-fit.ts';

/** The frames published to one session that it has not confirmed yet. */
export class Unconfirmed {
  readonly #frames: Buffer[] = [];
  readonly #most: number;
  readonly #mostBytes: number;
  #first = 1;
  #bytes = 0;
  #isFull = false;

  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  /**
   * There were as many as may be, and more than half of that still are: whoever fills it does so a good many at a time. One
   * frame may be as long as it likes.
   */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The number of the last frame. */
  get last(): number {
    return this.#first + this.#frames.length - 1;
  }

  /** The number of the oldest frame that is not confirmed. */
  get first(): number {
    return this.#first;
  }

  push(frame: Buffer): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#isFull ||= this.#frames.length >= this.#most || this.#bytes >= this.#mostBytes;
  }

  /** Everything up to `number` has arrived. */
  confirm(number: number): void {
    const arrived = this.#frames.splice(0, number - this.#first + 1);
    for (const { length } of arrived) this.#bytes -= length;
    this.#first += arrived.length;
    this.#isFull &&= this.#frames.length > this.#most / 2 || this.#bytes > this.#mostBytes / 2;
  }

  /** Frames from `number` on, oldest first, of at most `bytes` together but one at least. */
  from(number: number, bytes: number): Buffer[] {
    const frames = this.#frames.slice(Math.max(0, number - this.#first));
    return frames.slice(
      0,
      howManyFit(frames, bytes, ({ length }) => length),
    );
  }
}
