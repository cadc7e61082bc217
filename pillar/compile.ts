import type { TsaltError } from '../lib/errors/error.ts';
import { stateErrors } from '../lib/errors/state.ts';
import { BASE, directoriesOf, environmentNames, type Roots } from '../lib/environments.ts';
import type { JsonMap } from '../lib/json.ts';
import { environmentsOfRoots, nearestEnvironment, type Environments } from '../states/engine/environments.ts';
import type { RenderContext } from '../states/engine/render.ts';
import { topFiles } from '../states/engine/top.ts';
import { pillarFiles } from './files.ts';
import { mergeDeep, mergePillar } from './merge.ts';
import type { PillarRequest, PillarSettings } from '../lib/pillar-settings.ts';

/**
 * A minion's pillar: the files that the pillar trees' top files mean for it, merged as the settings say, environment after
 * environment; no top file, no pillar. What the request brings goes over all. With errors the data is worth nothing.
 */
export async function compilePillar(
  roots: Roots,
  context: Omit<RenderContext, 'pillar' | 'saltenv'>,
  settings: PillarSettings,
  { override = {}, saltenv, pillarenv: asked }: PillarRequest = {},
): Promise<{ readonly pillar: JsonMap; readonly errors: readonly TsaltError[] }> {
  const pillarenv = asked ?? settings.pillarenv ?? (settings.pillarenv_from_saltenv ? saltenv : undefined);
  const environments = environmentsFor(roots, pillarenv ?? saltenv ?? BASE);
  const errors: TsaltError[] = [];
  const named = asked ?? settings.pillarenv;
  if (named !== undefined && !environments.names.includes(named)) {
    const hint = nearestEnvironment(environments, named);
    return { pillar: {}, errors: [stateErrors.noPillarEnvironment({ pillarenv: named }, { hint })] };
  }
  // What is being made can't be asked for; what the caller brought can.
  const rendering: RenderContext = { ...context, pillar: override, saltenv: pillarenv ?? saltenv ?? BASE };
  const { id, grains } = context;
  const { pillar_source_merging_strategy: strategy, nodegroups } = settings;
  const files = await topFiles(environments, rendering, { id, grains, pillar: override }, errors, {
    strategy: 'each',
    saltenv: pillarenv,
    // Without merging there is one environment whose top file counts.
    from: strategy === 'none' ? (saltenv ?? BASE) : undefined,
    nodegroups,
    file: settings.state_top.slice(settings.state_top.lastIndexOf('/') + 1),
  });
  const merging = { strategy, lists: settings.pillar_merge_lists };
  const reader = pillarFiles(environments, rendering, merging, settings.pillar_includes_override_sls, errors);
  let pillar: JsonMap = {};
  for (const file of files ?? []) pillar = mergePillar(pillar, await reader.read(file), merging);
  return { pillar: mergeDeep(pillar, override), errors };
}

/** The trees of pillar; `__env__` is the environment that is asked for, where that has no trees of its own. */
function environmentsFor(roots: Roots, asked: string): Environments {
  const own = environmentNames(roots).map((name) => [name, roots[name] ?? []] as const);
  const directories = directoriesOf(roots, asked);
  return environmentsOfRoots(Object.fromEntries(directories ? [...own, [asked, directories]] : own));
}
