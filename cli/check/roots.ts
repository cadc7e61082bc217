import path from 'node:path';
import type { MinionConfig } from '../../lib/config/options.ts';
import { examineConfig } from '../../lib/config/load.ts';
import { BASE, environmentNames, type Roots } from '../../lib/environments.ts';

const names = [
  'file_roots',
  'pillar_roots',
  'state_top',
  'top_file_merging_strategy',
  'env_order',
  'default_top',
  'state_top_saltenv',
  'pillarenv',
  'pillarenv_from_saltenv',
  'pillar_source_merging_strategy',
  'pillar_merge_lists',
  'pillar_includes_override_sls',
  'ext_pillar',
  'ext_pillar_first',
  'nodegroups',
] as const;

/** What a config says of trees. */
export type TreeOptions = Partial<Pick<MinionConfig, (typeof names)[number]>>;

/** What the master's and the minion's config say of trees. What is wrong in a config is not told here. */
export function configuredTrees(source: {
  readonly configDir: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}): readonly TreeOptions[] {
  return (['master', 'minion'] as const).map((daemon) => {
    const { config } = examineConfig(daemon, source);
    const own = names.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]]));
    // Both have them, made by the same schemas.
    return Object.fromEntries(own) as TreeOptions;
  });
}

/** A tree that is to be checked: its environment, and the config that it is checked by. */
export interface TreeToCheck {
  readonly environment: string;
  readonly options: TreeOptions;
}

/** Where a directory stands in a config that names it; undefined where none does. */
export function configuredTree(
  root: string,
  kind: 'file_roots' | 'pillar_roots',
  configs: readonly TreeOptions[],
): TreeToCheck | undefined {
  for (const options of configs) {
    const roots: Roots = options[kind] ?? {};
    const environment = environmentNames(roots).find((name) => roots[name]?.some((one) => path.resolve(one) === root));
    if (environment !== undefined) return { environment, options };
  }
  return undefined;
}

/** A directory that no config names, as the only tree of its kind. */
export function onlyTree(root: string, kind: 'file_roots' | 'pillar_roots'): TreeToCheck {
  return { environment: BASE, options: { [kind]: { [BASE]: [root] } } };
}

/** The pillar trees that configs name. */
export function pillarTrees(configs: readonly TreeOptions[]): readonly string[] {
  return configs.flatMap((options) => Object.values(options.pillar_roots ?? {}).flat()).map((one) => path.resolve(one));
}

/** Whether a place is one of these directories, or in one. */
export function isIn(place: string, roots: readonly string[]): boolean {
  return roots.some((root) => place === root || place.startsWith(path.join(root, '/')));
}
