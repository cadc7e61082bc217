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

/** How long `nonce` is. */
export const NONCE_DIGITS = 12;

// Of any nonce: making these expressions anew for each event took a quarter of the time of a rendering.
const ANY = `val([0-9a-f]{${NONCE_DIGITS}})n(\\d+)e`;
const every = new RegExp(ANY, 'g');
const inQuotes = new RegExp(`(['"])${ANY}\\1`, 'g');
const whole = new RegExp(`^${ANY}$`);

/** `nonce`: hexadecimal digits that no template has by chance, and no event can know. */
export function standIns(nonce: string): StandIns {
  const values: Json[] = [];
  const quoted = new Set<number>();
  const replace = (text: string, write: (value: Json) => string) =>
    text.replace(every, (found, of: string, index: string) =>
      of === nonce ? write(values[Number(index)] ?? null) : found,
    );
  return {
    word(value) {
      return `val${nonce}n${values.push(value) - 1}e`;
    },
    look(text) {
      for (const [, , of, index] of text.matchAll(inQuotes)) if (of === nonce) quoted.add(Number(index));
    },
    isIn: (text) => text.includes(`val${nonce}n`),
    value(text) {
      const [, of, index] = whole.exec(text) ?? [];
      if (of !== nonce || quoted.has(Number(index))) return replace(text, written);
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
