import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { BASE } from '../../lib/environments.ts';
import { systemClock } from '../../lib/clock.ts';
import { examineConfig, loadMinionConfig } from '../../lib/config/load.ts';
import { silent } from '../../lib/log.ts';
import { executionContext } from '../../minion/context.ts';
import { partsOfThisMachine, PillarFailed } from '../../minion/local.ts';
import { templateFunctions } from '../../minion/template-functions.ts';
import { treeOfRoots } from '../../states/engine/roots.ts';
import { slsName } from '../../states/engine/tree.ts';
import type { Checked } from '../check.ts';
import { namedMistakes } from './named.ts';
import { isIn } from './pillar-roots.ts';
import { checkReactors } from './reactors.ts';
import { checkStates } from './states.ts';

export interface CheckOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly id: string | undefined;
  readonly configDir: string | undefined;
  /** Pillar trees that the state files are checked with. */
  readonly pillarRoots: readonly string[];
  /** Directories that are pillar trees, whatever they are called. */
  readonly pillars: readonly string[];
}

/** Looks at a path by what it is: config by its name, reactors and pillar by the directory they are in or that config names, else states. */
export async function checkPath(place: string, options: CheckOptions): Promise<Checked> {
  const isDirectory = statSync(place).isDirectory();
  const name = path.basename(place);
  const daemon = /^(master|minion)(?:\.yaml)?$/.exec(name)?.[1];
  if (!isDirectory && (daemon === 'master' || daemon === 'minion')) {
    const { config, errors, sources } = examineConfig(daemon, { configDir: path.dirname(place), env: {} });
    const more = await namedMistakes(config, place);
    return { kind: `${daemon} config`, files: sources.length, errors: [...errors, ...more] };
  }
  const folder = isDirectory ? place : path.dirname(place);
  const folders = folder.split(path.sep);
  const root = isDirectory ? place : treeAbove(folder);
  if (isIn(folder, options.pillars)) return checkPillar(root, options);
  if (folders.includes('reactor') || folders.includes('reactors')) return checkReactors(place, isDirectory);
  const name_ = isDirectory ? undefined : slsName(path.relative(root, place).split(path.sep).join('/'));
  return folders.includes('pillar') ? checkPillar(root, options) : checkTree(root, name_, options);
}

/** The tree that a file is in: the nearest directory above with a top file, else its own. */
function treeAbove(folder: string): string {
  for (let at = folder; path.dirname(at) !== at; at = path.dirname(at))
    if (existsSync(path.join(at, 'top.sls'))) return at;
  return folder;
}

async function partsFor(
  fileRoots: readonly string[],
  pillarRoots: readonly string[],
  { env, id, configDir }: CheckOptions,
) {
  const loaded = loadMinionConfig({
    configDir,
    env,
    flags: {
      file_client: 'local',
      file_roots: { base: fileRoots },
      pillar_roots: { base: pillarRoots },
      ...(id !== undefined && { id }),
    },
  });
  return partsOfThisMachine({
    ...loaded,
    opts: { instances: [{ id: loaded.config.id, address: '127.0.0.1', roles: [], state: 'starting' }] },
    fun: 'check',
    clock: systemClock,
    log: silent,
    signal: new AbortController().signal,
  });
}

async function checkPillar(root: string, options: CheckOptions): Promise<Checked> {
  const files = treeOfRoots([root])
    .list('')
    .filter((name) => name.endsWith('.sls')).length;
  try {
    await partsFor([], [root], options);
    return { kind: 'pillar tree', files, errors: [] };
  } catch (thrown) {
    if (thrown instanceof PillarFailed) return { kind: 'pillar tree', files, errors: thrown.errors };
    throw thrown;
  }
}

async function checkTree(root: string, only: string | undefined, options: CheckOptions): Promise<Checked> {
  const beside = (place: string): boolean => path.dirname(place) === path.dirname(root) && existsSync(place);
  const found = [...options.pillars, path.join(path.dirname(root), 'pillar')].find(beside);
  const pillarRoots = options.pillarRoots.length > 0 || found === undefined ? options.pillarRoots : [found];
  try {
    const parts = await partsFor([root], pillarRoots, options);
    const context = executionContext(parts);
    const { id, grains, pillar, opts, saltenv = BASE, environments, states: registry, tops } = parts;
    const functions = templateFunctions(parts.modules, () => context);
    return await checkStates(only, {
      environments,
      context: { id, grains, pillar, opts, saltenv, functions, now: parts.clock.now() },
      registry,
      tops,
    });
  } catch (thrown) {
    if (thrown instanceof PillarFailed) return { kind: 'state files', files: 0, errors: thrown.errors };
    throw thrown;
  }
}
