import type { CustomBeaconRegistry } from '../../lib/contracts/beacon.ts';
import type { ModuleRegistry, SyncedCustom } from '../../lib/contracts/execution.ts';
import type { StateRegistry } from '../../lib/contracts/state.ts';
import type { MinionKind } from '../../lib/custom/names.ts';
import type { Roots } from '../../lib/environments.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { builtinModules } from '../modules/registry.ts';
import { sentFiles } from './code.ts';
import { gatherGrains, grainPlugins } from './grains.ts';
import type { CustomIndex } from './index-file.ts';
import { codeOfRoots } from './of-roots.ts';
import { customBeaconsOf, modulesWith, statesWith } from './registries.ts';
import { syncedOf } from './sync.ts';

/** An operator's own code in the directories of this machine's `file_roots`, for a call without a master. */
export interface LocalCustom {
  readonly modules: ModuleRegistry;
  readonly customBeacons: CustomBeaconRegistry;
  /** The state functions of a registry, with its own. */
  statesOver(builtin: StateRegistry): StateRegistry;
  readonly index: CustomIndex;
  /** The operator's own grains, given what tsalt has found itself; slow. */
  readonly gather: ((found: JsonMap) => JsonMap) | undefined;
  /** It is as it is there: nothing is fetched. */
  readonly autoload: false;
  sync(kinds: readonly MinionKind[]): Promise<SyncedCustom>;
}

/** What there is of it now. */
export async function customOfThisMachine(
  config: {
    readonly id: string;
    readonly root: string;
    readonly cachedir: string;
    readonly file_roots: Roots;
    readonly saltenv?: string | undefined;
  },
  opts: JsonMap,
  log: Log,
): Promise<LocalCustom> {
  const { code, before } = await codeOfRoots(config, log);
  const own = grainPlugins(code);
  const { id, root } = config;
  const files = await sentFiles(
    code,
    own.map(({ environment }) => environment),
  );
  return {
    modules: modulesWith(builtinModules, () => code),
    customBeacons: customBeaconsOf(() => code),
    statesOver: (builtin) => statesWith(builtin, () => code),
    index: code.index,
    gather: own.length === 0 ? undefined : (grains) => gatherGrains(own, files, { id, root, opts, grains }, log),
    autoload: false,
    sync: async (kinds) => syncedOf(kinds, before, code.index),
  };
}
