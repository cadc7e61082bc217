import * as v from 'valibot';
import type { Written } from '../../lib/beacons/kept.ts';
import { isJson, type Json } from '../../lib/json.ts';

/* What the functions of `beacon` have in common. */

export const beaconName = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((name) => !['enabled', '__proto__'].includes(name), 'the name of a beacon'),
);

/** Salt's: all that states set is saved here. */
export const save = v.optional(v.boolean(), false);

export const presentArgs = {
  name: beaconName,
  save,
  /** The beacon's own options. */
  options: v.record(v.string(), v.custom<Json>(isJson, 'a value')),
};

/** The beacon as it stands in a config: a list, an option an item. `enable` is what Salt's examples write for `enabled`. */
export function beaconOf({ options }: { readonly options: Readonly<Record<string, Json>> }): Written {
  return Object.entries(options).map(([key, value]) => ({ [key === 'enable' ? 'enabled' : key]: value }));
}

/** A comment with what Salt says of `save` behind it. */
export function withSaved(
  comment: string,
  { name, save: isSaved }: { name: string; save: boolean },
  is: string,
): string {
  return isSaved ? `${comment}\nBeacon ${name} ${is}` : comment;
}
