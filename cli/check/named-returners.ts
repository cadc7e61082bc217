import path from 'node:path';
import type { PlaceOf } from '../../lib/config/check.ts';
import type { MasterConfig } from '../../lib/config/options.ts';
import { systemClock } from '../../lib/clock.ts';
import { isJsonMap } from '../../lib/json.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { returnerErrors } from '../../lib/errors/returners.ts';
import { backendsOf } from '../../lib/git/backends.ts';
import { placeWithoutLine, type Place } from '../../lib/place.ts';
import { codeAt, moduleNamed, modulesIn, type Trees } from '../../master/own-code.ts';
import { ownSettingsMistakes } from '../../master/pool/own-settings.ts';
import { isFile, readReturners, type ConfiguredReturner } from '../../returners/configured.ts';
import { builtinReturners } from '../../returners/registry.ts';
import { environmentsOfRoots } from '../../states/engine/environments.ts';
import { isHere } from './is-here.ts';

type Naming = Partial<
  Pick<MasterConfig, 'returners' | 'reactor_dir' | 'file_roots' | 'fileserver_backend' | 'gitfs_remotes'>
>;

/** Returners that there are none of, with settings that they do not take. Lines are not shown: there may be a secret in them. */
export async function returnerMistakes(config: Naming, file: string, placeOf: PlaceOf): Promise<TsaltError[]> {
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
  const trees = () => environmentsOfRoots(roots);
  const names = [...modulesIn(trees, 'returners').values()];
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
    ...(await Promise.all(read.returners.map((one) => settingsMistakes(one, trees, place)))).flat(),
  ];
}

/** Settings that a returner of the state tree does not take. */
async function settingsMistakes(
  { name, kind, returner, settings }: ConfiguredReturner,
  trees: Trees,
  placeOf: (path: readonly string[], ofKey: boolean) => Place,
): Promise<TsaltError[]> {
  const file = returner || isFile(kind) ? undefined : moduleNamed(trees, 'returners', kind);
  if (file === undefined || !isJsonMap(settings)) return [];
  // What is wrong with its code is told where the tree is checked.
  const mistakes = await codeAt(trees, 'returners', file)
    .then((code) => ownSettingsMistakes({ name, code, settings }, systemClock))
    .catch(() => []);
  return mistakes.map(
    ({ path, ofKey, error: { code: kindOfError, sentence, hint } }) =>
      new TsaltError(kindOfError, sentence, { place: placeOf(path, ofKey), hint }),
  );
}
