import { wireErrors } from '../lib/errors/wire.ts';
import { forbiddenKeys } from '../lib/json.ts';

/** Far more than any nesting that may travel: what gets there is endless. */
const longestPlace = 4000;

/**
 * A copy of data that was refused as it is: entries that are undefined left out and half characters replaced, as JSON and
 * UTF-8 do. Raises `TS_WIRE_UNFIT` with the place of what nothing can be made of.
 */
export function tidy(value: unknown, place = 'it'): unknown {
  if (place.length > longestPlace) throw wireErrors.unfit({ reason: `${place.slice(0, 60)}... is nested too deep` });
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw wireErrors.unfit({ reason: `${place} is ${value}` });
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') throw wireErrors.unfit({ reason: `${place} is a ${typeof value}` });
  if (value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map((item, i) => tidy(item ?? null, `${place}[${i}]`));
  return tidyMap(value, place);
}

function tidyMap(value: object, place: string): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw wireErrors.unfit({ reason: `${place} is a ${value.constructor.name}` });
  }
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (forbiddenKeys.has(key)) throw wireErrors.unfit({ reason: `${place} has the key '${key}'` });
    if (item !== undefined) copy[wellFormed(key)] = tidy(item, `${place}.${key.slice(0, 60)}`);
  }
  return copy;
}

/** With halves of surrogate pairs replaced, as any UTF-8 encoder does. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
