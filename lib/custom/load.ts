import { together } from '../errors/error.ts';
import { moduleErrors } from '../errors/module.ts';
import { loadModule, type LoadedModule, type ModuleTree } from '../modules/load.ts';
import { languageOf } from '../modules/parts.ts';
import { placeInData } from '../modules/place-in-data.ts';
import { textOf } from '../text.ts';
import { shapes } from './kinds.ts';
import type { KindName } from './names.ts';

export interface LoadedCustom {
  /** What its default export is: as its kind's shape has it. */
  readonly value: unknown;
  /** Names of the functions in it. */
  readonly functions: readonly string[];
  readonly during: LoadedModule['during'];
  readonly blame: LoadedModule['blame'];
}

/**
 * Runs a file of an operator's own code, and looks whether it gives what files of its kind have to. Raises all that is wrong
 * with it, with the places: `TS_MODULE_...`, `TS_CUSTOM_...`, `TS_TEXT_NOT_UTF8`.
 */
export async function loadCustom(kind: KindName, path: string, tree: ModuleTree): Promise<LoadedCustom> {
  const bytes = await tree.read(path);
  const language = languageOf(path);
  if (bytes === undefined || language === undefined) throw moduleErrors.noModule({ specifier: path });
  const shown = tree.shown(path);
  const { exports, parts, place, during, blame } = await loadModule(
    { path, text: textOf(bytes, shown), language },
    tree,
  );
  const value = exports['default'];
  const shape = shapes[kind];
  const [first, ...more] = (shape?.misshapes(value) ?? [])
    .map(({ path: way, at, error }) => error({ place: way.length === 0 ? place : placeInData(parts, way, at, place) }))
    .sort(({ place: a }, { place: b }) => (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0));
  if (first) throw together(first, more);
  return { value, functions: shape?.names(value) ?? [], during, blame };
}
