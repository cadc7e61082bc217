import type { Clock } from '../lib/clock.ts';
import { wireErrors } from '../lib/errors/wire.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import { decodeJson, encodeJson, isWireMap, type WireMap } from './codec.ts';
import { upLimits } from './gate.ts';

const waitingQuestions = 1000;

interface Asked {
  readonly question: string;
  readonly body: Buffer;
  resolve(answer: JsonMap): void;
  reject(error: unknown): void;
  cancel(): void;
}

/** What the minion asks: a few at a time are on their way, the others wait their turn; each has its own time-out. */
export class Questions {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #asked = new Map<number, Asked>();
  readonly #queue: Asked[] = [];
  #last = 0;
  #send: ((message: WireMap) => void) | undefined;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** A session stands: questions go this way. */
  open(send: (message: WireMap) => void): void {
    this.#send = send;
  }

  /** No session any more: every question that waits fails. */
  close(state: string): void {
    this.#send = undefined;
    const open = [...this.#asked.values(), ...this.#queue];
    this.#asked.clear();
    this.#queue.length = 0;
    for (const asked of open) {
      asked.cancel();
      asked.reject(wireErrors.noSession({ state }));
    }
  }

  /** Raises `TS_WIRE_UNFIT`, `TS_WIRE_BUSY`, `TS_WIRE_NO_SESSION`, `TS_WIRE_TIMEOUT`, `TS_WIRE_ANSWERED`. */
  async ask(question: string, body: JsonMap, timeoutMs: number, state: string): Promise<JsonMap> {
    if (!this.#send) throw wireErrors.noSession({ state });
    const waiting = this.#queue.length;
    if (waiting >= waitingQuestions) throw wireErrors.busy({ question, waiting });
    const bytes = encodeJson(body, upLimits);
    return new Promise<JsonMap>((resolve, reject) => {
      const asked: Asked = {
        question,
        body: bytes,
        resolve,
        reject,
        cancel: this.#clock.after(timeoutMs, () => {
          this.#drop(asked);
          reject(wireErrors.timeout({ question, ms: timeoutMs }));
        }),
      };
      this.#queue.push(asked);
      this.#next();
    });
  }

  answered({ id, body, error }: WireMap): void {
    const asked = typeof id === 'number' ? this.#asked.get(id) : undefined;
    if (typeof id !== 'number' || !asked) return;
    this.#asked.delete(id);
    asked.cancel();
    const answer = decodeJson(body);
    if (answer && isMap(answer)) asked.resolve(answer);
    else asked.reject(errorOf(asked.question, isWireMap(error) ? error : {}));
    this.#next();
  }

  #next(): void {
    while (this.#send && this.#asked.size < this.#most) {
      const asked = this.#queue.shift();
      if (!asked) return;
      const id = ++this.#last;
      this.#asked.set(id, asked);
      this.#send({ id, q: asked.question, body: asked.body });
    }
  }

  #drop(asked: Asked): void {
    const place = this.#queue.indexOf(asked);
    if (place >= 0) this.#queue.splice(place, 1);
    for (const [id, other] of this.#asked) if (other === asked) this.#asked.delete(id);
    this.#next();
  }
}

function errorOf(question: string, { code, message }: WireMap): Error {
  const said = typeof message === 'string' ? message : 'no reason';
  return wireErrors.answered({ question, message: said }, { cause: { code, message } });
}
