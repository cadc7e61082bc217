import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { anything } from './arguments.ts';

/** The environment that commands of the minion get. */
export default defineModule({
  get: defineFunction({
    summary: 'The value of a variable; the default when it is not set.',
    args: v.strictObject({ key: v.string(), default: v.optional(anything, '') }),
    sync: true,
    run: (given, { machine }) => machine.environment[given.key] ?? given.default,
  }),
  has_value: defineFunction({
    summary: 'Whether a variable is set, and to that value where one is given.',
    args: v.strictObject({ key: v.string(), value: v.optional(v.string()) }),
    sync: true,
    run({ key, value }, { machine }) {
      const now = machine.environment[key];
      return value === undefined ? now !== undefined && now !== '' : now === value;
    },
  }),
  item: defineFunction({
    summary: 'The values of some variables; empty for those that are not set.',
    args: v.strictObject({ keys: v.array(v.string()) }),
    rest: 'keys',
    sync: true,
    run: ({ keys }, { machine }) => Object.fromEntries(keys.map((key) => [key, machine.environment[key] ?? ''])),
  }),
  items: defineFunction({
    summary: 'All variables.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) => ({ ...machine.environment }),
  }),
});
