import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { MasterConfig, MinionConfig } from '../../lib/config/options.ts';
import { BASE, environmentNames, type Roots } from '../../lib/environments.ts';
import type { PlaceOf } from '../../lib/config/check.ts';
import { configErrors } from '../../lib/errors/config.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { returnerErrors } from '../../lib/errors/returners.ts';
import { nearest } from '../../lib/nearest.ts';
import { placeAt, placeWithoutLine, type Place } from '../../lib/place.ts';
import { readySources } from '../../pillar/external.ts';
import { builtinExtPillars } from '../../pillar/external/registry.ts';
import { builtinReactors } from '../../reactors/registry.ts';
import { backendsOf } from '../../lib/git/backends.ts';
import { modulesIn } from '../../master/own-code.ts';
import { environmentsOfRoots } from '../../states/engine/environments.ts';
import { isFile, readReturners } from '../../returners/configured.ts';
import { builtinReturners } from '../../returners/registry.ts';
import { parseMasterKey } from '../../wire/master-key.ts';

/** What a config names that is to be found elsewhere. */
type Named = Partial<
  Pick<
    MasterConfig & MinionConfig,
    | 'reactor'
    | 'reactor_dir'
    | 'returners'
    | 'ext_pillar'
    | 'file_client'
    | 'file_roots'
    | 'fileserver_backend'
    | 'gitfs_remotes'
    | 'pillar_roots'
    | 'saltenv'
    | 'pillarenv'
    | 'default_top'
    | 'state_top_saltenv'
    | 'env_order'
    | 'master_key'
  >
>;

/** What a config names and is not there, or does not take what stands beside it. `file` is where it is said. */
export async function namedMistakes(config: Named, file: string, placeOf: PlaceOf): Promise<TsaltError[]> {
  return [
    ...reactorMistakes(config, file, placeOf),
    ...environmentMistakes(config, file),
    ...masterKeyMistakes(config, placeOf),
    ...(await sourceMistakes(config, file, placeOf)),
    ...(await returnerMistakes(config, file, placeOf)),
  ];
}

/** A `master_key` that is none. */
function masterKeyMistakes({ master_key: key }: Named, placeOf: PlaceOf): TsaltError[] {
  try {
    if (key) parseMasterKey(key);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof TsaltError)) throw thrown;
    const { code, sentence, hint } = thrown;
    return [new TsaltError(code, sentence, { place: placeOf(['master_key']), hint })];
  }
}

/** Environments without roots. */
function environmentMistakes(config: Named, file: string): TsaltError[] {
  // The roots are in the master's config.
  if (config.file_client === 'remote') return [];
  const { file_roots: states = {}, pillar_roots: pillars = {}, pillarenv, env_order: order = [] } = config;
  const named = [
    ...(['saltenv', 'default_top', 'state_top_saltenv'] as const).map((option) => [option, config[option]] as const),
    ...order.map((environment) => ['env_order', environment] as const),
  ];
  const told = (option: string, environment: string, roots: Roots, make: typeof configErrors.noEnvironment) => {
    const names = environmentNames(roots);
    if (environment === BASE || names.length < Object.keys(roots).length || names.includes(environment)) return [];
    const place = { file, line: 1, column: 1, ...placeOfWord(file, environment, option) };
    const hint = didYouMean(nearest(environment, names)) ?? `there are ${names.join(', ')}`;
    return [make({ option, environment }, { place, hint })];
  };
  return [
    ...named.flatMap(([option, environment]) =>
      environment === undefined ? [] : told(option, environment, states, configErrors.noEnvironment),
    ),
    ...(pillarenv === undefined ? [] : told('pillarenv', pillarenv, pillars, configErrors.noPillarEnvironment)),
  ];
}

