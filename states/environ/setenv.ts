import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';

const variable = v.pipe(v.string(), v.regex(/^[^=\0]+$/, 'the name of a variable of the environment'));
const scalar = v.union([v.string(), v.number(), v.literal(false)], 'text, a number or false');

const args = v.strictObject({
  name: v.string(),
  /** Of the variable that the name is; or several, and then the name means nothing. False is nothing. */
  value: v.union([scalar, v.record(variable, scalar)]),
  /** What is false is taken away, in place of being empty. */
  false_unsets: v.optional(v.boolean(), false),
  /** All others are taken away, or made empty. */
  clear_all: v.optional(v.boolean(), false),
});

type Values = Record<string, string | null>;

export default defineState({
  summary: 'Variables of the environment have these values for the commands of later states.',
  example: `
HTTPS_PROXY:
  environ.setenv:
    - value: http://proxy.example.org:3128
`,
  args,
  reads: [],
  check: ({ name, value }) =>
    typeof value === 'object' || v.is(variable, name)
      ? undefined
      : `${JSON.stringify(name)} is not the name of a variable of the environment`,
  read: (_, { environment }) => ({ ...environment }),

  plan({ name, value, false_unsets: unsets, clear_all: clear }, environment) {
    const nothing = unsets ? null : '';
    const wanted = typeof value === 'object' ? value : { [name]: value };
    const cleared = clear ? Object.keys(environment).filter((key) => !Object.hasOwn(wanted, key)) : [];
    const all: Values = {
      ...Object.fromEntries(cleared.map((key) => [key, nothing])),
      ...Object.fromEntries(Object.entries(wanted).map(([key, one]) => [key, one === false ? nothing : String(one)])),
    };
    const values = Object.fromEntries(Object.entries(all).filter(([key, one]) => (environment[key] ?? null) !== one));
    if (Object.keys(values).length === 0) {
      return alreadyRight('Environ values are already set with the correct values');
    }
    return {
      changes: values,
      comment: 'Environ values will be changed',
      done: 'Environ values were set',
      steps: [{ do: 'setenv', values }],
    };
  },
});
