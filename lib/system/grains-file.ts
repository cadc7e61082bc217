import * as v from 'valibot';
import { findInGrains, readGrainsText } from '../config/grains.ts';
import { editMinionFile, minionFile, type MinionFile } from '../config/minion-file.ts';
import type { Reading, Step } from '../contracts/machine.ts';
import { forbiddenKeys, isJson, isJsonMap, isMap, type Json, type JsonMap } from '../json.ts';

/* What the states and functions of `grains` have in common. The file `grains` beside the minion's config holds what they set. */

export const grainArgs = {
  name: v.pipe(v.string(), v.minLength(1)),
  delimiter: v.optional(v.pipe(v.string(), v.minLength(1)), ':'),
};

/** Any value; it comes out of YAML. */
export const grainValue = v.custom<Json>(isJson, 'a value');

/** What the list states add and take away: one value, or several. */
export const grainValues = v.pipe(
  grainValue,
  v.transform((given): readonly Json[] => (Array.isArray(given) ? given : [given])),
);

export interface GrainFacts {
  readonly file: MinionFile;
  /** What is in the file. */
  readonly own: JsonMap;
  /** What is in the config, which goes over the file. */
  readonly configured: JsonMap;
  /** All there are. */
  readonly grains: JsonMap;
}

/** Raises what is wrong with the file: what `readGrainsText` does, `TS_TEXT_NOT_UTF8`. */
export function readGrains(_: unknown, machine: Reading): GrainFacts {
  const { grains, opts } = machine;
  const configured = isJsonMap(opts['grains']) ? opts['grains'] : {};
  const file = minionFile(machine, 'grains', 'Grains');
  const own = readGrainsText(file.path, file.text);
  return { file, own, configured, grains: { ...grains, ...own, ...configured } };
}

/** Keys from the outermost to the innermost, and the name as Salt shows it. */
export function wayOf({ name, delimiter }: { readonly name: string; readonly delimiter: string }): {
  readonly keys: readonly [string, ...string[]];
  readonly shown: string;
} {
  const [first = name, ...rest] = name.split(delimiter);
  return { keys: [first, ...rest], shown: [first, ...rest].join(':') };
}

/** The value at these keys; the maps in a list are looked into, too. */
export function grainAt(grains: JsonMap, keys: readonly string[]): Json | undefined {
  let at: Json | undefined = grains;
  for (const key of keys) {
    const from: Json | undefined = Array.isArray(at) ? at.find((item) => isMap(item) && Object.hasOwn(item, key)) : at;
    if (Array.isArray(at) && from === undefined && /^\d+$/.test(key)) at = at[Number(key)];
    else at = isMap(from) && Object.hasOwn(from, key) ? (from as JsonMap)[key] : undefined;
  }
  return at;
}

/** Why the grain can't be changed by the file. */
export function whyFixed({ configured, file }: GrainFacts, keys: readonly string[]): string | undefined {
  const [top] = keys;
  if (file.problem !== undefined) return file.problem;
  const forbidden = keys.find((key) => forbiddenKeys.has(key));
  if (forbidden !== undefined) return `No grain can be called '${forbidden}': no message can carry it`;
  if (top === undefined || !Object.hasOwn(configured, top)) return undefined;
  return `Grain ${top} is set in the config of the minion, which goes over ${file.path}`;
}

/**
 * The outermost value with another one put at the keys below it (undefined: taken away), made of what is there; or, as
 * text, why that can't be. Salt's rules: a value on the way that is the next key becomes a map, another one only if forced.
 */
export function putAt(
  old: Json | undefined,
  keys: readonly string[],
  value: Json | undefined,
  force: boolean,
  at = '',
): { readonly value: Json | undefined } | string {
  const [key, ...rest] = keys;
  if (key === undefined) return { value };
  if (Array.isArray(old)) return putInList(old, key, rest, value, force, at);
  if (old !== undefined && !isMap(old) && old !== key && !force) {
    return `The key '${at}' value is '${shownValue(old)}', which is different from the provided key '${key}'. Use 'force=True' to overwrite.`;
  }
  const map: JsonMap = isMap(old) ? { ...(old as JsonMap) } : {};
  const inner = putAt(map[key], rest, value, force, at === '' ? key : `${at}:${key}`);
  if (typeof inner === 'string') return inner;
  if (inner.value === undefined) delete map[key];
  else map[key] = inner.value;
  return { value: map };
}

/** A list on the way holds the next key as a word or as a map of its own. */
function putInList(
  list: readonly Json[],
  key: string,
  rest: readonly string[],
  value: Json | undefined,
  force: boolean,
  at: string,
): { readonly value: Json } | string {
  const index = list.findIndex((item) => item === key || (isMap(item) && Object.hasOwn(item, key)));
  const inner = putAt(index < 0 ? undefined : list[index], [key, ...rest], value, force, at);
  if (typeof inner === 'string') return inner;
  const item = inner.value ?? null;
  return { value: index < 0 ? [...list, item] : list.with(index, item) };
}

/**
 * The steps that have the file, and what the run sees, hold this value under the outermost key. Raises what `readGrainsText`
 * would at the next reading.
 */
export function writeGrain({ file }: GrainFacts, top: string, value: Json | undefined): Step[] {
  const [found] = findInGrains({ [top]: value });
  if (found) throw found.error();
  return [...editMinionFile(file, [top], value), { do: 'grain', name: top, value }];
}

/** The grains with this one, where it can be put there. */
export function grainsWith(grains: JsonMap, { keys: [top, ...below] }: ReturnType<typeof wayOf>, value: Json): JsonMap {
  // States that cannot be.
  if ([top, ...below].some((key) => forbiddenKeys.has(key))) return grains;
  const made = putAt(grains[top], below, value, true, top);
  return typeof made === 'string' ? grains : { ...grains, [top]: made.value ?? null };
}

/** A value as comments show it. */
export function shownValue(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function isSame(a: Json | undefined, b: Json): boolean {
  return a !== undefined && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** Maps are the same in whatever order they are written. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted((value as JsonMap)[key] ?? null)]),
  );
}
