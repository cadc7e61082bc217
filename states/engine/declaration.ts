import { describe } from '../../lib/describe.ts';
import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { formatPlace, type Place } from '../../lib/place.ts';
import { keyAsWritten, keysOf, type Yaml, type YamlMap } from '../../lib/yaml/maps.ts';
import type { Step } from '../../lib/yaml/load.ts';
import type { Sls } from './sls.ts';

/** One argument as it is written under a state. */
export interface Argument {
  readonly name: string;
  readonly value: Yaml;
  /** Where it stands: its file, and the way to its key there. */
  readonly sls: Sls;
  readonly path: readonly Step[];
}

/** The place of an argument's name, of its value, or of what stands deeper in that. */
export function placeOf({ sls, path }: Argument, part: 'key' | 'value' = 'key', deeper: readonly Step[] = []): Place {
  return sls.yaml.placeOf([...path, ...deeper], part);
}

/** One state function under an id, as it is written: `file.managed: [...]`, or `file: [managed, ...]`. */
export interface Declaration {
  readonly id: string;
  readonly sls: Sls;
  readonly module: string;
  readonly fun: string;
  readonly args: readonly Argument[];
  readonly path: readonly Step[];
}

/** The same in an `extend`, where the function is left as it is unless it is named. */
export type Extension = Omit<Declaration, 'fun'> & { readonly fun: string | undefined };

/** Keys of a state file that are not ids. */
const reserved = new Set(['include', 'extend', 'exclude']);

/** All declarations of the files, in their order. An id stands for one thing in the whole tree. */
export function declarations(files: readonly Sls[], errors: TsaltError[]): Declaration[] {
  const owners = new Map<string, Sls>();
  return files.flatMap((sls) =>
    keysOf(sls.data).flatMap((id) => {
      if (reserved.has(id) || id.startsWith('__')) return [];
      const written = keyAsWritten(sls.data, id);
      if (typeof written !== 'string') {
        const kind = written === null ? 'null' : typeof written;
        errors.push(
          stateErrors.idNotText({ id, kind }, { place: sls.yaml.placeOf([id]), hint: `put quotes around it: '${id}'` }),
        );
      }
      const owner = owners.get(id);
      if (owner) {
        const other = formatPlace(owner.yaml.placeOf([id]));
        errors.push(stateErrors.duplicateId({ id, other }, { place: sls.yaml.placeOf([id]) }));
        return [];
      }
      owners.set(id, sls);
      return body(id, sls.data[id] ?? null, { sls, path: [id] }, errors).flatMap((declaration) => {
        if (declaration.fun !== undefined) return [{ ...declaration, fun: declaration.fun }];
        const { module, path } = declaration;
        errors.push(stateErrors.noFunction({ module }, { place: sls.yaml.placeOf(path) }));
        return [];
      });
    }),
  );
}

/** Where something stands: the way to it in a file. */
interface Spot {
  readonly sls: Sls;
  readonly path: readonly Step[];
}

/** What stands under an id, here or in an `extend`. */
export function body(id: string, value: Yaml, { sls, path }: Spot, errors: TsaltError[]): Extension[] {
  // `id: test.nop`
  if (typeof value === 'string' && /^\w+\.\w+$/.test(value)) {
    const [module = '', fun = ''] = value.split('.');
    return [{ id, sls, module, fun, args: [], path }];
  }
  if (!isMap(value) || keysOf(value).length === 0) {
    const hint = didYouMean(nearest(id, [...reserved]));
    errors.push(stateErrors.badState({ id }, { place: sls.yaml.placeOf(path), hint }));
    return [];
  }
  const seen = new Set<string>();
  return keysOf(value).flatMap((key) => {
    if (key.startsWith('__')) return [];
    const declaration = declare(id, key, value[key] ?? null, { sls, path: [...path, key] }, errors);
    if (!declaration) return [];
    if (seen.has(declaration.module)) {
      const twice = { module: declaration.module, first: 'one before', second: declaration.fun ?? 'another' };
      errors.push(
        stateErrors.twoFunctions(twice, {
          place: sls.yaml.placeOf([...path, key]),
          hint: 'give the second one an id of its own',
        }),
      );
      return [];
    }
    seen.add(declaration.module);
    return [declaration];
  });
}

function declare(
  id: string,
  key: string,
  value: Yaml,
  { sls, path }: Spot,
  errors: TsaltError[],
): Extension | undefined {
  const [module = '', named, ...more] = key.split('.');
  // In code a map has an order, and names no argument twice.
  const isList = value === null || Array.isArray(value);
  if (!isList && !(sls.yaml.isMade && isMap(value))) {
    const hint = isMap(value) ? "put '- ' before each argument" : undefined;
    errors.push(stateErrors.notList({ state: key, found: describe(value) }, { place: sls.yaml.placeOf(path), hint }));
    return undefined;
  }
  if (more.length > 0) {
    errors.push(
      stateErrors.unknownFunction({ module, fun: key.slice(module.length + 1) }, { place: sls.yaml.placeOf(path) }),
    );
    return undefined;
  }
  const args: Argument[] = [];
  let fun = named;
  const take = (map: YamlMap, at: readonly Step[]): void => {
    for (const name of keysOf(map)) args.push({ name, value: map[name] ?? null, sls, path: [...at, name] });
  };
  if (!isList) take(value, path);
  for (const [index, item] of (isList ? (value ?? []) : []).entries()) {
    if (isMap(item)) {
      take(item, [...path, index]);
    } else if (typeof item === 'string' && fun === undefined) {
      fun = item;
    } else if (typeof item === 'string' && named === undefined && /^\w+$/.test(item)) {
      errors.push(
        stateErrors.twoFunctions(
          { module, first: fun ?? '', second: item },
          { place: sls.yaml.placeOf([...path, index], 'value') },
        ),
      );
    } else {
      const place = sls.yaml.placeOf([...path, index], 'value');
      const hint = typeof item === 'string' && /^\w+:\S/.test(item) ? `put a blank after the ':'` : undefined;
      errors.push(stateErrors.badArgument({ state: key, found: describe(item) }, { place, hint }));
    }
  }
  return { id, sls, module, fun, args, path };
}
