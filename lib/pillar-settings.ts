import type { Json, JsonMap } from './json.ts';
import type { Nodegroups } from './target/target.ts';

/* What pillar is made by: the config's part, and what a minion asks for. */

/** Salt's `pillar_source_merging_strategy`. */
export const mergeStrategies = ['smart', 'recurse', 'aggregate', 'overwrite', 'none'] as const;
export type MergeStrategy = (typeof mergeStrategies)[number];

/** What a config says of how pillar is made, by the names of its options. */
export interface PillarSettings {
  readonly pillar_source_merging_strategy: MergeStrategy;
  readonly pillar_merge_lists: boolean;
  readonly pillar_includes_override_sls: boolean;
  readonly pillarenv: string | undefined;
  readonly pillarenv_from_saltenv: boolean;
  readonly ext_pillar: readonly { readonly name: string; readonly args: Json }[];
  readonly ext_pillar_first: boolean;
  readonly state_top: string;
  readonly nodegroups: Nodegroups;
}

/** The part of a config that is about it, without what else is there. */
export function pillarSettings(config: PillarSettings): PillarSettings {
  return {
    pillar_source_merging_strategy: config.pillar_source_merging_strategy,
    pillar_merge_lists: config.pillar_merge_lists,
    pillar_includes_override_sls: config.pillar_includes_override_sls,
    pillarenv: config.pillarenv,
    pillarenv_from_saltenv: config.pillarenv_from_saltenv,
    ext_pillar: config.ext_pillar,
    ext_pillar_first: config.ext_pillar_first,
    state_top: config.state_top,
    nodegroups: config.nodegroups,
  };
}

/** What a minion asks for, or somebody for one run of it. */
export interface PillarRequest {
  /** Laid over all. */
  readonly override?: JsonMap | undefined;
  /** The environment that its states are from; undefined: all. */
  readonly saltenv?: string | undefined;
  /** The only environment that pillar is from. */
  readonly pillarenv?: string | undefined;
}

/** Whether it is for one run only: what comes of it is no fact of the minion. */
export function isForOneRun(request: PillarRequest): boolean {
  return (
    Object.keys(request.override ?? {}).length > 0 || request.saltenv !== undefined || request.pillarenv !== undefined
  );
}
