import type { MasterConfig } from '../../lib/config/options.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { RunnerTable } from '../runners/runner.ts';

/** Options whose settings may hold passwords of other services. */
const unseen: readonly string[] = ['ext_pillar', 'gitfs_remotes', 'returners'];

/** Salt's wheel module `config`, for reading: what a master does is changed in its files. */
export function configWheel(config: () => MasterConfig): RunnerTable {
  return {
    'config.values': {
      summary: "every option of the master's config with its value, but for those that may hold passwords",
      takes: [],
      run: () => {
        const shown = Object.entries(config()).filter(([name]) => !unseen.includes(name));
        return JSON.parse(JSON.stringify(Object.fromEntries(shown))) as JsonMap;
      },
    },
  };
}
