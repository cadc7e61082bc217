import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { BASE } from '../../lib/environments.ts';
import { systemClock } from '../../lib/clock.ts';
import { examineConfig, loadMinionConfig } from '../../lib/config/load.ts';
import { silent } from '../../lib/log.ts';
import { createRedactor, type Redactor } from '../../lib/secrets/redactor.ts';
import { executionContext } from '../../minion/context.ts';
import { partsOfThisMachine, PillarFailed } from '../../minion/local.ts';
import { templateFunctions } from '../../states/engine/template-functions.ts';
import { markedSecrets } from '../../pillar/secrets.ts';
import { environmentsOfRoots } from '../../states/engine/environments.ts';
import { treeOfRoots } from '../../states/engine/roots.ts';
import { slsName } from '../../states/engine/tree.ts';
import type { Checked } from '../check.ts';
import { customMistakes } from './custom.ts';
import { jinjaFiles, templateMistakes } from './jinja.ts';
import { withMasterFunctions } from './master-functions.ts';
import { missingRoots } from './named-roots.ts';
import { namedMistakes } from './named.ts';
import { configAt } from './configs.ts';
import { functionMistakes } from './functions.ts';
import { checkPillar } from './pillar.ts';
import { checkReactors } from './reactors.ts';
import { configuredTree, isIn, onlyTree, pillarTrees, type TreeOptions, type TreeToCheck } from './roots.ts';
import { openerForCheck } from './sealed.ts';
import { builtinStates } from '../../states/registry.ts';
import { checkStates } from './states.ts';

export interface CheckOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly id: string | undefined;
  readonly configDir: string | undefined;
  /** Pillar trees that the command line names: what state files are checked with. */
  readonly pillarRoots: readonly string[];
  /** What the configs say of trees. */
  readonly configs: readonly TreeOptions[];
}

/** Looks at a path by what it is: config by its name, reactors and pillar by the directory they are in or that config names, else states. */
export async function checkPath(place: string, options: CheckOptions): Promise<Checked> {
  const isDirectory = statSync(place).isDirectory();
  const said = isDirectory ? undefined : configAt(place);
  if (said) {
    const { daemon, configDir } = said;
    const { config, errors, warnings, sources, placeOf } = examineConfig(daemon, { configDir, env: {} });
    const more = [
      ...(await namedMistakes(config, place, placeOf)),
      ...(await functionMistakes(config, daemon, placeOf)),
    ];
    // The roots of a minion that asks a master are the master's.
    const missing = config['file_client'] === 'remote' ? [] : missingRoots(config, placeOf);
    const notes = [...warnings, ...missing].map(({ message }) => message);
    return { kind: `${daemon} config`, files: sources.length, errors: [...errors, ...more], notes };
  }
  const folder = isDirectory ? place : path.dirname(place);
  const folders = folder.split(path.sep);
  const root = isDirectory ? place : treeAbove(folder);
  const inTree = isDirectory ? undefined : slsName(path.relative(root, place).split(path.sep).join('/'));
  const pillars = [...options.pillarRoots, ...pillarTrees(options.configs)];
  if (isIn(folder, pillars)) return checkPillarTree(root, inTree, options);
  if (folders.includes('reactor') || folders.includes('reactors')) return checkReactors(place, isDirectory);
  return folders.includes('pillar') ? checkPillarTree(root, inTree, options) : checkTree(root, inTree, options);
}

/** The tree that a file is in: the nearest directory above with a top file, else its own. */
function treeAbove(folder: string): string {
  for (let at = folder; path.dirname(at) !== at; at = path.dirname(at))
    if (existsSync(path.join(at, 'top.sls'))) return at;
  return folder;
}

/** What everything is checked with: the minion's config, and what is said of trees. */
async function partsFor(
  { environment, options }: TreeToCheck,
  { env, id, configDir }: CheckOptions,
  secrets: Redactor = createRedactor(),
) {
  const flags = { file_client: 'local', ...(id !== undefined && { id }) };
  const loaded = loadMinionConfig({ configDir, env, flags });
  const config = { ...loaded.config, file_roots: {}, pillar_roots: {}, ...options, saltenv: environment };
  return partsOfThisMachine({
    ...loaded,
    config,
    opts: { instances: [{ id: config.id, address: '127.0.0.1', roles: [], state: 'starting' }] },
    fun: 'check',
    secrets,
    opener: async () => openerForCheck({ configDir, env }),
    clock: systemClock,
    log: silent,
    signal: new AbortController().signal,
  });
}

async function checkPillarTree(root: string, only: string | undefined, options: CheckOptions): Promise<Checked> {
  const tree = configuredTree(root, 'pillar_roots', options.configs) ?? onlyTree(root, 'pillar_roots');
  // Its files are what is looked at: none of them is needed for that.
  const bare = { ...tree, options: { ...tree.options, pillar_roots: {}, ext_pillar: [] } };
  const { id, grains, opts, tops } = await partsFor(bare, options);
  const environments = environmentsOfRoots(tree.options.pillar_roots ?? {});
  const context = { id, grains, pillar: {}, opts, saltenv: tree.environment };
  const secrets = markedSecrets(openerForCheck(options));
  return checkPillar(only === 'top' ? undefined : only, environments, context, tops, secrets);
}

async function checkTree(root: string, only: string | undefined, options: CheckOptions): Promise<Checked> {
  const tree = configuredTree(root, 'file_roots', options.configs) ?? withPillarBeside(root, options);
  const given = { [BASE]: [...options.pillarRoots] };
  const asked = options.pillarRoots.length > 0 ? { ...tree, options: { ...tree.options, pillar_roots: given } } : tree;
  const secrets = createRedactor();
  try {
    const parts = await partsFor(asked, options, secrets);
    const context = executionContext(parts);
    const { id, grains, pillar, opts, saltenv = BASE, environments, tops } = parts;
    const functions = withMasterFunctions(templateFunctions(parts.modules, () => context));
    const checked = await checkStates(only, {
      environments,
      context: { id, grains, pillar, opts, saltenv, functions, now: parts.clock.now() },
      // Orchestrations are in the same trees.
      registry: parts.own?.statesOver(builtinStates) ?? builtinStates,
      tops,
    });
    const shown = { ...checked, errors: checked.errors.map((error) => secrets.error(error)) };
    if (only !== undefined) return shown;
    const { files, errors } = await customMistakes(parts.own?.index, await environments.tree(saltenv));
    return { ...shown, files: shown.files + files, errors: [...errors, ...shown.errors] };
  } catch (thrown) {
    if (!(thrown instanceof PillarFailed)) throw thrown;
    const files = treeOfRoots([root]);
    const templates = await templateMistakes(files);
    const isJinja = templates.some(({ code }) => code === 'TS_TEMPLATE_JINJA');
    return {
      kind: 'state files',
      files: 0,
      errors: [...thrown.errors, ...templates, ...(isJinja ? await jinjaFiles(files) : [])],
    };
  }
}

/** A state tree that no config names, with the pillar tree that is beside it. */
function withPillarBeside(root: string, { configs }: CheckOptions): TreeToCheck {
  const isBeside = (place: string): boolean => path.dirname(place) === path.dirname(root) && existsSync(place);
  const pillar = [...pillarTrees(configs), path.join(path.dirname(root), 'pillar')].find(isBeside);
  const tree = onlyTree(root, 'file_roots');
  return pillar === undefined ? tree : { ...tree, options: { ...tree.options, pillar_roots: { [BASE]: [pillar] } } };
}
