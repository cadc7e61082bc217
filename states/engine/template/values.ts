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
