import type { Daemon, PlaceOf } from '../../lib/config/check.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { mineErrors } from '../../lib/errors/mine.ts';
import { scheduleErrors } from '../../lib/errors/schedule.ts';
import { findFunction } from '../../lib/execution/functions.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { readMineFunctions } from '../../lib/mine/definitions.ts';
import { nearest } from '../../lib/nearest.ts';
import { listFunctions } from '../../master/runners.ts';
import { builtinModules } from '../../minion/local.ts';

/** What a function of the master may have been meant to be; undefined where there is one of this name, or may be one of somebody's own. */
export function masterFunctionHint(client: 'runner' | 'wheel', fun: string): string | undefined {
  const names = listFunctions(client).map(({ name }) => name);
  if (names.includes(fun)) return undefined;
  const siblings = names.filter((name) => name.startsWith(`${fun.split('.')[0]}.`));
  return didYouMean(nearest(fun, names)) ?? (siblings.length > 0 ? `there are ${siblings.join(', ')}` : undefined);
}

/** The same of an execution function. */
export async function functionHint(fun: string): Promise<string | undefined> {
  const isOurs = builtinModules.names.includes(fun.split('.')[0] ?? '');
  try {
    await findFunction(fun, builtinModules);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TsaltError)) throw thrown;
    // Another module may be the operator's own, unless it is nearly one of ours.
    return isOurs || thrown.hint?.startsWith('did you mean') === true ? thrown.hint : undefined;
  }
}

/** Functions that the schedule and the mine of a config call and that are most likely misspelt. */
export async function functionMistakes(
  { schedule = {}, mine_functions: mine = {} }: { readonly schedule?: JsonMap; readonly mine_functions?: JsonMap },
  daemon: Daemon,
  placeOf: PlaceOf,
): Promise<TsaltError[]> {
  const errors: TsaltError[] = [];
  for (const [job, written] of Object.entries(schedule)) {
    const fun = isMap(written) ? written['function'] : undefined;
    if (typeof fun !== 'string') continue;
    const hint = daemon === 'master' ? masterFunctionHint('runner', fun) : await functionHint(fun);
    const make = daemon === 'master' ? scheduleErrors.unknownFunction : scheduleErrors.noFunction;
    if (hint !== undefined) errors.push(make({ job, fun }, { place: placeOf(['schedule', job, 'function']), hint }));
  }
  for (const { name: entry, fun } of readMineFunctions(mine).definitions) {
    const hint = await functionHint(fun);
    const place = placeOf(['mine_functions', entry], true);
    if (hint !== undefined) errors.push(mineErrors.noFunction({ entry, fun }, { place, hint }));
  }
  return errors;
}
