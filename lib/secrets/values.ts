import { isMap, type Json, type JsonMap } from '../json.ts';
import { HIDDEN } from './redactor.ts';

/** A pillar with `[secret]` for each value that is one of these, whole: quicker than looking into every text. */
export function hideValues(pillar: JsonMap, secrets: ReadonlySet<string>): JsonMap {
  if (secrets.size === 0) return pillar;
  const clean = (value: Json): Json => {
    if (typeof value === 'string') return secrets.has(value) ? HIDDEN : value;
    if (Array.isArray(value)) return value.map(clean);
    return isMap(value) ? hideValues(value as JsonMap, secrets) : value;
  };
  return Object.fromEntries(Object.entries(pillar).map(([key, value]) => [key, clean(value)]));
}
