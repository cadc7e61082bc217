import * as v from 'valibot';
import { environmentNames, type Roots } from './environments.ts';
import type { JsonMap } from './json.ts';
import type { Nodegroups } from './target/target.ts';

/* What a config says of state trees as a whole: which environments there are, and whose states the top files mean. */

/** Salt's `top_file_merging_strategy`. */
export const topStrategies = ['merge', 'merge_all', 'same'] as const;

const schema = v.object({
  environments: v.array(v.string()),
  file: v.string(),
  strategy: v.picklist(topStrategies),
  order: v.array(v.string()),
  fallback: v.string(),
  from: v.optional(v.string()),
  nodegroups: v.custom<Nodegroups>((value) => typeof value === 'object' && value !== null),
});

export type Tops = v.InferOutput<typeof schema>;

/** The options that it is said in. */
export interface TopsConfig {
  readonly file_roots: Roots;
  readonly state_top: string;
  readonly top_file_merging_strategy: (typeof topStrategies)[number];
  readonly env_order: readonly string[];
  readonly default_top: string;
  readonly state_top_saltenv: string | undefined;
  readonly nodegroups: Nodegroups;
}

/** `state_top` without the directories that config puts before a relative path. */
export function topFileName({ state_top: file }: Pick<TopsConfig, 'state_top'>): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** `environments`: those that there are, where they are not the ones that `file_roots` names. */
export function topsOf(
  config: TopsConfig,
  environments: readonly string[] = environmentNames(config.file_roots),
): Tops {
  return {
    environments: [...environments],
    file: topFileName(config),
    strategy: config.top_file_merging_strategy,
    order: [...config.env_order],
    fallback: config.default_top,
    ...(config.state_top_saltenv !== undefined && { from: config.state_top_saltenv }),
    nodegroups: config.nodegroups,
  };
}

/** The same, as a master told it; undefined for one that tells nothing of the kind. */
export function readTops(told: unknown): Tops | undefined {
  const parsed = v.safeParse(schema, told);
  return parsed.success ? parsed.output : undefined;
}

/** As it goes through JSON. */
export function tellTops(tops: Tops): JsonMap {
  const { from, nodegroups, ...rest } = tops;
  return { ...rest, nodegroups: nodegroups as JsonMap, ...(from !== undefined && { from }) };
}
