import { describe } from '../../lib/describe.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { isMap } from '../../lib/json.ts';
import { parseTarget, type Nodegroups, type TargetFacts } from '../../lib/target/target.ts';
import type { Place } from '../../lib/place.ts';
import { keysOf, type Yaml } from '../../lib/yaml/maps.ts';
import { renderYaml, type RenderContext } from './render.ts';
import type { Tree } from './tree.ts';

/** A file that is asked for, and where. */
export interface Wanted {
  readonly name: string;
  readonly place?: () => Place;
}

/**
 * The files that a tree's top file means for this minion, in its order, each once; undefined when there is no top file.
 * A target is compound unless `match` says otherwise; with `everybody` the files of all targets are given. Mistakes are added to `errors`.
 */
export async function topFiles(
  tree: Tree,
  context: RenderContext,
  facts: TargetFacts,
  errors: TsaltError[],
  { top = 'top.sls', nodegroups = {} as Nodegroups, everybody = false } = {},
): Promise<Wanted[] | undefined> {
  const bytes = await tree.read(top);
  if (bytes === undefined) return undefined;
  const found = new Map<string, Wanted>();
  try {
    const yaml = await renderYaml(bytes, { path: top, sls: 'top' }, context, tree);
    errors.push(...yaml.errors);
    const environments = yaml.errors.length > 0 ? {} : (yaml.data ?? {});
    const complain = (path: (string | number)[], what: string, value: Yaml | undefined) => {
      errors.push(stateErrors.badTop({ what, found: describe(value) }, { place: yaml.placeOf(path) }));
    };
    if (!isMap(environments)) {
      complain([], 'there has to be a map of environments', environments);
      return [];
    }
    for (const environment of keysOf(environments)) {
      const targets = environments[environment] ?? null;
      if (!isMap(targets)) {
        complain([environment], 'an environment has to be a map of targets', targets as Yaml);
        continue;
      }
      for (const target of keysOf(targets)) {
        const path = [environment, target];
        const entries = typeof targets[target] === 'string' ? [targets[target]] : targets[target];
        if (!Array.isArray(entries)) {
          complain(path, 'a target has to have a list of state files', entries as Yaml);
          continue;
        }
        const files: Wanted[] = [];
        let type = 'compound';
        for (const [index, entry] of (entries as Yaml[]).entries()) {
          if (typeof entry === 'string')
            files.push({ name: entry, place: () => yaml.placeOf([...path, index], 'value') });
          else if (isMap(entry) && typeof entry['match'] === 'string') type = entry['match'];
          else if (!(isMap(entry) && 'ignore_missing' in entry))
            complain([...path, index], "a list has state files and 'match: TYPE'", entry);
        }
        try {
          // Every target is read, so that a mistake shows on every minion.
          const matcher = parseTarget(target, type, { nodegroups });
          if (environment === context.saltenv && (everybody || matcher(facts) === true))
            for (const file of files) if (!found.has(file.name)) found.set(file.name, file);
        } catch (thrown) {
          if (!(thrown instanceof TsaltError)) throw thrown;
          errors.push(new TsaltError(thrown.code, thrown.sentence, { place: yaml.placeOf(path), hint: thrown.hint }));
        }
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof TsaltError)) throw thrown;
    errors.push(thrown, ...thrown.others);
  }
  return [...found.values()];
}
