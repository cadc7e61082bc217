import { didYouMean } from '../../lib/errors/error.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { insteadOfArgument } from './absent.ts';
import type { Runner } from './runner.ts';

/** A runner's arguments by their names. Named ones win over positional ones of the same place. Raises `TS_RUNNER_...`. */
export function bindRunner(
  fun: string,
  { takes, needs = 0, anything = false, keywords }: Pick<Runner, 'takes' | 'needs' | 'anything' | 'keywords'>,
  arg: readonly Json[],
  kwarg: JsonMap,
): JsonMap {
  if (anything) return { args: [...arg], kwargs: kwarg };
  if (arg.length > takes.length) throw runnerErrors.tooMany({ fun, most: takes.length });
  const others = Object.keys(kwarg).filter((name) => !takes.includes(name));
  for (const name of others) {
    if (keywords === undefined)
      throw runnerErrors.unknownArgument(
        { fun, name },
        { hint: insteadOfArgument(fun, name) ?? didYouMean(nearest(name, takes)) },
      );
  }
  const bound: JsonMap = { ...Object.fromEntries(arg.map((value, index) => [takes[index] ?? '', value])), ...kwarg };
  if (keywords !== undefined) {
    for (const name of others) delete bound[name];
    bound[keywords] = Object.fromEntries(others.map((name) => [name, kwarg[name] ?? null]));
  }
  const missing = takes.slice(0, needs).find((name) => bound[name] === undefined);
  if (missing !== undefined) throw runnerErrors.missing({ fun, name: missing });
  return bound;
}
