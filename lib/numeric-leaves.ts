import { isMap, type Json } from './json.ts';

/** The numbers in a value (texts that are numbers, too), each with the keys that lead to it through maps. */
export function numericLeaves(value: Json): [keys: readonly string[], number][] {
  const number = numberOf(value);
  if (number !== undefined) return [[[], number]];
  if (!isMap(value)) return [];
  return Object.entries(value as Record<string, Json>).flatMap(([key, child]) =>
    numericLeaves(child).map(([keys, leaf]): [readonly string[], number] => [[key, ...keys], leaf]),
  );
}

/** A finite number, or a text that is a decimal number. */
export function numberOf(value: Json | undefined): number | undefined {
  const text = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
  const number = typeof value === 'number' || text ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
