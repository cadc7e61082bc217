import { isMap, type Json } from '../../lib/json.ts';
import { isStateRun } from '../../lib/state-runs.ts';
import type { JobReturn } from './messages.ts';

/** Salt's return codes of a state run: 1 it did not compile, 2 a state failed. */
const NOT_COMPILED = 1;
const STATE_FAILED = 2;

/** How a function's return counts: a state run by its states, anything else by the code that it gave (0 is done). */
export function outcomeOf(fun: string, value: Json, told: number): JobReturn {
  if (!isStateRun(fun)) return { return: value, success: told === 0, retcode: told, out: 'nested' };
  const retcode = Array.isArray(value) ? NOT_COMPILED : anyFailed(value) ? STATE_FAILED : 0;
  return { return: value, success: retcode === 0, retcode, out: 'highstate' };
}

function anyFailed(value: Json): boolean {
  return isMap(value) && Object.values(value).some((state) => isMap(state) && state.result === false);
}
