import { isMap } from '../../../lib/json.ts';
import { keysOf } from '../../../lib/yaml/maps.ts';

/** One thing inside another: an own entry of a map, an item or the length of a list. Never what objects have by birth. */
export function entry(of: unknown, name: string): unknown {
  if (Array.isArray(of)) {
    if (name === 'length') return of.length;
    return /^\d+$/.test(name) ? of[Number(name)] : undefined;
  }
  return isMap(of) && Object.hasOwn(of, name) ? of[name] : undefined;
}

/** Names one could have meant. */
export function entryNames(of: unknown): string[] {
  return isMap(of) ? keysOf(of) : Array.isArray(of) ? ['length'] : [];
}

/** What lies at `a:b:c` (colons, as in Salt's `pillar.get`). */
export function traverse(of: unknown, path: string): unknown {
  return path.split(':').reduce(entry, of);
}

/** Handlebars' idea of what an `if` takes for false. */
export function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** A value as text; undefined for a map or list, which have none. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
  }
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return value === null || value === undefined ? '' : undefined;
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value)
    ? 'list'
    : typeof value === 'object'
      ? 'map'
      : typeof value === 'string'
        ? 'text'
        : typeof value;
}

/** JSON that is YAML, too: on one line, without the characters that YAML's reader refuses. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Whether two values hold the same, whatever order the keys of their maps have. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => same(item, b[at]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** A text that values have in common when they are the same. */
export function identity(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(identity).join()}]`;
  if (typeof value === 'number') return String(value === 0 ? 0 : value);
  if (!isMap(value)) return JSON.stringify(value) ?? 'undefined';
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${identity(value[key])}`).join()}}`;
}
