import { isDeepStrictEqual } from 'node:util';
import { isMap, type Json, type JsonMap } from '../lib/json.ts';
import type { MergeStrategy } from '../lib/pillar-settings.ts';
import { keysOf } from '../lib/yaml/maps.ts';

/** How what several files say becomes one. */
export interface Merging {
  readonly strategy: MergeStrategy;
  /** `pillar_merge_lists`: lists that both have are joined, each value once. */
  readonly lists: boolean;
}

/**
 * Both maps as one, by Salt's rules. `smart`, `recurse`: where both have a key, maps merge and anything else of `over` wins.
 * `overwrite`: the keys of `over` win, whatever is in them. `aggregate` is the same here, for it merges only what `!aggregate`
 * marks in Salt's yamlex, which there is not. `none` is about which files there are at all, and merges as `recurse`.
 */
export function mergePillar(under: JsonMap, over: JsonMap, { strategy, lists }: Merging): JsonMap {
  if (strategy === 'overwrite' || strategy === 'aggregate') return mergeWith(under, over, (_, above) => above);
  return mergeDeep(under, over, lists && strategy !== 'none');
}

/** Both maps as one; where both have a key, maps merge, lists are joined if so wished, and anything else of `over` wins. */
export function mergeDeep(under: JsonMap, over: JsonMap, lists = false): JsonMap {
  return mergeWith(under, over, (below, above) => {
    if (isMap(below) && isMap(above)) return mergeDeep(below as JsonMap, above as JsonMap, lists);
    return lists && Array.isArray(below) && Array.isArray(above) ? joined(below, above) : above;
  });
}

function mergeWith(under: JsonMap, over: JsonMap, both: (below: Json | undefined, above: Json) => Json): JsonMap {
  const merged = Object.assign(Object.create(null), under) as JsonMap;
  for (const key of keysOf(over)) merged[key] = both(merged[key], over[key] ?? null);
  return merged;
}

function joined(below: readonly Json[], above: readonly Json[]): Json[] {
  const all = [...below];
  for (const value of above) if (!all.some((other) => isDeepStrictEqual(other, value))) all.push(value);
  return all;
}