/** Sources of pillar. */
export async function sourceMistakes(
  { ext_pillar: sources = [] }: Named,
  file: string,
  placeOf: PlaceOf,
): Promise<TsaltError[]> {
  const errors: TsaltError[] = [];
  for (const [index, one] of sources.entries()) {
    // Those of git are looked at with the config itself, which knows their lines.
    if (one.name === 'git') continue;
    const own: TsaltError[] = [];
    await readySources([one], builtinExtPillars, own);
    const place = placeOf(['ext_pillar', index, one.name], true) ?? { file, line: 1, column: 1 };
    errors.push(...own.map(({ code, sentence, hint }) => new TsaltError(code, sentence, { place, hint })));
  }
  return errors;
}

/** Returners that there are none of, with settings that they do not take. Lines are not shown: there may be a secret in them. */
async function returnerMistakes(config: Named, file: string, placeOf: PlaceOf): Promise<TsaltError[]> {
  const {
    returners = {},
    reactor_dir: directory = '',
    file_roots: roots = {},
    fileserver_backend: backends = [],
    gitfs_remotes: remotes = [],
  } = config;
  if (Object.keys(returners).length === 0) return [];
  // What git has is not here.
  const mayGrow = backendsOf(backends).includes('git') && remotes.length > 0;
  const names = [...modulesIn(() => environmentsOfRoots(roots), 'returners').values()];
  const read = await readReturners(returners, builtinReturners, { names, mayGrow });
  const place = (path: readonly (string | number)[], ofKey: boolean): Place =>
    placeWithoutLine(placeOf(['returners', ...path], ofKey) ?? { file, line: 1, column: 1 });
  return [
    ...read.findings.map(({ path, ofKey, error }) => error({ place: place(path, ofKey) })),
    ...read.returners
      .filter(({ kind }) => isFile(kind) && !isHere(path.resolve(directory, kind)))
      .map(({ name, kind }) =>
        returnerErrors.noSuchFile(
          { name, file: path.resolve(directory, kind) },
          { place: place([name, 'kind'], false) },
        ),
      ),
  ];
}

/** Whether a file is there, or may be: the config of another machine can be checked here, too. */
const isHere = (file: string): boolean => existsSync(file) || !existsSync(path.dirname(file));

/** Reactors that are named and not there. */
export function reactorMistakes(
  { reactor = [], reactor_dir: directory = '' }: Named,
  config: string,
  placeOf: PlaceOf,
): TsaltError[] {
  const named = reactor.flatMap(({ tag, files }, index) =>
    files.map((file, at) => ({ file, path: ['reactor', index, tag, at] })),
  );
  return named.flatMap(({ file, path: way }) => {
    // One file alone stands without a list.
    const place = placeOf(way) ?? placeOf(way.slice(0, -1)) ?? { file: config, line: 1, column: 1 };
    const [, builtin] = /^builtin:(.*)$/.exec(file) ?? [];
    if (builtin !== undefined) {
      if (builtinReactors.names.includes(builtin)) return [];
      const hint = didYouMean(nearest(builtin, builtinReactors.names));
      return [reactorErrors.unknownBuiltin({ name: builtin }, { place, hint })];
    }
    if (!/\.(?:sls|[cm]?[jt]s)$/.test(file)) return [reactorErrors.unknownKind({ file }, { place })];
    const wanted = path.resolve(directory, file);
    if (isHere(wanted)) return [];
    const why = path.isAbsolute(file) ? 'it is not there' : `it is not in ${directory}`;
    const near = nearest(path.basename(file), readdirSync(path.dirname(wanted)));
    const hint = didYouMean(near && path.join(path.dirname(file), near));
    return [reactorErrors.unreadableFile({ file, why }, { place, hint })];
  });
}

/** Where a word first stands in a file, or after an option's name; nothing where it is said elsewhere (`master.d`). */
function placeOfWord(file: string, word: string, option?: string): Place | undefined {
  const text = readFileSync(file, 'utf8');
  const from = option === undefined ? 0 : text.search(new RegExp(`^${option}\\s*:`, 'm'));
  const offset = from < 0 ? -1 : text.indexOf(word, from + (option?.length ?? 0));
  return offset < 0 ? undefined : placeAt(file, text, offset);
}
