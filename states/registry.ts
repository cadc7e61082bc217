import type { AnyStateFunction, StateRegistry } from '../lib/contracts/state.ts';

/** Every state function that comes with tsalt. A file is read only when a tree uses it. */
const files: Readonly<Record<string, () => Promise<{ readonly default: AnyStateFunction }>>> = {
  'pkg.installed': () => import('./pkg/installed.ts'),
  'pkg.latest': () => import('./pkg/latest.ts'),
  'pkg.purged': () => import('./pkg/purged.ts'),
  'pkg.removed': () => import('./pkg/removed.ts'),
  'service.dead': () => import('./service/dead.ts'),
  'service.disabled': () => import('./service/disabled.ts'),
  'service.enabled': () => import('./service/enabled.ts'),
  'service.masked': () => import('./service/masked.ts'),
  'service.running': () => import('./service/running.ts'),
  'service.unmasked': () => import('./service/unmasked.ts'),
};

export const builtinStates: StateRegistry = {
  names: Object.keys(files),
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!load) throw new RangeError(`no state function ${name}`);
    return (await load()).default;
  },
};
