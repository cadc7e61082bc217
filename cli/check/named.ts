import { readFileSync } from 'node:fs';
import type { PlaceOf } from '../../lib/config/check.ts';
import type { MasterConfig, MinionConfig } from '../../lib/config/options.ts';
import { BASE, environmentNames, type Roots } from '../../lib/environments.ts';
import { configErrors } from '../../lib/errors/config.ts';
import { didYouMean, TsaltError } from '../../lib/errors/error.ts';
import { nearest } from '../../lib/nearest.ts';
import { placeAt, type Place } from '../../lib/place.ts';
import { parseMasterKey } from '../../wire/master-key.ts';
import { reactorMistakes } from './named-reactors.ts';
import { returnerMistakes } from './named-returners.ts';
import { sourceMistakes } from './named-sources.ts';

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

/** Where a word first stands in a file, or after an option's name; nothing where it is said elsewhere (`master.d`). */
function placeOfWord(file: string, word: string, option?: string): Place | undefined {
  const text = readFileSync(file, 'utf8');
  const from = option === undefined ? 0 : text.search(new RegExp(`^${option}\\s*:`, 'm'));
  const offset = from < 0 ? -1 : text.indexOf(word, from + (option?.length ?? 0));
  return offset < 0 ? undefined : placeAt(file, text, offset);
}
