import type { Collector, CollectorRegistry } from '../../lib/contracts/collector.ts';

/** Every collector that comes with tsalt. A file is read only when it is asked to collect. */
const files: Readonly<Record<string, () => Promise<{ readonly default: Collector }>>> = {
  load: () => import('./load.ts'),
  cpu: () => import('./cpu.ts'),
  memory: () => import('./memory.ts'),
  interface: () => import('./interface.ts'),
  disk: () => import('./disk.ts'),
};

export const builtinCollectors: CollectorRegistry = {
  names: Object.keys(files),
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!load) throw new RangeError(`no collector ${name}`);
    return (await load()).default;
  },
};
