import { isMap } from '../json.ts';

/** `upper` laid over `lower`: maps merge deeply, lists and scalars replace. Neither is changed. */
export function merge(lower: Record<string, unknown>, upper: Record<string, unknown>): Record<string, unknown> {
  // Entries, not assignment: a key such as `__proto__` stays a key.
  const merged = new Map(Object.entries(lower));
  for (const [key, value] of Object.entries(upper)) {
    const below = merged.get(key);
    merged.set(key, isMap(below) && isMap(value) ? merge(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
