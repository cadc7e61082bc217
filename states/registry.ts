import type { AnyStateFunction, StateRegistry } from '../lib/contracts/state.ts';

/** Every state function that comes with tsalt. A file is read only when a tree uses it. */
const files: Readonly<Record<string, () => Promise<{ readonly default: AnyStateFunction }>>> = {};

export const builtinStates: StateRegistry = {
  names: Object.keys(files),
  async load(name) {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    if (!load) throw new RangeError(`no state function ${name}`);
    return (await load()).default;
  },
};
