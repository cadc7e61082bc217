import type { JsonMap } from '../../lib/json.ts';
import type { Nodegroups } from '../../lib/target/target.ts';
import { compilePillar } from '../../states/engine/pillar.ts';
import { treeOfRoots } from '../../states/engine/roots.ts';

/** One minion's pillar, to be compiled. */
export interface PillarWork extends JsonMap {
  id: string;
  grains: JsonMap;
  /** Laid over what the tree gives. */
  override: JsonMap;
  roots: string[];
  /** What templates see as `opts`. */
  opts: JsonMap;
}

/** Compiles a pillar. Raises the first mistake in the tree, `TS_STATE_...`. */
export async function renderPillar(work: Record<string, unknown>): Promise<JsonMap> {
  // Written by the master's own `pillarCompiler`, over a channel between its processes.
  const { id, grains, override, roots, opts, nodegroups } = work as PillarWork;
  const context = { id, grains, opts, saltenv: 'base' };
  const { pillar, errors } = await compilePillar(treeOfRoots(roots), context, override, nodegroups as Nodegroups);
  if (errors[0]) throw errors[0];
  return pillar;
}
