import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Reactor } from '../../lib/contracts/reactor.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { nearest } from '../../lib/nearest.ts';
import { builtinReactors } from '../../reactors/registry.ts';
import { codeReactor } from '../pool/code-reactor.ts';
import type { RenderPool } from '../pool/render-pool.ts';
import { slsReactor } from './sls/sls-reactor.ts';

export interface OpenReactorOptions {
  /** The master's config, for the built-in reactors. */
  readonly config: JsonMap;
  readonly cachedir: string;
  /** Where relative paths start. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly pool: RenderPool;
}

/**
 * Makes reactors of what config names: `builtin:<name>`, YAML files (`.sls`), code (`.ts`, `.js`, `.mjs`). Raises `TS_REACTOR_UNKNOWN_BUILTIN`, `TS_REACTOR_UNKNOWN_KIND`, `TS_REACTOR_BAD_CODE`.
 */
export function reactorOpener(options: OpenReactorOptions): (file: string) => Promise<Reactor> {
  const { config, cachedir, directory, clock, log, pool } = options;
  return async (named) => {
    const [, builtin] = /^builtin:(.*)$/.exec(named) ?? [];
    if (builtin !== undefined) {
      const factory = await builtinReactors.load(builtin);
      if (factory) return factory({ config, cachedir, clock, log });
      const hint =
        didYouMean(nearest(builtin, builtinReactors.names)) ?? `there are ${builtinReactors.names.join(', ')}`;
      throw reactorErrors.unknownBuiltin({ name: builtin }, { hint });
    }
    const file = path.resolve(directory, named);
    if (file.endsWith('.sls')) {
      pool.warm();
      return slsReactor(file, pool);
    }
    if (/\.[cm]?[jt]s$/.test(file)) return codeReactor(file, { clock, log });
    throw reactorErrors.unknownKind({ file: named });
  };
}
