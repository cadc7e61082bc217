import { isMap, type JsonMap } from '../lib/json.ts';
import type { Nodegroups } from '../lib/target/target.ts';
import type { Instances } from './instances.ts';
import type { RenderPool } from './pool/render-pool.ts';
import type { PillarWork } from './pool/render-pillar.ts';

export interface PillarOptions {
  readonly pool: RenderPool;
  readonly roots: Readonly<Record<string, readonly string[]>>;
  readonly nodegroups: Nodegroups;
  readonly instances: Instances;
}

/**
 * Compiles the pillar of one minion, in a child process: templates of any size hold up nobody. Pillar files may read the
 * instance registry (`opts.instances`). Raises `TS_STATE_...` with the first mistake in the tree.
 */
export function pillarCompiler({
  pool,
  roots,
  nodegroups,
  instances,
}: PillarOptions): (id: string, grains: JsonMap, override: JsonMap) => Promise<JsonMap> {
  return async (id, grains, override) => {
    const known = instances.list().filter(({ state }) => state !== 'gone' && state !== 'failed');
    const members = known.map((instance) => ({
      id: instance.id,
      address: instance.address ?? null,
      roles: [...instance.roles],
      state: instance.state,
    }));
    const work: PillarWork = {
      id,
      grains,
      override,
      roots: [...(roots.base ?? [])],
      nodegroups: nodegroups as JsonMap,
      opts: { instances: members },
    };
    const pillar = await pool.run(`pillar of ${id}`, 'pillar', work);
    return isMap(pillar) ? (pillar as JsonMap) : {};
  };
}
