import type { ReactorFactory } from '../lib/contracts/reactor.ts';

/** The reactors that come with tsalt, named `builtin:<name>` in config. A file is read only when config names it. */
const files: Readonly<Record<string, () => Promise<{ readonly default: ReactorFactory }>>> = {
  auth: () => import('./auth.ts'),
  start: () => import('./start.ts'),
  result: () => import('./result.ts'),
};

export const builtinReactors = {
  names: Object.keys(files),
  /** The factory of that reactor; undefined when there is none of that name. */
  async load(name: string): Promise<ReactorFactory | undefined> {
    const load = Object.hasOwn(files, name) ? files[name] : undefined;
    return load && (await load()).default;
  },
};
