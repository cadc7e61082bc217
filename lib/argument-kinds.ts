import * as v from 'valibot';

/* Kinds of arguments that states and functions of several modules take. */

/** A path that is absolute, and nothing that ends a string early. */
export const absolutePath = v.pipe(
  v.string(),
  v.check((text) => text.startsWith('/') && !text.includes('\0'), 'an absolute path'),
);

/** Octal digits, as text or as the number YAML makes of them (`0644` and `644` are both 0o644). Gives the bits. */
export const mode = v.pipe(
  v.union([v.number(), v.string()], 'a mode, such as 0644'),
  v.transform(String),
  v.regex(/^0?o?[0-7]{1,4}$/, 'three or four octal digits, such as 0644'),
  v.transform((digits) => Number.parseInt(digits.replace(/^0?o/, ''), 8)),
);

/** Yes or no, with what it is when it is not said. */
export const flag = (otherwise: boolean): v.OptionalSchema<v.BooleanSchema<undefined>, boolean> =>
  v.optional(v.boolean(), otherwise);

/** A user or a group, by name or number. */
export const account = v.union([v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))]);

/** Text, or what YAML made of text that looks like a number or a truth value. */
export const scalar = v.union([v.string(), v.number(), v.boolean()]);

/** One text or several; gives a list. */
export const textList = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((given) => (typeof given === 'string' ? [given] : given)),
);

/** Text that no program takes for an option: it has something in it, does not begin with `-` and is one line. */
export const operand = v.pipe(
  v.union([v.string(), v.number()], 'text'),
  v.transform(String),
  v.regex(/^[^-\s\0][^\r\n\0]*$/, "text of one line that does not begin with '-' or a blank"),
);

/** One such text or several; gives a list. */
export const operands = v.pipe(
  v.union([operand, v.array(operand)]),
  v.transform((given) => [given].flat()),
);

/** Variables for a program, as a map or a list of maps. Gives a map. */
export const variables = v.pipe(
  v.union([v.record(v.string(), scalar), v.array(v.record(v.string(), scalar))]),
  v.transform((given) =>
    Object.fromEntries(
      [given].flat().flatMap((one) => Object.entries(one).map(([name, value]) => [name, String(value)])),
    ),
  ),
);
