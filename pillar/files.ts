import { describe } from '../lib/describe.ts';
import { didYouMean, type TsaltError } from '../lib/errors/error.ts';
import { stateErrors } from '../lib/errors/state.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import type { Place } from '../lib/place.ts';
import { keysOf, type Yaml } from '../lib/yaml/maps.ts';
import type { Environments } from '../states/engine/environments.ts';
import type { RenderContext } from '../states/engine/render.ts';
import { matching, readSls, relative, type Located, type Sls, type Wanted } from '../states/engine/sls.ts';
import { hasSls } from '../states/engine/tree.ts';
import { mergePillar, type Merging } from './merge.ts';

/** An `include` of a pillar file: `- users`, or `- users: {key: team:web, defaults: {shell: /bin/sh}}`. */
interface Include {
  readonly name: string;
  readonly place: () => Place;
  /** Where in the pillar its data goes, from the top; empty: at the top itself. */
  readonly key: readonly string[];
  /** What its template sees besides. */
  readonly defaults: JsonMap;
}

export interface PillarFiles {
  /** Whether a file was read, by itself or as one that others include. */
  isRead(name: string, saltenv: string): boolean;
  /** What a file says, with what it includes. Undefined for one that is not there and need not be. */
  read(wanted: Wanted): Promise<JsonMap>;
}

/**
 * Reads pillar files with what they include: what a file says itself goes over what it includes, or under it
 * (`includesOverride`). Mistakes are added to `errors`.
 */
export function pillarFiles(
  environments: Environments,
  context: RenderContext,
  merging: Merging,
  includesOverride: boolean,
  errors: TsaltError[],
): PillarFiles {
  const known = new Map<string, JsonMap>();
  /** What files that are being read say themselves. */
  const owns = new Map<string, JsonMap>();
  const touched = new Set<string>();

  async function dataOf(
    wanted: Wanted & { readonly saltenv: string },
    names: JsonMap,
    within: readonly string[],
  ): Promise<JsonMap> {
    const { name, saltenv, place, isOptional } = wanted;
    if (isOptional === true && !(await isThere(name, saltenv))) return {};
    touched.add(`${saltenv}\0${name}`);
    const key = `${saltenv}\0${name}\0${JSON.stringify(names)}`;
    // A file that includes itself, by whatever way, has no end: there it says no more than its own.
    if (within.includes(key)) return owns.get(key) ?? {};
    const before = known.get(key);
    if (before) return before;
    const made = await readWhole({ name, saltenv, place, names }, [...within, key], (own) => owns.set(key, own));
    known.set(key, made);
    return made;
  }

  async function readWhole(
    located: Located,
    within: readonly string[],
    keep: (own: JsonMap) => void,
  ): Promise<JsonMap> {
    const sls = await readSls(located, environments, context, errors, 'pillar');
    if (!sls) return {};
    const own = Object.fromEntries(
      keysOf(sls.data)
        .filter((key) => key !== 'include')
        .map((key) => [key, sls.data[key] ?? null]),
    ) as JsonMap;
    keep(own);
    const included: JsonMap[] = [];
    for (const { name, place, key, defaults } of includesOf(sls, errors)) {
      for (const each of await matching(name, sls.saltenv, environments)) {
        const data = await dataOf({ name: each, saltenv: sls.saltenv, place }, defaults, within);
        included.push(key.reduceRight((inner: JsonMap, part) => ({ [part]: inner }), data));
      }
    }
    const parts = includesOverride ? [own, ...included] : [...included, own];
    return parts.reduce((under, over) => mergePillar(under, over, merging), {});
  }

  async function isThere(name: string, saltenv: string): Promise<boolean> {
    const tree = await environments.tree(saltenv);
    return tree !== undefined && hasSls(tree, name);
  }

  return {
    isRead: (name, saltenv) => touched.has(`${saltenv}\0${name}`),
    async read({ name, saltenv = context.saltenv, ...more }) {
      let data: JsonMap = {};
      for (const each of await matching(name, saltenv, environments))
        data = mergePillar(data, await dataOf({ ...more, name: each, saltenv }, {}, []), merging);
      return data;
    },
  };
}

function includesOf({ data, yaml, name: from, path }: Sls, errors: TsaltError[]): Include[] {
  if (!keysOf(data).includes('include')) return [];
  const list = data['include'] ?? null;
  const complain = (found: Yaml, way: (string | number)[]) => {
    errors.push(stateErrors.badPillarInclude({ found: describe(found) }, { place: yaml.placeOf(way, 'value') }));
    return [];
  };
  const complainOfWord = (odd: string, way: (string | number)[]) => {
    const hint = didYouMean(nearest(odd, ['key', 'defaults']));
    errors.push(stateErrors.badPillarInclude({ found: `'${odd}'` }, { place: yaml.placeOf([...way, odd]), hint }));
    return [];
  };
  if (!Array.isArray(list)) return complain(list, ['include']);
  return list.flatMap((entry: Yaml, index): Include[] => {
    const [written, ...more] = isMap(entry) ? keysOf(entry) : [entry];
    const settings = isMap(entry) && typeof written === 'string' ? (entry[written] ?? {}) : {};
    const way = ['include', index];
    if (typeof written !== 'string' || more.length > 0 || !isMap(settings)) return complain(entry, way);
    const { key = '', defaults = {}, ...others } = settings as Record<string, Yaml>;
    const [odd] = keysOf(others);
    if (odd !== undefined) return complainOfWord(odd, [...way, written]);
    if (typeof key !== 'string' || !isMap(defaults)) return complain(settings as Yaml, [...way, written]);
    const name = relative(written.replaceAll('/', '.'), from, path.endsWith('/init.sls'));
    const place = () => yaml.placeOf(way, 'value');
    if (name === undefined) {
      errors.push(stateErrors.includeOutside({ name: written }, { place: place() }));
      return [];
    }
    const parts = key === '' ? [] : key.split(':');
    return [{ name, place, key: parts, defaults: defaults as JsonMap }];
  });
}
