/** The last frames published to one session, until it has confirmed them; the oldest go when there are too many. */
export class Ring {
  readonly #frames: Buffer[] = [];
  readonly #most: number;
  readonly #mostBytes: number;
  #first = 1;
  #bytes = 0;

  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  /** The number of the last frame. */
  get last(): number {
    return this.#first + this.#frames.length - 1;
  }

  /** The number of the oldest frame still here. */
  get first(): number {
    return this.#first;
  }

  push(frame: Buffer): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    while (this.#frames.length > this.#most || (this.#bytes > this.#mostBytes && this.#frames.length > 1)) this.#drop();
  }

  /** Everything up to `number` has arrived. */
  confirm(number: number): void {
    while (this.#first <= number && this.#frames.length > 0) this.#drop();
  }

  /** Frames from `number` on, oldest first, of at most `bytes` together but one at least. */
  from(number: number, bytes: number): Buffer[] {
    const found: Buffer[] = [];
    let size = 0;
    for (let i = Math.max(0, number - this.#first); i < this.#frames.length; i++) {
      const frame = this.#frames[i];
      if (!frame || (found.length > 0 && size + frame.length > bytes)) break;
      found.push(frame);
      size += frame.length;
    }
    return found;
  }

  #drop(): void {
    this.#bytes -= this.#frames.shift()?.length ?? 0;
    this.#first++;
  }
}
