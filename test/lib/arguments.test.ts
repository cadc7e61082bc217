import test from 'ava';
import * as v from 'valibot';
import type { ExecFunction } from '../../lib/contracts/execution.ts';
import { bindArguments } from '../../lib/execution/functions.ts';
import type { Json } from '../../lib/json.ts';

const isNames = (given: unknown) => Array.isArray(given) && given.every((one) => typeof one === 'string');
const fun: ExecFunction = {
  summary: 'takes names',
  args: v.strictObject({ names: v.custom<Json[]>(isNames, 'a list of names'), size: v.optional(v.number()) }),
  run: async () => null,
};
const problemOf = (...args: Json[]): string => {
  try {
    bindArguments('m.f', fun, args, {});
    return '';
  } catch (error) {
    return String(error);
  }
};

test('arguments: one of a wrong kind is told by its kind; one of the right kind that does not fit, as it is', (t) => {
  t.regex(problemOf('a'), /'names' has to be a list of names, not the text "a"/);
  t.regex(problemOf({}), /'names' has to be a list of names, not a map/);
  t.regex(problemOf([1, [2]]), /'names' has to be a list of names, not \[1,\[2\]\]/);
  t.regex(problemOf(['a'], 'big'), /'size' has to be a number, not the text "big"/);
});
