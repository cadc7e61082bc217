import * as v from 'valibot';

/* Arguments that several functions of `file` take. */

export const path = v.pipe(
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

export const modeOrKeep = v.union([v.literal('keep'), mode], "a mode, such as 0644, or 'keep'");

/** A user or a group, by name or number. */
export const account = v.union([v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))]);

export const owner = { user: v.optional(account), group: v.optional(account) };

export const flag = (otherwise: boolean): v.OptionalSchema<v.BooleanSchema<undefined>, boolean> =>
  v.optional(v.boolean(), otherwise);

/** Text, or what YAML made of text that looks like a number or a truth value. */
export const scalar = v.union([v.string(), v.number(), v.boolean()]);

export const text = v.union([scalar, v.array(scalar)]);

export const textList = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((given) => (typeof given === 'string' ? [given] : given)),
);

/** What a copy of the old file is called: its name with this at the end; none when it is false or empty. */
export const backupEnding = v.optional(v.union([v.string(), v.literal(false)]), '.bak');

export const map = v.record(v.string(), v.unknown());

/** Where a state takes Salt's `template`, this is the one engine there is. */
export const template = v.optional(
  v.literal(
    'handlebars',
    "handlebars: write {{#if x}}...{{/if}} for {% if x %}, {{#each xs}} for {% for %}, {{default x 'y'}} for {{ x | default('y') }}",
  ),
);

/** How a scalar of YAML is written into a file: as Python prints it, which is what Salt's users have in theirs. */
export function scalarText(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}
