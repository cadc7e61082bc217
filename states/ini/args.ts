import * as v from 'valibot';

/* Arguments of the functions of `ini`. */

export const scalar = v.nullable(v.union([v.string(), v.number(), v.boolean()]));

export const fileArgs = {
  name: v.pipe(
    v.string(),
    v.check((text) => text.startsWith('/') && !text.includes('\0'), 'an absolute path'),
  ),
  separator: v.optional(v.pipe(v.string(), v.regex(/^[^\n\r]+$/, 'a text of one line')), '='),
  encoding: v.optional(v.string()),
};

/** A section's name or an option's key has a line of its own. */
const word = v.pipe(v.string(), v.regex(/^[^\n\r]*$/, 'a text of one line'));

/** For the schema a list is a map of numbers. */
function maps<Schema extends v.GenericSchema<unknown, object>>(schema: Schema) {
  return v.pipe(
    schema,
    v.check((given) => !Array.isArray(given), 'a map of options'),
  );
}

/** Options by section; those of no section stand beside the sections. */
export const options = v.optional(v.record(word, v.union([maps(v.record(word, scalar)), scalar])), {});

export const words = v.array(word);

/** Names of sections, as a list or as the keys of a map. */
export const sectionNames = v.optional(
  v.pipe(
    v.union([words, v.record(word, v.unknown())]),
    v.transform((given) => (Array.isArray(given) ? given : Object.keys(given))),
  ),
  [],
);

/** As Python prints it, which is what Salt's users have in their files. */
export function valueText(value: v.InferOutput<typeof scalar>): string {
  if (value === null) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}
