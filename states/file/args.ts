import * as v from 'valibot';
import { absolutePath, account, flag, mode, scalar, textList } from '../../lib/argument-kinds.ts';

/* Arguments that several functions of `file` take. */

export { absolutePath as path, account, flag, mode, scalar, textList };

export const modeOrKeep = v.union([v.literal('keep'), mode], "a mode, such as 0644, or 'keep'");

export const owner = { user: v.optional(account), group: v.optional(account) };

export const text = v.union([scalar, v.array(scalar)]);

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
