import type { AnyStateFunction, StateRegistry } from '../../lib/contracts/state.ts';
import { describe } from '../../lib/describe.ts';
import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { keysOf, type YamlMap } from '../../lib/yaml/maps.ts';
import { checkArguments } from './arguments.ts';
import type { Chunk, Requisite } from './chunk.ts';
import {
  conditionsOf,
  isRequisiteKind,
  notYetSupported,
  requisiteKinds,
  reversed,
  targetsOf,
  type Condition,
} from './common.ts';
import type { Argument, Declaration } from './declaration.ts';

const ownNames = ['name', 'names', 'order', 'failhard', 'unless', 'onlyif', 'creates'];
const commonNames = [...ownNames, ...requisiteKinds, ...requisiteKinds.map((kind) => `${kind}_in`)];

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
    if (known.has(title)) {
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
export function expand(declaration: Declaration, state: AnyStateFunction, at: number, errors: TsaltError[]): Chunk[] {
  const { id, sls, module, fun, path } = declaration;
  const args = new Map<string, Argument>();
  for (const argument of declaration.args) {
    const place = () => sls.yaml.placeOf(argument.path);
    if (args.has(argument.name) && !isRequisite(argument.name)) {
      errors.push(stateErrors.repeatedArgument({ state: `${module}.${fun}`, name: argument.name }, { place: place() }));
    } else if (notYetSupported.has(argument.name) && !(argument.name in state.args.entries)) {
      errors.push(stateErrors.notSupported({ name: argument.name }, { place: place() }));
    } else args.set(argument.name, argument);
  }
  const common = commonOf(declaration, args, errors);
  const own = new Map([...args].filter(([name]) => !commonNames.includes(name) || name === 'name'));

  return namesOf(declaration, args, errors).flatMap(({ name, extra }, index) => {
    const all =
      extra.length === 0 ? own : new Map([...own, ...extra.map((argument) => [argument.name, argument] as const)]);
    const checked = checkArguments(declaration, all, name, state, commonNames, errors);
    if (!checked) return [];
    const chunk: Chunk = {
      ...common,
      id,
      name,
      module,
      fun,
      sls,
      path,
      state,
      args: checked,
      tag: `${module}_|-${id}_|-${name}_|-${fun}`,
      // Several names stay together, in their order.
      order: orderOf(common.order, at) + (args.has('names') ? index / 10_000 : 0),
      links: [],
    };
    return [chunk];
  });
}

function isRequisite(name: string): boolean {
  return isRequisiteKind(name) || reversed(name) !== undefined;
}

function namesOf(
  { id, sls }: Declaration,
  args: ReadonlyMap<string, Argument>,
  errors: TsaltError[],
): { readonly name: string; readonly extra: readonly Argument[] }[] {
  const one = args.get('name');
  const many = args.get('names');
  if (many === undefined) {
    if (one === undefined) return [{ name: id, extra: [] }];
    if (typeof one.value === 'string') return [{ name: one.value, extra: [] }];
    const place = sls.yaml.placeOf(one.path, 'value');
    errors.push(stateErrors.badValue({ name: 'name', expected: 'text', found: describe(one.value) }, { place }));
    return [];
  }
  if (!Array.isArray(many.value)) {
    const place = sls.yaml.placeOf(many.path, 'value');
    errors.push(stateErrors.badValue({ name: 'names', expected: 'a list', found: describe(many.value) }, { place }));
    return [];
  }
  return many.value.flatMap((item, index) => {
    const path = [...many.path, index];
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
        keysOf(map).map((key) => ({ name: key, value: map[key] ?? null, path: [...path, name, at, key] })),
      );
      return [{ name, extra }];
    }
    const expected = 'a name, or a name with a list of arguments';
    const place = sls.yaml.placeOf(path, 'value');
    errors.push(stateErrors.badValue({ name: 'names', expected, found: describe(item) }, { place }));
    return [];
  });
}

type Order = number | 'first' | 'last' | undefined;

interface Common {
  readonly order: Order;
  readonly failhard: boolean | undefined;
  readonly unless: readonly Condition[];
  readonly onlyif: readonly Condition[];
  readonly creates: readonly string[];
  readonly requisites: readonly Requisite[];
}

function commonOf(
  { args: written, sls }: Declaration,
  args: ReadonlyMap<string, Argument>,
  errors: TsaltError[],
): Common {
  const read = <T>(
    name: string,
    expected: string,
    otherwise: T,
    convert: (value: Argument['value']) => T | undefined,
  ): T => {
    const argument = args.get(name);
    if (argument === undefined) return otherwise;
    const value = convert(argument.value);
    if (value !== undefined) return value;
    const place = sls.yaml.placeOf(argument.path, 'value');
    errors.push(stateErrors.badValue({ name, expected, found: describe(argument.value) }, { place }));
    return otherwise;
  };
  const conditions = 'a command, or a list of commands';
  return {
    order: read<Order>('order', "a whole number, 'first' or 'last'", undefined, (value) =>
      value === 'first' || value === 'last' || (typeof value === 'number' && Number.isInteger(value))
        ? value
        : undefined,
    ),
    failhard: read<boolean | undefined>('failhard', 'true or false', undefined, (value) =>
      typeof value === 'boolean' ? value : undefined,
    ),
    unless: read<readonly Condition[]>('unless', conditions, [], conditionsOf),
    onlyif: read<readonly Condition[]>('onlyif', conditions, [], conditionsOf),
    creates: read<readonly string[]>('creates', 'a path, or a list of paths', [], (value) => {
      const paths = Array.isArray(value) ? value : [value];
      return paths.every((path) => typeof path === 'string') ? paths : undefined;
    }),
    requisites: written.flatMap((argument) => requisitesOf(argument, sls, errors)),
  };
}

function requisitesOf({ name, value, path }: Argument, sls: Declaration['sls'], errors: TsaltError[]): Requisite[] {
  const opposite = reversed(name);
  const kind = isRequisiteKind(name) ? name : opposite;
  if (kind === undefined) return [];
  const targets = targetsOf(value);
  if (typeof targets === 'string') {
    errors.push(stateErrors.badRequisite({ kind: name, found: targets }, { place: sls.yaml.placeOf(path, 'value') }));
    return [];
  }
  return targets.map(({ target, index }) => ({
    kind,
    isReversed: opposite !== undefined,
    target,
    path: [...path, index],
  }));
}

/** Where a state stands by Salt's count: what says nothing comes in order of definition from 10000. */
function orderOf(order: Order, at: number): number {
  if (order === undefined) return 10_000 + at;
  if (order === 'first') return 0;
  const end = 100_000_000;
  if (order === 'last') return end;
  return order < 0 ? end + order : order;
}
