import { didYouMean } from '../../lib/errors/error.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Runner } from './runner.ts';

/** A runner's arguments by their names. Named ones win over positional ones of the same place. Raises `TS_RUNNER_...`. */
export function bindRunner(
  fun: string,
  { takes, needs = 0, anything = false }: Pick<Runner, 'takes' | 'needs' | 'anything'>,
  arg: readonly Json[],
  kwarg: JsonMap,
): JsonMap {
  if (anything) return { args: [...arg], kwargs: kwarg };
  if (arg.length > takes.length) throw runnerErrors.tooMany({ fun, most: takes.length });
  for (const name of Object.keys(kwarg)) {
    if (!takes.includes(name))
      throw runnerErrors.unknownArgument({ fun, name }, { hint: didYouMean(nearest(name, takes)) });
  }
  const bound: JsonMap = { ...Object.fromEntries(arg.map((value, index) => [takes[index] ?? '', value])), ...kwarg };
  const missing = takes.slice(0, needs).find((name) => bound[name] === undefined);
  if (missing !== undefined) throw runnerErrors.missing({ fun, name: missing });
  return bound;
}
