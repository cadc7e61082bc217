import type { MasterConfig } from '../../lib/config/options.ts';
import { backendsOf } from '../../lib/git/backends.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { StandIn } from './run-states.ts';

/** Who stands in for a minion in orchestrations: `<host>_master`, as in Salt, whose grains are its names alone. */
export function standInOf(config: MasterConfig, host: string): Omit<StandIn, 'git'> {
  // Sources of pillar and of trees, and returners, may come with passwords.
  const { ext_pillar: _, returners: __, gitfs_remotes: ___, ...open } = config;
  const id = `${host.replace(/[^A-Za-z0-9._-]/g, '_')}_master`;
  const opts = JSON.parse(JSON.stringify({ ...open, id })) as JsonMap;
  const { roots } = JSON.parse(
    JSON.stringify({ roots: backendsOf(config.fileserver_backend).includes('roots') ? config.file_roots : {} }),
  ) as Pick<StandIn, 'roots'>;
  return { id, grains: { id, host, nodename: host }, opts, roots, failhard: config.failhard, test: config.test };
}
