import { configErrors } from '../errors/config.ts';
import { isJsonMap, type JsonMap } from '../json.ts';
import { readDocument } from './document.ts';
import { findForbiddenKeys } from './forbidden-keys.ts';
import type { Finding } from './option.ts';

/** Lists and maps inside each other in one grain: with what is around grains in a question, as deep as a message may be. */
export const DEEPEST_GRAIN = 14;

/**
 * The grains in the text of a file `grains`. Raises `TS_CONFIG_SYNTAX`, `TS_CONFIG_NOT_A_MAP`, and `TS_CONFIG_FORBIDDEN_KEY`,
 * `TS_CONFIG_DEEP_GRAIN` and `TS_CONFIG_ENDLESS_NUMBER` for what no message can carry.
 */
export function readGrainsText(file: string, text: string): JsonMap {
  const { values, placeOf } = readDocument(file, text);
  const [found] = findInGrains(values);
  if (found) throw found.error({ place: placeOf(found.path, found.ofKey) });
  return isJsonMap(values) ? values : {};
}

/** What is in grains that no message can carry: a minion that had it could not tell the master of any. */
export function findInGrains(grains: Readonly<Record<string, unknown>>): Finding[] {
  const found = Object.entries(grains).flatMap(([grain, value]) => findInGrain(grain, value, [grain]));
  // Only what has an end is walked through to its end.
  return found.length > 0 ? found : findForbiddenKeys(grains);
}

function findInGrain(grain: string, value: unknown, path: Finding['path']): Finding[] {
  const found = (error: Finding['error']): Finding[] => [{ path, ofKey: false, isHarmless: false, error }];
  if (typeof value === 'number' && !Number.isFinite(value))
    return found((more) => configErrors.endlessNumber({ grain, value }, more));
  if (typeof value !== 'object' || value === null) return [];
  if (path.length > DEEPEST_GRAIN) return found((more) => configErrors.deepGrain({ grain, most: DEEPEST_GRAIN }, more));
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, inner]) =>
    findInGrain(grain, inner, [...path, isList ? Number(key) : key]),
  );
}
