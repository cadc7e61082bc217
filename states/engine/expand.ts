import type { AnyStateFunction, StateRegistry } from '../../lib/contracts/state.ts';
import { describe } from '../../lib/describe.ts';
import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { keysOf, type YamlMap } from '../../lib/yaml/maps.ts';
import { checkArguments } from './arguments.ts';
import type { Chunk, Requisite } from './chunk.ts';
import { commonArguments, commonNames, notYetSupported, type Order } from './common-arguments.ts';
import {
  isRequisiteKind,
  namesOthers,
  requisiteKinds,
  reversed,
  reversedKinds,
  targetsOf,
  useKinds,
} from './common.ts';
import { placeOf, type Argument, type Declaration } from './declaration.ts';

const engineNames: readonly string[] = commonNames;
/** What may have been meant by an argument that nobody has. */
const suggestions = [...commonNames, ...requisiteKinds, ...reversedKinds, ...useKinds];

/** The state functions that a tree uses, loaded. Unknown ones are errors with the nearest name. */
export async function loadStates(
  all: readonly Declaration[],
  registry: StateRegistry,
  errors: TsaltError[],
): Promise<ReadonlyMap<string, AnyStateFunction>> {
  const loaded = new Map<string, AnyStateFunction>();
  const known = new Set(registry.names);
  for (const { module, fun, sls, path } of all) {
    const title = `${module}.${fun}`;
    const broken = registry.broken?.(module);
    if (broken !== undefined) {
      errors.push(stateErrors.brokenModule({ module, why: broken }, { place: sls.yaml.placeOf(path) }));
      continue;
    }
    if (known.has(title)) {
      const why = registry.whyNotHere?.(title);
      if (why !== undefined) errors.push(stateErrors.notHere({ state: title, why }, { place: sls.yaml.placeOf(path) }));
      if (!loaded.has(title)) loaded.set(title, await registry.load(title));
      continue;
    }
    const functions = registry.names
      .filter((name) => name.startsWith(`${module}.`))
      .map((name) => name.slice(module.length + 1));
    const place = sls.yaml.placeOf(path);
    if (functions.length > 0) {
      const hint = didYouMean(nearest(fun, functions)) ?? `there are ${functions.join(', ')}`;
      errors.push(stateErrors.unknownFunction({ module, fun }, { place, hint }));
    } else {
      const modules = new Set(registry.names.map((name) => name.split('.')[0] ?? ''));
      errors.push(stateErrors.unknownModule({ module }, { place, hint: didYouMean(nearest(module, modules)) }));
    }
  }
  return loaded;
}

/** The states that a declaration makes: one, or one for each of its `names`. */
export function expand(
  declaration: Declaration,
  state: AnyStateFunction,
  at: number,
  errors: TsaltError[],
  whyAbsent: StateRegistry['whyAbsent'],
): Chunk[] {
  const { id, sls, module, fun, path } = declaration;
  const entries = new Set(Object.keys(state.args.entries));
  const args = new Map<string, Argument>();
  for (const argument of declaration.args) {
    const { name } = argument;
    if (namesOthers(name)) continue;
    if (args.has(name)) {
      errors.push(stateErrors.repeatedArgument({ state: `${module}.${fun}`, name }, { place: placeOf(argument) }));
    } else if (notYetSupported.has(name) && !entries.has(name)) {
      errors.push(stateErrors.notSupported({ name }, { place: placeOf(argument) }));
    } else args.set(name, argument);
  }
  const requisites = declaration.args.flatMap((argument) => requisitesOf(argument, errors));
  const own = new Map(
    [...args].filter(([name]) => entries.has(name) || name === 'name' || !engineNames.includes(name)),
  );
  const common = commonArguments(args, entries, errors);

  const aggregate = args.get('aggregate');
  if (aggregate && common.aggregate === true && !state.aggregate)
    errors.push(stateErrors.noAggregate({ state: `${module}.${fun}` }, { place: placeOf(aggregate, 'value') }));

  return namesOf(declaration, args, errors).flatMap(({ name, extra }, index) => {
    const special = new Map(extra.map((argument) => [argument.name, argument] as const));
    const ownHere = [...special].filter(([key]) => entries.has(key) || !engineNames.includes(key));
    const isPlain = special.size === 0;
    const all = isPlain ? own : new Map([...own, ...ownHere.filter(([key]) => !namesOthers(key))]);
    const checked = checkArguments(declaration, all, name, state, suggestions, whyAbsent, errors);
    if (!checked) return [];
    const given = isPlain ? common : commonArguments(new Map([...args, ...special]), entries, errors);
    const chunk: Chunk = {
      ...given,
      requisites: isPlain ? requisites : [...requisites, ...extra.flatMap((one) => requisitesOf(one, errors))],
      id,
      name,
      module,
      fun,
      sls,
      saltenv: given.saltenv ?? sls.saltenv,
      path,
      state,
      args: checked,
      tag: `${module}_|-${id}_|-${name}_|-${fun}`,
      // Several names stay together, in their order.
      order: orderOf(given.order, at) + (args.has('names') ? (index + 1) / 10_000 : 0),
      links: [],
    };
    return [chunk];
  });
}

