import { describe } from '../../lib/describe.ts';
import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import type { Exclusion } from '../../lib/exclusions.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { isMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { keysOf, type Yaml } from '../../lib/yaml/maps.ts';
import { namesOthers, targetsOf, useKinds, type Target } from './common.ts';
import { body, placeOf, type Argument, type Declaration, type Extension } from './declaration.ts';
import type { Sls } from './sls.ts';

/*
 * What files say about states of other files: `extend`, `exclude` and `use` change declarations before they are made
 * states, in Salt's order and by its rules.
 */

/** Whether a file says something of states of other files, so that what they are depends on it. */
export function reshapesOthers(sls: Sls): boolean {
  return sls.data['exclude'] !== undefined || sls.data['extend'] !== undefined || usesOthers(sls.data);
}

function usesOthers(data: Sls['data']): boolean {
  return Object.values(data).some(
    (functions) =>
      isMap(functions) &&
      Object.values(functions).some(
        (args) => Array.isArray(args) && args.some((arg) => isMap(arg) && useKinds.some((kind) => kind in arg)),
      ),
  );
}

/** Extended, with arguments taken over, and without what is excluded, by a file or by `exclude`. */
export function reshape(
  files: readonly Sls[],
  all: readonly Declaration[],
  errors: TsaltError[],
  exclude: readonly Exclusion[] = [],
): Declaration[] {
  const exclusions = [...exclude, ...files.flatMap((sls) => exclusionsOf(sls, errors))];
  const ids = new Set(exclusions.flatMap((one) => ('id' in one ? [one.id] : [])));
  const globs = exclusions.flatMap((one) => ('sls' in one ? [fnmatch(one.sls)] : []));
  const isLeftOut = ({ name }: Sls): boolean => globs.some((fits) => fits(name));
  const extensions = files.filter((sls) => !isLeftOut(sls)).flatMap((sls) => extensionsOf(sls, errors));
  const extended = extend(all, extensions, errors);
  return takeOver(extended, errors).filter(({ id, sls }) => !isLeftOut(sls) && !ids.has(id));
}

/** A text is a state file's name, as `sls` is; files may be globs. */
function exclusionsOf(sls: Sls, errors: TsaltError[]): Exclusion[] {
  const list = sls.data['exclude'];
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    errors.push(stateErrors.badExclude({ found: describe(list) }, { place: sls.yaml.placeOf(['exclude'], 'value') }));
    return [];
  }
  return list.flatMap((item, index): Exclusion[] => {
    if (typeof item === 'string') return [{ sls: item }];
    const [kind, ...more] = isMap(item) ? keysOf(item) : [];
    const value = isMap(item) && kind !== undefined ? item[kind] : undefined;
    if (more.length === 0 && typeof value === 'string') {
      if (kind === 'sls') return [{ sls: value }];
      if (kind === 'id') return [{ id: value }];
    }
    const place = sls.yaml.placeOf(['exclude', index], 'value');
    errors.push(stateErrors.badExclude({ found: `a list with ${describe(item)}` }, { place }));
    return [];
  });
}

function extensionsOf(sls: Sls, errors: TsaltError[]): Extension[] {
  const map = sls.data['extend'];
  if (map === undefined) return [];
  if (!isMap(map)) {
    errors.push(stateErrors.badExtend({ found: describe(map) }, { place: sls.yaml.placeOf(['extend'], 'value') }));
    return [];
  }
  return keysOf(map).flatMap((id) => body(id, (map[id] ?? null) as Yaml, { sls, path: ['extend', id] }, errors));
}

