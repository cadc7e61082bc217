import type { Daemon, PlaceOf } from '../../lib/config/check.ts';
import { accessErrors } from '../../lib/errors/access.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { executionErrors } from '../../lib/errors/execution.ts';
import { mineErrors } from '../../lib/errors/mine.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { scheduleErrors } from '../../lib/errors/schedule.ts';
import { findFunction } from '../../lib/execution/functions.ts';
import { isPattern } from '../../lib/fnmatch.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { readMineFunctions } from '../../lib/mine/definitions.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Place } from '../../lib/place.ts';
import { listFunctions } from '../../master/runners.ts';
import { builtinModules } from '../../minion/local.ts';
import type { Chunk } from '../../states/engine/chunk.ts';

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

interface Calling {
  readonly schedule?: JsonMap;
  readonly mine_functions?: JsonMap;
  readonly operators?: JsonMap;
}

/** Functions that a config calls by time or for the mine, or allows somebody, and that are most likely misspelt. */
export async function functionMistakes(config: Calling, daemon: Daemon, placeOf: PlaceOf): Promise<TsaltError[]> {
  const { schedule = {}, mine_functions: mine = {}, operators = {} } = config;
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
  for (const { operator, fun, path } of allowed(operators)) {
    const [, client, name = ''] = /^(?:(runner|wheel)\.)?(.*)$/.exec(fun) ?? [];
    const isOfMaster = client === 'runner' || client === 'wheel';
    const hint = isOfMaster ? masterFunctionHint(client, name)?.replace("'", `'${client}.`) : await functionHint(fun);
    // What has no near name may be one that only rules have.
    if (hint?.startsWith('did you mean') === true)
      errors.push(accessErrors.noFunction({ operator, fun }, { place: placeOf(path), hint }));
  }
  return errors;
}

/** The functions that rules of operators name. */
function* allowed(operators: JsonMap) {
  for (const [operator, written] of Object.entries(operators)) {
    const rules = isMap(written) ? written['rules'] : undefined;
    for (const [index, rule] of Array.isArray(rules) ? rules.entries() : []) {
      const may = isMap(rule) ? rule['may'] : undefined;
      const path = ['operators', operator, 'rules', index, 'may'];
      for (const [at, fun] of [may].flat().entries())
        if (typeof fun === 'string' && !isPattern(fun) && !fun.startsWith('control.'))
          yield { operator, fun, path: Array.isArray(may) ? [...path, at] : path };
    }
  }
}

/** The same of functions that states of an orchestration call: they would show only when those before them are done. */
export async function orchestratedMistakes(chunks: readonly Chunk[]): Promise<TsaltError[]> {
  const errors: TsaltError[] = [];
  for (const chunk of chunks) {
    const { module, fun: state, name: fun } = chunk;
    if (module !== 'salt') continue;
    if (state === 'runner' || state === 'wheel') {
      const hint = masterFunctionHint(state, fun);
      if (hint !== undefined) errors.push(runnerErrors.unknown({ fun }, { place: placeOfName(chunk), hint }));
    } else if (state === 'function') {
      const hint = await functionHint(fun);
      if (hint !== undefined) errors.push(executionErrors.noSuchFunction({ fun }, { place: placeOfName(chunk), hint }));
    }
  }
  return errors;
}

/** Where the name of a state is said, else the state. */
function placeOfName({ id, sls, path }: Chunk): Place {
  const body = sls.data[id];
  const args = isMap(body) ? body[String(path.at(-1))] : undefined;
  const index = Array.isArray(args) ? args.findIndex((one) => isMap(one) && Object.hasOwn(one, 'name')) : -1;
  return index < 0 ? sls.yaml.placeOf(path) : sls.yaml.placeOf([...path, index, 'name'], 'value');
}