function namesOf(
  { id }: Declaration,
  args: ReadonlyMap<string, Argument>,
  errors: TsaltError[],
): { readonly name: string; readonly extra: readonly Argument[] }[] {
  const one = args.get('name');
  const many = args.get('names');
  if (many === undefined) {
    if (one === undefined) return [{ name: id, extra: [] }];
    if (typeof one.value === 'string') return [{ name: one.value, extra: [] }];
    const place = placeOf(one, 'value');
    errors.push(stateErrors.badValue({ name: 'name', expected: 'text', found: describe(one.value) }, { place }));
    return [];
  }
  if (!Array.isArray(many.value)) {
    const place = placeOf(many, 'value');
    errors.push(stateErrors.badValue({ name: 'names', expected: 'a list', found: describe(many.value) }, { place }));
    return [];
  }
  return many.value.flatMap((item, index) => {
    if (typeof item === 'string') return [{ name: item, extra: [] }];
    const [name, ...others] = isMap(item) ? keysOf(item) : [];
    const inner = isMap(item) && name !== undefined ? item[name] : undefined;
    if (
      name !== undefined &&
      others.length === 0 &&
      Array.isArray(inner) &&
      inner.every((map): map is YamlMap => isMap(map))
    ) {
      const extra = inner.flatMap((map, at) =>
        keysOf(map).map((key) => {
          const path = [...many.path, index, name, at, key];
          return { name: key, value: map[key] ?? null, sls: many.sls, path };
        }),
      );
      return [{ name, extra }];
    }
    const expected = 'a name, or a name with a list of arguments';
    const place = placeOf(many, 'value', [index]);
    errors.push(stateErrors.badValue({ name: 'names', expected, found: describe(item) }, { place }));
    return [];
  });
}

function requisitesOf(written: Argument, errors: TsaltError[]): Requisite[] {
  const { name, value } = written;
  const opposite = reversed(name);
  const kind = isRequisiteKind(name) ? name : opposite;
  if (kind === undefined) return [];
  const targets = targetsOf(value);
  if (typeof targets === 'string') {
    errors.push(stateErrors.badRequisite({ kind: name, found: targets }, { place: placeOf(written, 'value') }));
    return [];
  }
  return targets.map(({ target, index }) => ({ kind, isReversed: opposite !== undefined, target, written, index }));
}

/** Where a state stands by Salt's count: what says nothing comes in order of definition from 10000. */
function orderOf(order: Order, at: number): number {
  if (order === undefined) return 10_000 + at;
  if (order === 'first') return 0;
  const end = 100_000_000;
  if (order === 'last') return end;
  return order < 0 ? end + order : order;
}
