import * as v from 'valibot';
import { defineFunction, type ExecContext, type ExecFunction } from '../../lib/contracts/execution.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { lookUp } from '../../lib/look-up.ts';
import { anything } from './arguments.ts';

/* What `grains` and `pillar` have in common: looking into a tree of plain data. */

const key = v.strictObject({
  key: v.string(),
  default: v.optional(anything, ''),
  delimiter: v.optional(v.pipe(v.string(), v.minLength(1)), ':'),
});

/** `items`, `get`, `item`, `ls`, `keys` and `has_key` over what `from` gives. `what` names one in their
 * descriptions; `quick` is data that the minion has at hand. */
export function dataFunctions(
  what: string,
  from: (context: ExecContext) => JsonMap,
  quick: boolean,
): Record<'items' | 'get' | 'item' | 'ls' | 'keys' | 'has_key', ExecFunction> {
  return {
    items: defineFunction({
      summary: `All ${what}.`,
      args: v.strictObject({}),
      quick,
      sync: true,
      run: (_, context) => from(context),
    }),
    get: defineFunction({
      summary: `The value at a:b:c in ${what}; the default when there is none.`,
      args: key,
      quick,
      sync: true,
      run: (given, context) => lookUp(from(context), given.key, given.delimiter) ?? given.default,
    }),
    item: defineFunction({
      summary: `Some of ${what}, by key.`,
      args: v.strictObject({ keys: v.array(v.string()) }),
      rest: 'keys',
      quick,
      sync: true,
      run: ({ keys }, context) => Object.fromEntries(keys.map((one) => [one, lookUp(from(context), one) ?? ''])),
    }),
    ls: defineFunction({
      summary: `The outermost keys of ${what}, sorted.`,
      args: v.strictObject({}),
      quick,
      sync: true,
      run: (_, context) => Object.keys(from(context)).sort(),
    }),
    keys: defineFunction({
      summary: `The keys of the map at a:b:c in ${what}.`,
      args: v.strictObject({ key: v.string() }),
      quick,
      sync: true,
      run: (given, context) => keysOf(lookUp(from(context), given.key)),
    }),
    has_key: defineFunction({
      summary: `Whether ${what} have something at a:b:c.`,
      args: v.strictObject({ key: v.string() }),
      quick,
      sync: true,
      run: (given, context) => lookUp(from(context), given.key) !== undefined,
    }),
  };
}

function keysOf(value: Json | undefined): string[] {
  return isMap(value) ? Object.keys(value) : [];
}
