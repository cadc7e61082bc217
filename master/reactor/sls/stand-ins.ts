import type { Json } from '../../../lib/json.ts';

/*
 * What a template prints of an event never reaches the YAML reader. A stand-in does: a word made of letters and digits that
 * is a plain scalar wherever it stands. The values take their places in the finished data. So nothing that an event carries
 * can end a string, open a map, or add a reaction.
 */

export interface StandIns {
  /** A word that stands for the value. */
  word(value: Json): string;
  /** Learns from the rendered text which stand-ins are in quotes: these are text whatever their value is. */
  look(text: string): void;
  /** Whether a stand-in is in the text. */
  isIn(text: string): boolean;
  /** The text with the values in their places; a stand-in that is the whole text gives the value itself. */
  value(text: string): Json;
  /** The text with the values in their places as `write` gives them. */
  text(text: string, write?: (value: Json) => string): string;
}

/** `nonce`: letters and digits that no template has by chance. */
export function standIns(nonce: string): StandIns {
  const values: Json[] = [];
  const quoted = new Set<number>();
  const any = new RegExp(`val${nonce}n(\\d+)e`);
  const every = new RegExp(any, 'g');
  const inQuotes = new RegExp(`(['"])${any.source}\\1`, 'g');
  const whole = new RegExp(`^${any.source}$`);
  const replace = (text: string, write: (value: Json) => string) =>
    text.replace(every, (_, index: string) => write(values[Number(index)] ?? null));
  return {
    word(value) {
      return `val${nonce}n${values.push(value) - 1}e`;
    },
    look(text) {
      for (const [, , index] of text.matchAll(inQuotes)) quoted.add(Number(index));
    },
    isIn: (text) => any.test(text),
    value(text) {
      const index = whole.exec(text)?.[1];
      if (index === undefined || quoted.has(Number(index))) return replace(text, written);
      return values[Number(index)] ?? null;
    },
    text: (text, write = written) => replace(text, write),
  };
}

/** A value inside a larger text: as a template prints it, or JSON. */
function written(value: Json): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}
