import { loadMinionConfig } from '../../lib/config/load.ts';
import type { ModuleRegistry } from '../../lib/contracts/execution.ts';
import type { StateRegistry } from '../../lib/contracts/state.ts';
import { titleOf } from '../../lib/custom/files.ts';
import { hasCustom } from '../../lib/custom/names.ts';
import { BASE } from '../../lib/environments.ts';
import { silent } from '../../lib/log.ts';
import { builtinModules } from '../../minion/local.ts';
import { builtinStates } from '../../states/registry.ts';
import { configuredTrees } from '../check/roots.ts';

/** The functions that schemas tell of: the built-in ones, and over them those of the operator's own code. */
export interface Known {
  readonly states: StateRegistry;
  readonly modules: ModuleRegistry;
}

export interface KnownOptions {
  /** The state trees; those of the configs, of all environments, when there are none. */
  readonly fileRoots: readonly string[] | undefined;
  readonly configDir: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears of each file of code that can't be used, which is left out. */
  readonly complain: (problem: string) => void;
}

/** What there is. Code of the operator's own runs here, as it does when it is checked. Raises `TS_CONFIG_...`. */
export async function knownIn({ fileRoots, configDir, env, complain }: KnownOptions): Promise<Known> {
  const directories =
    fileRoots ??
    configuredTrees({ configDir, env }).flatMap(({ file_roots: roots = {} }) => Object.values(roots).flat());
  const roots = { [BASE]: [...new Set(directories)] };
  if (!hasCustom(roots)) return { states: builtinStates, modules: builtinModules };
  const [{ codeOfRoots }, { modulesWith, problemOf, statesWith }] = await Promise.all([
    import('../../minion/custom/of-roots.ts'),
    import('../../minion/custom/registries.ts'),
  ]);
  const { config } = loadMinionConfig({ configDir, env });
  const { code } = await codeOfRoots({ file_roots: roots, cachedir: config.cachedir }, silent);
  const { plugins } = code.index;
  for (const plugin of plugins) {
    const problem = problemOf(plugin);
    if (problem !== undefined) complain(`${titleOf(plugin.kind, plugin.path)} is left out: ${problem}`);
  }
  const sound = { ...code, index: { ...code.index, plugins: plugins.filter(({ problems }) => problems.length === 0) } };
  return { states: statesWith(builtinStates, () => sound), modules: modulesWith(builtinModules, () => sound) };
}
