import { describe, describeKind } from '../../lib/describe.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { fnmatch, isPattern } from '../../lib/fnmatch.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Place } from '../../lib/place.ts';
import type { YamlFile } from '../../lib/yaml/load.ts';
import { keysOf, type YamlMap } from '../../lib/yaml/maps.ts';
import { elsewhere, nearestEnvironment, unknownEnvironment, type Environments } from './environments.ts';
import { contextIn, renderYaml, type RenderContext } from './render.ts';
import { hasSls, slsName, slsPaths } from './tree.ts';

/** A file that is asked for, and where. */
export interface Wanted {
  readonly name: string;
  /** Its environment; undefined for the one that a run is about. */
  readonly saltenv?: string | undefined;
  readonly place?: (() => Place) | undefined;
  /** It need not be there (`ignore_missing`). */
  readonly isOptional?: boolean | undefined;
}

/** A state or pillar file, rendered and read. */
export interface Sls {
  readonly name: string;
  /** The environment it is from. */
  readonly saltenv: string;
  /** In its tree. */
  readonly path: string;
  readonly data: YamlMap;
  readonly yaml: YamlFile;
  /** Files that include it, directly or through others. */
  readonly includedFrom: Set<string>;
}

/** Files that were read, by environment and name, for other compilations of the same trees for the same minion. */
export type ReadFiles = Map<string, { readonly sls: Sls | undefined; readonly errors: readonly TsaltError[] }>;

/**
 * Reads the named files and all they include, what is included coming first, each once. A name without an environment is
 * one of the context's. Mistakes are added to `errors`.
 */
export async function loadSlsFiles(
  wanted: readonly Wanted[],
  environments: Environments,
  context: RenderContext,
  errors: TsaltError[],
  known?: ReadFiles,
): Promise<Sls[]> {
  const loaded = new Map<string, Sls | undefined>();
  const order: Sls[] = [];
  const meant = [...new Set(wanted.map(({ saltenv }) => saltenv ?? context.saltenv))];

  async function read(one: Located): Promise<Sls | undefined> {
    let found = known?.get(keyOf(one));
    if (!found) {
      const own: TsaltError[] = [];
      found = { sls: await readSls(one, environments, context, own), errors: own };
      // That a file is not there is told where it is asked for.
      if (own.every((error) => error.code !== 'TS_STATE_NO_SLS')) known?.set(keyOf(one), found);
    }
    errors.push(...found.errors);
    return found.sls && { ...found.sls, includedFrom: new Set() };
  }

  async function load(one: Located, from: readonly string[]): Promise<void> {
    const key = keyOf(one);
    const earlier = loaded.get(key);
    for (const includer of from) earlier?.includedFrom.add(includer);
    if (loaded.has(key)) return;
    loaded.set(key, undefined);
    const sls = await read(one);
    if (!sls) return;
    for (const includer of from) sls.includedFrom.add(includer);
    loaded.set(key, sls);
    for (const include of includes(sls, errors)) {
      const saltenv = await environmentOf(include, sls, meant, environments, errors);
      if (saltenv === undefined) continue;
      const { target, place } = include;
      for (const name of await matching(target, saltenv, environments))
        await load({ name, saltenv, place }, [sls.name, ...from]);
    }
    order.push(sls);
  }

  for (const { name, saltenv = context.saltenv, place } of wanted) {
    for (const each of await matching(name, saltenv, environments)) await load({ name: each, saltenv, place }, []);
  }
  return order;
}

/** A file that is to be read. */
export interface Located {
  readonly name: string;
  readonly saltenv: string;
  /** Where it is asked for. */
  readonly place: (() => Place) | undefined;
  /** What its template sees besides. */
  readonly names?: JsonMap | undefined;
}

function keyOf({ saltenv, name }: Located): string {
  return `${saltenv}\0${name}`;
}

