import type { TsaltError } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Nodegroups } from '../../lib/target/target.ts';
import { keysOf } from '../../lib/yaml/maps.ts';
import type { RenderContext } from './render.ts';
import { loadSlsFiles } from './sls.ts';
import { topFiles } from './top.ts';
import type { Tree } from './tree.ts';

/**
 * A minion's pillar: the files that the pillar tree's top file means for it, maps merged deeply, lists and scalars of later
 * files in place of earlier ones; no top file, no pillar. `override` goes over all. With errors the data is worth nothing.
 */
export async function compilePillar(
  tree: Tree,
  context: Omit<RenderContext, 'pillar'>,
  override: JsonMap = {},
  nodegroups: Nodegroups = {},
): Promise<{ readonly pillar: JsonMap; readonly errors: readonly TsaltError[] }> {
  const errors: TsaltError[] = [];
  // What is being made can't be asked for; what the caller brought can.
  const rendering: RenderContext = { ...context, pillar: override };
  const { id, grains } = context;
  const files = await topFiles(tree, rendering, { id, grains, pillar: override }, errors, { nodegroups });
  const loaded = await loadSlsFiles(files ?? [], tree, rendering, errors);
  let pillar: JsonMap = {};
  for (const { data } of loaded) {
    const own = Object.fromEntries(
      keysOf(data)
        .filter((key) => key !== 'include')
        .map((key) => [key, data[key] ?? null]),
    );
    pillar = mergeDeep(pillar, own as JsonMap);
  }
  return { pillar: mergeDeep(pillar, override), errors };
}

/** Both maps as one; where both have a key, maps merge and anything else of `over` wins. */
export function mergeDeep(under: JsonMap, over: JsonMap): JsonMap {
  const merged = Object.assign(Object.create(null), under) as JsonMap;
  for (const key of keysOf(over)) {
    const below: Json | undefined = merged[key];
    const above = over[key] ?? null;
    merged[key] = isMap(below) && isMap(above) ? mergeDeep(below, above) : above;
  }
  return merged;
}
