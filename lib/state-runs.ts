import type { Json, JsonMap } from './json.ts';

/** Functions that run states: one at a time on a minion, and their return is that of a state run. */
export function isStateRun(fun: string): boolean {
  return /^state\.(apply|highstate|sls|sls_id|single|top|low|high|template|template_str|test)$/.test(fun);
}

/** A state file with one state in it, as data: what `state.single` and `state.orchestrate_single` are given. */
export function singleState(fun: string, name: string, args: Readonly<Record<string, Json>>): JsonMap {
  const list = Object.entries({ name, ...args }).map(([key, value]): JsonMap => ({ [key]: value }));
  return { [name]: { [fun]: list } };
}
