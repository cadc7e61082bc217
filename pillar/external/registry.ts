import type { ExtPillar, ExtPillarRegistry } from '../../lib/contracts/ext-pillar.ts';

/** Every source of pillar that comes with tsalt. A file is read only when config names it. */
const files: Readonly<Record<string, () => Promise<{ readonly default: ExtPillar }>>> = {
  cmd_json: () => import('./cmd_json.ts'),
  cmd_yaml: () => import('./cmd_yaml.ts'),
  file_tree: () => import('./file_tree.ts'),
  git: () => import('./git.ts'),
  http_json: () => import('./http_json.ts'),
  http_yaml: () => import('./http_yaml.ts'),
  nodegroups: () => import('./nodegroups.ts'),
};

export const builtinExtPillars: ExtPillarRegistry = {
  names: Object.keys(files),
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!load) throw new RangeError(`no ext_pillar ${name}`);
    return (await load()).default;
  },
};
