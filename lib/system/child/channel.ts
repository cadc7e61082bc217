import { messageOf, TsaltError } from '../../errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../json.ts';
import type { Place } from '../../place.ts';

/*
 * Questions and answers between the master and a child process, both ways: `{ask, what, of}` is answered by `{answer, value}`
 * or `{answer, error}`.
 */

export interface Channel {
  /** Asks the other side. Rejects with what it threw, or with what `close` was given. */
  ask(what: string, of: Json): Promise<Json>;
  /** A message from the other side. */
  receive(message: unknown): void;
  /** Nothing more will come: rejects what is unanswered. */
  close(reason: Error): void;
}

type Answerer = (what: string, of: Json) => Promise<Json | undefined>;

export function channel(send: (message: JsonMap) => void, answer: Answerer): Channel {
  const waiting = new Map<number, { resolve(value: Json): void; reject(error: Error): void }>();
  let last = 0;
  let closed: Error | undefined;

  async function serve(number: number, what: string, of: Json): Promise<void> {
    try {
      send({ answer: number, value: (await answer(what, of)) ?? null });
    } catch (error) {
      send({ answer: number, error: packError(error) });
    }
  }

  return {
    async ask(what, of) {
      if (closed) throw closed;
      const number = ++last;
      return new Promise((resolve, reject) => {
        waiting.set(number, { resolve, reject });
        send({ ask: number, what, of });
      });
    },
    receive(message) {
      if (!isMap(message)) return;
      const { ask, what, of, answer: answered, value, error } = message;
      if (typeof ask === 'number' && typeof what === 'string') void serve(ask, what, of as Json);
      if (typeof answered !== 'number') return;
      const asker = waiting.get(answered);
      waiting.delete(answered);
      if (error !== undefined) asker?.reject(unpackError(error));
      else asker?.resolve((value ?? null) as Json);
    },
    close(reason) {
      closed = reason;
      for (const asker of waiting.values()) asker.reject(reason);
      waiting.clear();
    },
  };
}

/** An error as data; place, code and hint of ours stay. */
export function packError(error: unknown): JsonMap {
  if (!(error instanceof TsaltError)) return { message: messageOf(error) };
  const { code, sentence, place, hint } = error;
  return { code, sentence, place: place ? { ...place } : null, hint: hint ?? null };
}

export function unpackError(error: unknown): Error {
  if (!isMap(error) || typeof error['code'] !== 'string') {
    return new Error(isMap(error) && typeof error['message'] === 'string' ? error['message'] : 'failed');
  }
  const { code, sentence, place, hint } = error;
  return new TsaltError(code, typeof sentence === 'string' ? sentence : '', {
    hint: typeof hint === 'string' ? hint : undefined,
    place: isPlace(place) ? place : undefined,
  });
}

function isPlace(place: unknown): place is Place {
  return (
    isMap(place) &&
    typeof place['file'] === 'string' &&
    typeof place['line'] === 'number' &&
    typeof place['column'] === 'number' &&
    (place['text'] === undefined || typeof place['text'] === 'string')
  );
}
