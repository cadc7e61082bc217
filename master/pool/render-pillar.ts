import { TsaltError } from '../../lib/errors/error.ts';
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

/** Compiles a pillar. Raises the first mistake in the tree, `TS_STATE_...`, without the line it is in: that may hold a secret, and goes to minions and logs. */
export async function renderPillar(work: Record<string, unknown>): Promise<JsonMap> {
  // Written by the master's own `pillarCompiler`, over a channel between its processes.
  const { id, grains, override, roots, opts, nodegroups } = work as PillarWork;
  const context = { id, grains, opts, saltenv: 'base' };
  const { pillar, errors } = await compilePillar(treeOfRoots(roots), context, override, nodegroups as Nodegroups);
  if (errors[0]) throw withoutLine(errors[0]);
  return pillar;
}

function withoutLine({ code, sentence, place, hint }: TsaltError): TsaltError {
  if (!place) return new TsaltError(code, sentence, { hint });
  const { file, line, column } = place;
  return new TsaltError(code, sentence, {
    place: { file, line, column },
    hint: hint ?? "'tsalt check' on the master shows the line",
  });
}
