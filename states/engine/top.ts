import { describe } from '../../lib/describe.ts';
import { BASE } from '../../lib/environments.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Place } from '../../lib/place.ts';
import { parseTarget, type Nodegroups, type TargetFacts } from '../../lib/target/target.ts';
import type { YamlFile } from '../../lib/yaml/load.ts';
import { keysOf, type Yaml } from '../../lib/yaml/maps.ts';
import { nearestEnvironment, type Environments } from './environments.ts';
import { contextIn, renderYaml, type RenderContext } from './render.ts';
import { matching, type Wanted } from './sls.ts';
import { mergeTops, type MergedTop, type Section, type TopFile, type TopStrategy } from './top-merging.ts';
import { slsPaths } from './tree.ts';

/** How top files are found and made one: Salt's options. */
export interface TopOptions {
  /** `state_top` */
  readonly file?: string | undefined;
  /** `top_file_merging_strategy`; `each` is how pillar does it. */
  readonly strategy?: TopStrategy | undefined;
  /** `env_order`: these environments, in this order. */
  readonly order?: readonly string[] | undefined;
  /** `default_top`: whose top file is for environments without one, with the strategy `same`. */
  readonly fallback?: string | undefined;
  /** `state_top_saltenv`: the only environment whose top file counts. */
  readonly from?: string | undefined;
  readonly nodegroups?: Nodegroups | undefined;
}

export interface TopFilesOptions extends TopOptions {
  /** The only environment that files may be from; undefined: any. */
  readonly saltenv?: string | undefined;
  /** The files of all targets are given. */
  readonly everybody?: boolean;
}

/**
 * The files that the top files mean for this minion, by environment, in their order, each once; undefined when there is no
 * top file. A target is compound unless `match` says otherwise. Mistakes are added to `errors`.
 */
export async function topFiles(
  environments: Environments,
  context: RenderContext,
  facts: TargetFacts,
  errors: TsaltError[],
  options: TopFilesOptions = {},
): Promise<Wanted[] | undefined> {
  const { order = [], from, saltenv, strategy = 'merge', fallback = BASE } = options;
  const known = order.length > 0 ? order.filter((name) => environments.names.includes(name)) : environments.names;
  const asked = saltenv === undefined ? (from === undefined ? known : [from]) : [saltenv];
  const tops: TopFile[] = [];
  for (const one of asked) tops.push(...(await readTops(one, environments, context, errors, options)));
  if (strategy === 'same' && !asked.includes(fallback))
    tops.push(...(await readTops(fallback, environments, context, errors, options)));
  if (tops.length === 0) return undefined;
  return wantedOf(mergeTops(tops, strategy, asked, fallback), environments, facts, errors, options);
}

/** The names of files by their environment, `saltenv` where they say none. */
export function byEnvironment(files: readonly Wanted[], saltenv: string): Record<string, string[]> {
  const names: Record<string, string[]> = {};
  for (const { name, saltenv: own = saltenv } of files) (names[own] ??= []).push(name);
  return names;
}

/** The top file of an environment and those that it includes; none where there is none. */
async function readTops(
  saltenv: string,
  environments: Environments,
  context: RenderContext,
  errors: TsaltError[],
  { file = 'top.sls' }: TopOptions,
): Promise<TopFile[]> {
  const tree = await environments.tree(saltenv);
  if (!tree) return [];
  const tops: TopFile[] = [];
  const done = new Set<string>();
  /** Gives false where there is no such file. */
  const readOne = async (path: string, sls: string): Promise<boolean> => {
    const bytes = await tree.read(path);
    if (bytes === undefined) return false;
    if (done.has(path)) return true;
    done.add(path);
    try {
      const yaml = await renderYaml(bytes, { path, sls }, contextIn(context, saltenv), tree);
      errors.push(...yaml.errors);
      const data = yaml.errors.length > 0 ? {} : (yaml.data ?? {});
      if (!isMap(data)) {
        complain(yaml, [], 'there has to be a map of environments', data, errors);
        return true;
      }
      const sections = keysOf(data).filter((key) => key !== 'include');
      tops.push({
        saltenv,
        sections: new Map(sections.map((key) => [key, sectionOf(yaml, key, data[key] as Yaml, environments, errors)])),
      });
      const included = data['include'] ?? [];
      if (!Array.isArray(included))
        complain(yaml, ['include'], "'include' has to be a list of files", included as Yaml, errors);
      else for (const [index, name] of included.entries()) await readIncluded(yaml, index, name as Yaml);
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      errors.push(thrown, ...thrown.others);
    }
    return true;
  };
  const readIncluded = async (yaml: YamlFile, index: number, name: Yaml): Promise<void> => {
    if (typeof name !== 'string')
      return complain(yaml, ['include', index], "'include' has names of files", name, errors);
    for (const each of await matching(name, saltenv, environments)) {
      const [plain, init] = slsPaths(each);
      if ((await readOne(plain, each)) || (await readOne(init, each))) continue;
      errors.push(stateErrors.noSls({ sls: name }, { place: yaml.placeOf(['include', index], 'value') }));
    }
  };
  await readOne(file, 'top');
  return tops;
}

