import * as v from 'valibot';
import type { AnyStateFunction, StateRegistry } from '../../lib/contracts/state.ts';
import { describe, expectedOf } from '../../lib/describe.ts';
import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Yaml } from '../../lib/yaml/maps.ts';
import { placeOf, type Argument, type Declaration } from './declaration.ts';

/**
 * What a state function's schema makes of its arguments; undefined with every mistake in `errors`. `name` is the id where
 * no argument says it. `known` are arguments that are not the function's own, for suggestions.
 */
export function checkArguments(
  declaration: Declaration,
  own: ReadonlyMap<string, Argument>,
  name: string,
  state: AnyStateFunction,
  known: Iterable<string>,
  whyAbsent: StateRegistry['whyAbsent'],
  errors: TsaltError[],
): Readonly<Record<string, unknown>> | undefined {
  const { sls, module, fun, path } = declaration;
  const title = `${module}.${fun}`;
  const before = errors.length;
  const { entries } = state.args;
  const { keywords } = state;
  const values: Record<string, Yaml> = {};
  const extra: Record<string, Yaml> = {};
  if ('name' in entries) values['name'] = name;
  for (const argument of own.values()) {
    if (Object.hasOwn(entries, argument.name) && argument.name !== keywords) {
      if (argument.name !== 'name') values[argument.name] = argument.value;
      continue;
    }
    if (argument.name === 'name') continue;
    if (keywords !== undefined) {
      extra[argument.name] = argument.value;
      continue;
    }
    const reason = whyAbsent?.(title, argument.name);
    const near = nearest(argument.name, [...Object.keys(entries), ...known]);
    errors.push(
      stateErrors.unknownArgument(
        { state: title, name: argument.name },
        { place: placeOf(argument), hint: reason === undefined ? didYouMean(near) : `Salt has it: ${reason}` },
      ),
    );
  }
  if (keywords !== undefined) values[keywords] = extra;
  const parsed = v.safeParse(state.args, values);
  if (!parsed.success) {
    for (const issue of parsed.issues) errors.push(explain(issue));
    return undefined;
  }
  const output = parsed.output as Record<string, unknown>;
  const complaint = errors.length === before ? state.check?.(output as never) : undefined;
  if (complaint !== undefined)
    errors.push(stateErrors.invalid({ state: title, complaint }, { place: sls.yaml.placeOf(path) }));
  return errors.length === before ? output : undefined;

  function explain(issue: v.BaseIssue<unknown>): TsaltError {
    const way = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
    // Extra arguments stand beside the others, not in a map.
    const keys = keywords !== undefined && way[0] === keywords && way.length > 1 ? way.slice(1) : way;
    const [first, ...deeper] = keys;
    const argument = own.get(String(first));
    if (argument === undefined || first === undefined) {
      const place = sls.yaml.placeOf(path);
      if (first === undefined) return stateErrors.invalid({ state: title, complaint: issue.message }, { place });
      // The id is the name.
      if (Object.hasOwn(values, first))
        return stateErrors.badValue(
          { name: String(first), expected: expectedOf(issue), found: describe(issue.input) },
          { place },
        );
      return stateErrors.missingArgument({ state: title, name: String(first) }, { place });
    }
    const place = placeOf(argument, 'value', deeper);
    const name = keys.join('.');
    return stateErrors.badValue({ name, expected: expectedOf(issue), found: describe(issue.input) }, { place });
  }
}
