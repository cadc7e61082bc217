import type { MasterConfig } from '../../lib/config/options.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { StandIn } from './run-states.ts';

/** Who stands in for a minion in orchestrations: `<host>_master`, as in Salt, whose grains are its names alone. */
export function standInOf(config: MasterConfig, host: string): StandIn {
  // Sources of pillar and returners may come with passwords.
  const { ext_pillar: _, returners: __, ...open } = config;
  const id = `${host.replace(/[^A-Za-z0-9._-]/g, '_')}_master`;
  const opts = JSON.parse(JSON.stringify({ ...open, id })) as JsonMap;
  const { file_roots: roots } = JSON.parse(JSON.stringify({ file_roots: config.file_roots })) as {
    file_roots: Record<string, string[]>;
  };
  return { id, grains: { id, host, nodename: host }, opts, roots, failhard: config.failhard, test: config.test };
}
