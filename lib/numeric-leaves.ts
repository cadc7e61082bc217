import { isMap, type Json } from './json.ts';

/** Longest names of a number altogether, in characters with one between two of them: carbon makes files of them. */
const LONGEST_NAME = 255;
/** Numbers of one value that are looked at: each becomes a line with all of its names. */
const MOST_NUMBERS = 100_000;

/**
 * The numbers in a value (texts that are numbers, too), each with the keys that lead to it through maps; at most `most`. Left out is
 * one whose keys have more than 255 characters: what a minion sends may have a long one over very many numbers, and each of them says
 * it again.
 */
export function numericLeaves(value: Json, most = MOST_NUMBERS): [keys: readonly string[], number][] {
  const leaves: [readonly string[], number][] = [];
  const look = (one: Json, keys: readonly string[], room: number): void => {
    if (leaves.length >= most) return;
    const number = numberOf(one);
    if (number !== undefined) leaves.push([keys, number]);
    // A key without characters takes room as well: nothing is looked into deeper than there is room.
    else if (isMap(one))
      for (const [key, child] of Object.entries(one as Record<string, Json>))
        if (key.length <= room) look(child, [...keys, key], room - key.length - 1);
  };
  look(value, [], LONGEST_NAME);
  return leaves;
}

/** A finite number, or a text that is a decimal number. */
export function numberOf(value: Json | undefined): number | undefined {
  const text = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
  const number = typeof value === 'number' || text ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