function complain(
  yaml: YamlFile,
  path: (string | number)[],
  what: string,
  value: Yaml | undefined,
  errors: TsaltError[],
  hint?: string,
) {
  errors.push(stateErrors.badTop({ what, found: describe(value) }, { place: yaml.placeOf(path), hint }));
}

/** What a top file says of an environment. */
function sectionOf(
  yaml: YamlFile,
  saltenv: string,
  targets: Yaml,
  environments: Environments,
  errors: TsaltError[],
): Section {
  const section: Section = new Map();
  if (!isMap(targets)) {
    complain(yaml, [saltenv], 'an environment has to be a map of targets', targets, errors);
    return section;
  }
  for (const target of keysOf(targets)) {
    const path = [saltenv, target];
    const entries = typeof targets[target] === 'string' ? [targets[target]] : targets[target];
    if (!Array.isArray(entries)) {
      complain(yaml, path, 'a target has to have a list of state files', entries as Yaml, errors);
      continue;
    }
    const files: Wanted[] = [];
    let type: string | undefined;
    let typePlace: (() => Place) | undefined;
    let isOptional = false;
    let order = 0;
    for (const [index, entry] of (entries as Yaml[]).entries()) {
      const [key = '', ...more] = isMap(entry) ? keysOf(entry) : [];
      const value = isMap(entry) ? (entry[key] as Yaml) : entry;
      const place = () => yaml.placeOf([...path, index, ...(isMap(entry) ? [key] : [])], 'value');
      if (typeof entry === 'string') files.push({ name: entry, saltenv, place });
      else if (key === 'match' && typeof value === 'string') [type, typePlace] = [value, place];
      else if (key === 'ignore_missing' && typeof value === 'boolean') isOptional = value;
      else if (key === 'order' && typeof value === 'number') order = value;
      else if (environments.names.includes(key) && typeof value === 'string' && more.length === 0)
        files.push({ name: value, saltenv: key, place });
      else {
        const hint = didYouMean(nearest(key, ['match', 'ignore_missing', 'order', ...environments.names]));
        const at = [...path, index, ...(hint === undefined ? [] : [key])];
        complain(yaml, at, "a list has state files and 'match: TYPE'", entry, errors, hint);
      }
    }
    section.set(target, {
      type,
      typePlace,
      order,
      files: files.map((file) => ({ ...file, isOptional })),
      place: () => yaml.placeOf(path),
      sectionPlace: () => yaml.placeOf([saltenv]),
    });
  }
  return section;
}

async function wantedOf(
  merged: MergedTop,
  environments: Environments,
  facts: TargetFacts,
  errors: TsaltError[],
  { saltenv: only, everybody = false, nodegroups = {} }: TopFilesOptions,
): Promise<Wanted[]> {
  const wanted = new Map<string, Map<string, Wanted>>();
  // Whoever looks at one environment for everybody need not have the others; this one he meant.
  const isMisspelt = (saltenv: string) => nearest(saltenv, environments.names) !== undefined;
  for (const [saltenv, section] of merged) {
    const isThere = (await environments.tree(saltenv)) !== undefined;
    let isTold = isThere;
    for (const [target, { type = 'compound', typePlace, files, place, sectionPlace }] of section) {
      try {
        // Every target is read, so that a mistake shows on every minion.
        const matcher = parseTarget(target, type, { nodegroups });
        if (only !== undefined && saltenv !== only && !(everybody && isMisspelt(saltenv))) continue;
        if (!everybody && matcher(facts) !== true) continue;
        if (!isTold) {
          const hint = nearestEnvironment(environments, saltenv);
          errors.push(stateErrors.noEnvironment({ saltenv }, { place: sectionPlace(), hint }));
        }
        isTold = true;
        if (!isThere) continue;
        for (const file of files) {
          const own = file.saltenv ?? saltenv;
          const found = wanted.get(own) ?? new Map<string, Wanted>();
          wanted.set(own, found);
          if (!found.has(file.name)) found.set(file.name, file);
        }
      } catch (thrown) {
        if (!(thrown instanceof TsaltError)) throw thrown;
        const isOfType = thrown.code === 'TS_TARGET_UNKNOWN_TYPE' && typePlace !== undefined;
        const spot = isOfType ? typePlace() : place();
        errors.push(new TsaltError(thrown.code, thrown.sentence, { place: spot, hint: thrown.hint }));
      }
    }
  }
  return [...wanted.values()].flatMap((files) => [...files.values()]);
}