/** Reads one file, of states or of pillar, without what it includes. Mistakes are added to `errors`. */
export async function readSls(
  { name, saltenv, place, names }: Located,
  environments: Environments,
  context: RenderContext,
  errors: TsaltError[],
  kind: 'state' | 'pillar' = 'state',
): Promise<Sls | undefined> {
  if (!/^[^./\s]+(?:\.[^./\s]+)*$/.test(name)) {
    errors.push(stateErrors.badSlsName({ sls: name, kind }, { place: place?.() }));
    return undefined;
  }
  const tree = await environments.tree(saltenv);
  if (!tree) {
    const hint = unknownEnvironment(environments, saltenv);
    errors.push(stateErrors.noSls({ sls: name, kind }, { place: place?.(), hint }));
    return undefined;
  }
  for (const path of slsPaths(name)) {
    const bytes = await tree.read(path);
    if (bytes === undefined) continue;
    try {
      const yaml = await renderYaml(bytes, { path, sls: name, names }, contextIn(context, saltenv), tree);
      errors.push(...yaml.errors);
      if (yaml.errors.length > 0) return undefined;
      // A file that renders to nothing has nothing to say.
      const data = yaml.data ?? {};
      if (isMap(data)) return { name, saltenv, path, data: data as YamlMap, yaml, includedFrom: new Set() };
      errors.push(
        stateErrors.notMap({ what: `a ${kind} file`, found: describeKind(data) }, { place: yaml.placeOf([]) }),
      );
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      errors.push(thrown, ...thrown.others);
    }
    return undefined;
  }
  const known = (await tree.list('')).map(slsName).filter((other) => other !== undefined);
  const hint =
    (await elsewhere(environments, saltenv, (other) => hasSls(other, name))) ?? didYouMean(nearest(name, known));
  errors.push(stateErrors.noSls({ sls: name, kind }, { place: place?.(), hint }));
  return undefined;
}

/** The files of an environment that a name with a wildcard means; any other name means itself. */
export async function matching(name: string, saltenv: string, environments: Environments): Promise<string[]> {
  if (!isPattern(name)) return [name];
  const fits = fnmatch(name);
  const tree = await environments.tree(saltenv);
  if (!tree) return [name];
  const names = (await tree.list(''))
    .map(slsName)
    .filter((other): other is string => other !== undefined && fits(other));
  // What fits nothing is looked for by itself, so that its place is told.
  return names.length > 0 ? names : [name];
}

/** Salt's word for "whichever environment has it" of those whose states are meant for the minion. */
const ANYWHERE = '_xenv';

interface Include {
  readonly target: string;
  /** As it is written; undefined for the file's own. */
  readonly saltenv: string | undefined;
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
    const [saltenv, ...more] = isMap(entry) ? keysOf(entry) : [];
    const written = isMap(entry) && saltenv !== undefined ? entry[saltenv] : entry;
    const way = ['include', index, ...(saltenv === undefined ? [] : [saltenv])];
    const place = () => yaml.placeOf(way, 'value');
    if (typeof written !== 'string' || more.length > 0) {
      errors.push(stateErrors.badInclude({ found: describe(entry) }, { place: place() }));
      return [];
    }
    const target = relative(written, name, path.endsWith('/init.sls'));
    if (target !== undefined) return [{ target, saltenv, place }];
    errors.push(stateErrors.includeOutside({ name: written }, { place: place() }));
    return [];
  });
}

/** The environment that an include is from; what is wrong with it is added to `errors`. */
async function environmentOf(
  { target, saltenv, place }: Include,
  sls: Sls,
  meant: readonly string[],
  environments: Environments,
  errors: TsaltError[],
): Promise<string | undefined> {
  if (saltenv === undefined) return sls.saltenv;
  if (saltenv !== ANYWHERE) {
    if (await environments.tree(saltenv)) return saltenv;
    const hint = nearestEnvironment(environments, saltenv);
    errors.push(stateErrors.noEnvironment({ saltenv }, { place: place(), hint }));
    return undefined;
  }
  const having: string[] = [];
  for (const one of meant) if (await isIn(target, one, environments)) having.push(one);
  if (having.includes(sls.saltenv)) return sls.saltenv;
  const [only, ...others] = having;
  if (only === undefined) {
    errors.push(stateErrors.noSlsAnywhere({ sls: target, saltenvs: meant.join(', ') }, { place: place() }));
    return undefined;
  }
  if (others.length === 0) return only;
  const hint = `name one of them: '- ${only}: ${target}'`;
  errors.push(stateErrors.ambiguousSls({ sls: target, saltenvs: having.join(', ') }, { place: place(), hint }));
  return undefined;
}

async function isIn(name: string, saltenv: string, environments: Environments): Promise<boolean> {
  const tree = await environments.tree(saltenv);
  if (!tree) return false;
  const [first = name] = await matching(name, saltenv, environments);
  return hasSls(tree, first);
}

/** `.x` is beside the file itself, `..x` one level up, and so on; undefined for what leads out of the tree. */
export function relative(entry: string, from: string, isInit: boolean): string | undefined {
  const dots = /^\.*/.exec(entry)?.[0].length ?? 0;
  if (dots === 0) return entry;
  const levels = from.split('.');
  const drop = dots - (isInit ? 1 : 0);
  if (drop > levels.length) return undefined;
  return [...levels.slice(0, levels.length - drop), entry.slice(dots)].filter((part) => part !== '').join('.');
}
