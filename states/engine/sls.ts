import { describe } from '../../lib/describe.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Place } from '../../lib/place.ts';
import type { YamlFile } from '../../lib/yaml/load.ts';
import { keysOf, type YamlMap } from '../../lib/yaml/maps.ts';
import { renderYaml, type RenderContext } from './render.ts';
import type { Wanted } from './top.ts';
import { slsName, slsPaths, type Tree } from './tree.ts';

/** A state or pillar file, rendered and read. */
export interface Sls {
  readonly name: string;
  /** In its tree. */
  readonly path: string;
  readonly data: YamlMap;
  readonly yaml: YamlFile;
  /** Files that include it, directly or through others. */
  readonly includedFrom: Set<string>;
}

/** Files that were read, by name, for other compilations of the same tree for the same minion. */
export type ReadFiles = Map<string, { readonly sls: Sls | undefined; readonly errors: readonly TsaltError[] }>;

/**
 * Reads the named files and all they include, what is included coming first, each once. Mistakes are added to `errors`.
 */
export async function loadSlsFiles(
  wanted: readonly Wanted[],
  tree: Tree,
  context: RenderContext,
  errors: TsaltError[],
  known?: ReadFiles,
): Promise<Sls[]> {
  const loaded = new Map<string, Sls | undefined>();
  const order: Sls[] = [];

  async function read(name: string, place: (() => Place) | undefined): Promise<Sls | undefined> {
    let found = known?.get(name);
    if (!found) {
      const own: TsaltError[] = [];
      found = { sls: await readSls(name, tree, context, place, own), errors: own };
      // That a file is not there is told where it is asked for.
      if (own.every((error) => error.code !== 'TS_STATE_NO_SLS')) known?.set(name, found);
    }
    errors.push(...found.errors);
    return found.sls && { ...found.sls, includedFrom: new Set() };
  }

  async function load(name: string, place: (() => Place) | undefined, from: readonly string[]): Promise<void> {
    const earlier = loaded.get(name);
    for (const includer of from) earlier?.includedFrom.add(includer);
    if (loaded.has(name)) return;
    loaded.set(name, undefined);
    const sls = await read(name, place);
    if (!sls) return;
    for (const includer of from) sls.includedFrom.add(includer);
    loaded.set(name, sls);
    for (const { target, place: at } of includes(sls, errors)) {
      for (const one of await matching(target, tree)) await load(one, at, [...from, name]);
    }
    order.push(sls);
  }

  for (const { name, place } of wanted) {
    for (const one of await matching(name, tree)) await load(one, place, []);
  }
  return order;
}

async function readSls(
  name: string,
  tree: Tree,
  context: RenderContext,
  place: (() => Place) | undefined,
  errors: TsaltError[],
): Promise<Sls | undefined> {
  if (!/^[^./\s]+(?:\.[^./\s]+)*$/.test(name)) {
    errors.push(stateErrors.badSlsName({ sls: name }, { place: place?.() }));
    return undefined;
  }
  for (const path of slsPaths(name)) {
    const bytes = await tree.read(path);
    if (bytes === undefined) continue;
    try {
      const yaml = await renderYaml(bytes, { path, sls: name }, context, tree);
      errors.push(...yaml.errors);
      if (yaml.errors.length > 0) return undefined;
      // A file that renders to nothing has nothing to say.
      const data = yaml.data ?? {};
      if (isMap(data)) return { name, path, data: data as YamlMap, yaml, includedFrom: new Set() };
      errors.push(stateErrors.notMap({ what: 'a state file', found: describe(data) }, { place: yaml.placeOf([]) }));
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      errors.push(thrown, ...thrown.others);
    }
    return undefined;
  }
  const known = (await tree.list('')).map(slsName).filter((other) => other !== undefined);
  errors.push(stateErrors.noSls({ sls: name }, { place: place?.(), hint: didYouMean(nearest(name, known)) }));
  return undefined;
}

/** The files that a name with `*` means; any other name means itself. */
async function matching(name: string, tree: Tree): Promise<string[]> {
  if (!name.includes('*')) return [name];
  const { fnmatch } = await import('../../lib/fnmatch.ts');
  const fits = fnmatch(name);
  const names = (await tree.list('')).map(slsName).filter((other) => other !== undefined && fits(other));
  return names.filter((other) => other !== undefined);
}

interface Include {
  readonly target: string;
  readonly place: () => Place;
}

function includes(sls: Sls, errors: TsaltError[]): Include[] {
  const { data, yaml, name, path } = sls;
  if (!keysOf(data).includes('include')) return [];
  const list = data['include'] ?? null;
  if (!Array.isArray(list)) {
    errors.push(stateErrors.badInclude({ found: describe(list) }, { place: yaml.placeOf(['include']) }));
    return [];
  }
  return list.flatMap((entry, index) => {
    const place = () => yaml.placeOf(['include', index], 'value');
    if (typeof entry !== 'string') {
      errors.push(stateErrors.badInclude({ found: describe(entry) }, { place: place() }));
      return [];
    }
    const target = relative(entry, name, path.endsWith('/init.sls'));
    if (target !== undefined) return [{ target, place }];
    errors.push(stateErrors.includeOutside({ name: entry }, { place: place() }));
    return [];
  });
}

/** `.x` is beside the file itself, `..x` one level up, and so on. */
function relative(entry: string, from: string, isInit: boolean): string | undefined {
  const dots = /^\.*/.exec(entry)?.[0].length ?? 0;
  if (dots === 0) return entry;
  const levels = from.split('.');
  const drop = dots - (isInit ? 1 : 0);
  if (drop > levels.length) return undefined;
  return [...levels.slice(0, levels.length - drop), entry.slice(dots)].filter((part) => part !== '').join('.');
}
