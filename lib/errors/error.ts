import { codeFrame, formatPlace, type Place } from '../place.ts';

export interface ErrorDetails {
  /** Where in somebody's file the mistake is. */
  readonly place?: Place | undefined;
  /** What to do about it: the nearest right name, what was expected, a command to run. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** More mistakes of the same thing, found after this one. */
  readonly others?: readonly TsaltError[];
}

/** Every error tsalt makes on purpose: made by a catalogue entry, never by hand. */
export class TsaltError extends Error {
  override readonly name = 'TsaltError';
  /** Stable, documented name of the kind of error, such as `TS_STATE_UNKNOWN_FUNCTION`. */
  readonly code: string;
  /** The sentence alone, without place and hint. */
  readonly sentence: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
  /** More mistakes of the same thing, for who tells all at once; they are no part of the message. */
  readonly others: readonly TsaltError[];

  constructor(code: string, sentence: string, { place, hint, cause, others = [] }: ErrorDetails = {}) {
    super(layout(sentence, place, hint), cause === undefined ? undefined : { cause });
    this.code = code;
    this.sentence = sentence;
    this.place = place;
    this.hint = hint;
    this.others = others;
  }
}

/** Several mistakes of one thing as one error: the first, with the others. Each is there once. */
export function together(first: TsaltError, more: readonly TsaltError[]): TsaltError {
  const others = [...new Map(more.map((error) => [error.message, error])).values()].filter(
    ({ message }) => message !== first.message,
  );
  const { code, sentence, place, hint, cause } = first;
  return others.length === 0 ? first : new TsaltError(code, sentence, { place, hint, cause, others });
}

function layout(sentence: string, place: Place | undefined, hint: string | undefined): string {
  const lines = [place ? `${formatPlace(place)}: ${sentence}` : sentence];
  const frame = place ? codeFrame(place) : '';
  if (frame) lines.push(frame);
  if (place?.inside !== undefined) lines.push(`in what it makes: ${place.inside}`);
  if (hint) lines.push(`hint: ${hint}`);
  return lines.join('\n');
}

// The parameter's type is each entry's own; `never` accepts them all and loses none.
type Sentences = Record<string, (facts: never) => string>;

export type Catalogue<S extends Sentences> = {
  readonly [K in keyof S]: (facts: Parameters<S[K]>[0], details?: ErrorDetails) => TsaltError;
};

/**
 * One room's errors: each entry is a sentence made of facts, and gives the error's stable code
 * (`catalogue('TS_STATE', {unknownFunction})` makes `TS_STATE_UNKNOWN_FUNCTION`).
 */
export function catalogue<S extends Sentences>(prefix: string, sentences: S): Catalogue<S> {
  const entries = Object.entries(sentences).map(([key, sentence]) => {
    const code = `${prefix}_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
    return [key, (facts: never, details?: ErrorDetails) => new TsaltError(code, sentence(facts), details)];
  });
  return Object.fromEntries(entries) as Catalogue<S>;
}

/** What to print of anything that was thrown: the sentence of ours, the message of an error, the text of the rest. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** "did you mean 'x'?" for a hint, or nothing when there is no near name. */
export function didYouMean(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `did you mean '${name}'?`;
}