function extend(
  all: readonly Declaration[],
  extensions: readonly Extension[],
  errors: TsaltError[],
): readonly Declaration[] {
  if (extensions.length === 0) return all;
  const result = [...all];
  for (const extension of extensions) {
    const { id, module, sls, path } = extension;
    const owner = ownerOf(id, module, result);
    const at = result.findIndex((one) => one.id === owner && one.module === module);
    const old = result[at];
    if (old) result[at] = merged(old, extension);
    else if (owner !== undefined && extension.fun !== undefined)
      result.push({ ...extension, id: owner, fun: extension.fun });
    else {
      const known = result.map((one) => one.id);
      const hint = didYouMean(nearest(id, known)) ?? 'include the file that has it';
      errors.push(stateErrors.nothingToExtend({ id, module }, { place: sls.yaml.placeOf(path), hint }));
    }
  }
  return result;
}

/** The id that is meant: itself, or that of the one state of the module with this among its arguments. */
function ownerOf(id: string, module: string, all: readonly Declaration[]): string | undefined {
  if (all.some((one) => one.id === id)) return id;
  const [found, ...others] = all.filter((one) => one.module === module && one.args.some(({ value }) => value === id));
  return others.length === 0 ? found?.id : undefined;
}

/** What names other states is added, any other argument takes the place of the one that is there. */
function merged(old: Declaration, { fun, args }: Extension): Declaration {
  let result = old.args;
  for (const argument of args) {
    const isThere = ({ name }: Argument): boolean =>
      name === argument.name || (argument.name === 'name' && name === 'names');
    const at = namesOthers(argument.name) ? -1 : result.findIndex(isThere);
    result = at < 0 ? [...result, argument] : result.with(at, argument);
  }
  return { ...old, fun: fun ?? old.fun, args: result };
}

/** `use` and `use_in`: arguments that a state lacks and the used one has; what that one took over itself does not count. */
function takeOver(all: readonly Declaration[], errors: TsaltError[]): readonly Declaration[] {
  const isUse = ({ name }: Argument): boolean => (useKinds as readonly string[]).includes(name);
  if (!all.some(({ args }) => args.some(isUse))) return all;
  const taken = new Map<Declaration, Argument[]>();
  const give = (from: Declaration, to: Declaration): void => {
    const known = taken.get(to) ?? [];
    const has = (name: string): boolean => [...to.args, ...known].some((argument) => argument.name === name);
    const isOwn = ({ name }: Argument): boolean => name === 'name' || name === 'names' || namesOthers(name);
    taken.set(to, [...known, ...from.args.filter((argument) => !isOwn(argument) && !has(argument.name))]);
  };
  for (const declaration of all) {
    for (const use of declaration.args.filter(isUse)) {
      for (const other of usedBy(use, all, errors)) {
        if (use.name === 'use') give(other, declaration);
        else give(declaration, other);
      }
    }
  }
  return all.map((declaration) => ({
    ...declaration,
    args: [...declaration.args.filter((argument) => !isUse(argument)), ...(taken.get(declaration) ?? [])],
  }));
}

function usedBy(use: Argument, all: readonly Declaration[], errors: TsaltError[]): Declaration[] {
  const targets = targetsOf(use.value);
  if (typeof targets === 'string') {
    errors.push(stateErrors.badRequisite({ kind: use.name, found: targets }, { place: placeOf(use, 'value') }));
    return [];
  }
  return targets.flatMap(({ target, index }) => {
    const found = all.filter((one) => fits(one, target));
    if (found.length === 0) {
      const shown = target.module === undefined ? `'${target.name}'` : `'${target.module}: ${target.name}'`;
      const hint = didYouMean(
        nearest(
          target.name,
          all.map(({ id }) => id),
        ),
      );
      errors.push(
        stateErrors.noTarget({ kind: use.name, target: shown }, { place: placeOf(use, 'value', [index]), hint }),
      );
    }
    return found;
  });
}

function fits({ id, module, sls, args }: Declaration, target: Target): boolean {
  if (target.module === 'sls') return sls.name === target.name;
  if (target.module !== undefined && target.module !== module) return false;
  return id === target.name || args.some(({ name, value }) => name === 'name' && value === target.name);
}
