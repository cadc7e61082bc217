import type { Scalar } from './scalar.ts';

/*
 * YAML's maps are plain objects without a prototype. Two things that such an object can't hold are kept beside it: the
 * order of keys that look like numbers, and what a key was before it became text.
 */

export type Yaml = Scalar | Yaml[] | YamlMap;
export interface YamlMap {
  [key: string]: Yaml;
}

const written = new WeakMap<YamlMap, Map<string, Scalar>>();
const looksLikeIndex = /^(?:0|[1-9][0-9]{0,9})$/;

export function newMap(): YamlMap {
  return Object.create(null) as YamlMap;
}

/** Puts in an entry; false when the map has that key already. */
export function addEntry(map: YamlMap, key: Scalar, value: Yaml): boolean {
  const name = keyText(key);
  const odd = written.get(map);
  if (name in map) return false;
  if (odd) odd.set(name, key);
  else if (typeof key !== 'string' || looksLikeIndex.test(key)) {
    written.set(map, new Map([...Object.keys(map).map((known) => [known, known] as const), [name, key]]));
  }
  map[name] = value;
  return true;
}

/** The key as text: as Salt's JSON writes it. */
export function keyText(key: Scalar): string {
  return typeof key === 'string' ? key : String(key);
}

/** The keys in the order of the file. */
export function keysOf(map: object): string[] {
  const odd = written.get(map as YamlMap);
  return odd ? [...odd.keys()] : Object.keys(map);
}

/** What the key is in YAML: `80` a number, `yes` a boolean, `'80'` text. */
export function keyAsWritten(map: object, key: string): Scalar {
  const odd = written.get(map as YamlMap);
  return odd?.has(key) ? (odd.get(key) ?? null) : key;
}
