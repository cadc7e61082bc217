import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { isMap, type Json } from '../../lib/json.ts';
import { lookUp } from '../../lib/look-up.ts';

const keys = v.optional(
  v.pipe(
    v.union([v.string(), v.array(v.string())]),
    v.transform((given) => (typeof given === 'string' ? [given] : given)),
  ),
);

const args = v.strictObject({
  name: v.string(),
  present: keys,
  boolean: keys,
  integer: keys,
  string: keys,
  listing: keys,
  dictionary: keys,
  verbose: v.optional(v.boolean(), false),
});

const kinds: Readonly<Record<string, (value: Json) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  string: (value) => typeof value === 'string',
  listing: (value) => Array.isArray(value),
  dictionary: (value) => isMap(value),
};

export default defineState({
  summary: 'Fails unless pillar has these keys, with values of these kinds.',
  example: `
pillar-is-complete:
  test.check_pillar:
    - present: [site]
    - integer: ['site:port']
`,
  args,
  reads: [],
  check: ({ present, boolean, integer, string, listing, dictionary }) =>
    (present ?? boolean ?? integer ?? string ?? listing ?? dictionary)
      ? undefined
      : 'keys to check are expected: present, boolean, integer, string, listing or dictionary',
  read: (_, { pillar }) => pillar,
  plan(given, pillar) {
    const fine: string[] = [];
    const complaints: string[] = [];
    for (const kind of ['present', ...Object.keys(kinds)] as const) {
      for (const key of given[kind as 'present'] ?? []) {
        const value = lookUp(pillar, key);
        if (value === undefined || value === null) complaints.push(`Pillar key "${key}" is missing.\n`);
        else if (kinds[kind]?.(value) === false) complaints.push(`Pillar key "${key}" is not ${kind}.\n`);
        else fine.push(`- ${key} (${kind})\n`);
      }
    }
    const passed = given.verbose && fine.length > 0 ? `Those keys passed the check:\n${fine.join('')}` : '';
    const comment = complaints.join('') + passed;
    return complaints.length > 0 ? impossible(comment) : alreadyRight(comment);
  },
});
