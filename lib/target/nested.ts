import { isMap } from '../json.ts';

/**
 * Whether the data has a value that `fits` at a path: `text` is `a:b:value`, where both the path and the value may hold
 * the delimiter, so that every split is tried (Salt's `subdict_match`). A list fits by any of its items, `*` fits anything.
 */
export function nestedMatch(
  data: unknown,
  text: string,
  delimiter: string,
  fitting: (value: string) => (found: string) => boolean,
): boolean {
  const parts = text.split(delimiter);
  for (let split = 1; split < parts.length; split++) {
    const wanted = parts.slice(split).join(delimiter);
    const found = at(data, parts.slice(0, split));
    if (found === undefined) continue;
    if (wanted === '*' || holds(found, wanted, delimiter, fitting)) return true;
  }
  return false;
}

function at(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const step of path) {
    if (Array.isArray(value))
      value = /^\d+$/.test(step)
        ? value[Number(step)]
        : (value as unknown[]).filter(isMap).find((item) => Object.hasOwn(item, step))?.[step];
    else if (isMap(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

function holds(
  found: unknown,
  wanted: string,
  delimiter: string,
  fitting: (value: string) => (found: string) => boolean,
): boolean {
  if (Array.isArray(found)) return found.some((item) => holds(item, wanted, delimiter, fitting));
  if (isMap(found)) return Object.hasOwn(found, wanted) || nestedMatch(found, wanted, delimiter, fitting);
  return fitting(wanted.toLowerCase())(scalarText(found));
}

function scalarText(value: unknown): string {
  if (value === null) return 'none';
  return typeof value === 'string' ? value.toLowerCase() : String(value as number | boolean);
}
