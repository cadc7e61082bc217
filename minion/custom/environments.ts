import { BASE } from '../../lib/environments.ts';
import { together, type TsaltError } from '../../lib/errors/error.ts';
import type { Environments } from '../../states/engine/environments.ts';
import type { RenderContext } from '../../states/engine/render.ts';
import { topFiles, type TopOptions } from '../../states/engine/top.ts';

/** The environments that top files name for this minion, in their order; `base` where they name none. Raises what is wrong with them. */
export async function environmentsInTop(
  environments: Environments,
  context: RenderContext,
  tops: TopOptions,
): Promise<readonly string[]> {
  const errors: TsaltError[] = [];
  const { id, grains, pillar } = context;
  const wanted = (await topFiles(environments, context, { id, grains, pillar }, errors, tops)) ?? [];
  const [first, ...more] = errors;
  if (first) throw together(first, more);
  const named = new Set(wanted.map(({ saltenv = BASE }) => saltenv));
  return named.size === 0 ? [BASE] : environments.names.filter((name) => named.has(name));
}
