import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { lookUp } from '../../lib/look-up.ts';
import { anything } from './arguments.ts';

const omit = v.optional(v.boolean(), false);

const args = v.strictObject({
  key: v.string(),
  default: v.optional(anything, ''),
  delimiter: v.optional(v.pipe(v.string(), v.minLength(1)), ':'),
  omit_opts: omit,
  omit_grains: omit,
  omit_pillar: omit,
});

/** The minion's config, and what stands over a machine besides it. */
export default defineModule({
  get: defineFunction({
    summary:
      'The value at a:b:c in the config, else in the grains, else in the pillar; the default when there is none.',
    args,
    sync: true,
    run(given, { opts, grains, pillar }) {
      // Pillar has to be fetched: it is asked for last, and not at all where it is not wanted.
      const places: [boolean, () => JsonMap][] = [
        [given.omit_opts, () => opts],
        [given.omit_grains, () => grains],
        [given.omit_pillar, () => pillar],
      ];
      for (const [isOmitted, place] of places) {
        const found: Json | undefined = isOmitted ? undefined : lookUp(place(), given.key, given.delimiter);
        if (found !== undefined && found !== null) return found;
      }
      return given.default;
    },
  }),
  option: defineFunction({
    summary: 'An option of the config, else a grain, else what the pillar has; the default when there is none.',
    args: v.strictObject({ value: v.string(), default: v.optional(anything, '') }),
    sync: true,
    run: ({ value, default: fallback }, { opts, grains, pillar }) =>
      own(opts, value) ?? own(grains, value) ?? own(pillar, value) ?? fallback,
  }),
  items: defineFunction({
    summary: 'All options of the config, but for what is secret.',
    args: v.strictObject({}),
    quick: true,
    sync: true,
    run: (_, { opts }) => opts,
  }),
});

function own(map: JsonMap, key: string): Json | undefined {
  const value = isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
  return value === null ? undefined : value;
}
