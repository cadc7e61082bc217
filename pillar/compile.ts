import { BASE, directoriesOf, environmentNames, type Roots } from '../lib/environments.ts';
import { TsaltError } from '../lib/errors/error.ts';
import { stateErrors } from '../lib/errors/state.ts';
import type { KeptPlace } from '../lib/git/kept.ts';
import type { JsonMap } from '../lib/json.ts';
import type { PillarRequest, PillarSettings } from '../lib/pillar-settings.ts';
import { createRedactor } from '../lib/secrets/redactor.ts';
import { parseTarget } from '../lib/target/target.ts';
import { topFileName } from '../lib/tops.ts';
import {
  environmentsOfRoots,
  nearestEnvironment,
  onlyEnvironment,
  type Environments,
} from '../states/engine/environments.ts';
import { treeOfKept } from '../states/engine/kept.ts';
import type { RenderContext } from '../states/engine/render.ts';
import { byEnvironment, topFiles } from '../states/engine/top.ts';
import { withExternal, type ExternalParts } from './external.ts';
import { builtinExtPillars } from './external/registry.ts';
import { pillarFiles } from './files.ts';
import { mergeDeep, mergePillar } from './merge.ts';
import type { MarkedSecrets, OpenSealed } from './secrets.ts';

export interface Pillar {
  /** Worth nothing with errors. */
  readonly pillar: JsonMap;
  /** Without any secret in them. */
  readonly errors: readonly TsaltError[];
  /** The values in it that are marked as secrets. */
  readonly secrets: readonly string[];
  /** The files that the top files of the trees mean for the minion, by environment. */
  readonly top: Readonly<Record<string, readonly string[]>>;
}

/** What pillar is made with. */
export interface PillarParts extends ExternalParts {
  /** Makes ready what opens sealed values; not called while there is nothing marked. */
  readonly opener: () => Promise<OpenSealed>;
}

/**
 * A minion's pillar: the files that the pillar trees' top files mean for it, environment after environment, and what the
 * sources outside the trees say (`ext_pillar`), merged as the settings say. What the request brings goes over all.
 */
export async function compilePillar(
  roots: Roots,
  context: Omit<RenderContext, 'pillar' | 'saltenv'>,
  settings: PillarSettings,
  { opener, ...parts }: PillarParts,
  request: PillarRequest = {},
): Promise<Pillar> {
  const { override = {}, saltenv, pillarenv: asked } = request;
  const pillarenv = asked ?? settings.pillarenv ?? (settings.pillarenv_from_saltenv ? saltenv : undefined);
  const environments = environmentsFor(roots, pillarenv ?? saltenv ?? BASE);
  const named = asked ?? settings.pillarenv;
  if (named !== undefined && !environments.names.includes(named)) {
    const hint = nearestEnvironment(environments, named);
    return {
      pillar: {},
      errors: [stateErrors.noPillarEnvironment({ pillarenv: named }, { hint })],
      secrets: [],
      top: {},
    };
  }
  const errors: TsaltError[] = [];
  let marked: MarkedSecrets | undefined;
  let top: Pillar['top'] = {};
  const { id, grains } = context;
  const { pillar_source_merging_strategy: strategy, pillar_merge_lists: lists, nodegroups } = settings;
  const merging = { strategy, lists };

  const secret = async () => {
    const { markedSecrets } = await import('./secrets.ts');
    marked ??= markedSecrets(await opener());
    return marked.read;
  };

  const external = async (pillar: JsonMap): Promise<JsonMap> => {
    const groups = groupsOf(id, grains, nodegroups, errors);
    const of = {
      ...parts,
      id,
      grains,
      nodegroups: groups,
      saltenv: pillarenv ?? saltenv ?? BASE,
      pillarenv: named,
      compile: (environment: string, places: readonly KeptPlace[], shown: (path: string) => string) =>
        files(pillar, onlyEnvironment(treeOfKept(places, shown), environment), environment),
      merge: (under: JsonMap, over: JsonMap) => mergePillar(under, over, merging),
      secret,
    };
    return withExternal(pillar, settings.ext_pillar, builtinExtPillars, of, merging, errors);
  };

  const files = async (known: JsonMap, from = environments, only = pillarenv): Promise<JsonMap> => {
    // What is being made can't be asked for; what is there before can.
    const rendering: RenderContext = { ...context, pillar: known, saltenv: only ?? saltenv ?? BASE };
    const wanted = await topFiles(from, rendering, { id, grains, pillar: known }, errors, {
      strategy: 'each',
      saltenv: only,
      // Without merging there is one environment whose top file counts.
      from: strategy === 'none' ? (only ?? saltenv ?? BASE) : undefined,
      nodegroups,
      file: topFileName(settings),
    });
    if (from === environments) top = byEnvironment(wanted ?? [], rendering.saltenv);
    const reader = pillarFiles(from, { ...rendering, secret }, merging, settings.pillar_includes_override_sls, errors);
    let pillar: JsonMap = {};
    for (const file of wanted ?? []) pillar = mergePillar(pillar, await reader.read(file), merging);
    return pillar;
  };

  let pillar: JsonMap;
  if (settings.ext_pillar_first) {
    const first = await external(override);
    pillar = mergePillar(first, await files(first), merging);
  } else {
    const own = await files(override);
    pillar = settings.ext_pillar.length > 0 ? await external(mergePillar(own, override, merging)) : own;
  }
  const secrets = [...(marked?.values ?? [])];
  const hidden = createRedactor(errors.length > 0 ? secrets : []);
  return { pillar: mergeDeep(pillar, override), errors: errors.map((one) => hidden.error(one)), secrets, top };
}

/** The trees of pillar; `__env__` is the environment that is asked for, where that has no trees of its own. */
function environmentsFor(roots: Roots, asked: string): Environments {
  const own = environmentNames(roots).map((name) => [name, roots[name] ?? []] as const);
  const directories = directoriesOf(roots, asked);
  return environmentsOfRoots(Object.fromEntries(directories ? [...own, [asked, directories]] : own));
}

/**
 * The nodegroups that a minion is in, as far as can be told without its pillar, which is not made yet. Mistakes are added to
 * `errors`.
 */
function groupsOf(
  id: string,
  grains: JsonMap,
  nodegroups: PillarSettings['nodegroups'],
  errors: TsaltError[],
): string[] {
  const facts = { id, grains, pillar: {} };
  return Object.keys(nodegroups).filter((name) => {
    try {
      return parseTarget(name, 'nodegroup', { nodegroups })(facts) === true;
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      errors.push(thrown);
      return false;
    }
  });
}
